"""RFC 3161 time stamps on checkpoints (package format, step 10). Needs the extra `time`: the library `rfc3161-client`.

What the stamp says (the imprint and the time) and who says so are covered by the authority's signature; the names of algorithms in the
envelope around it are not, and change nothing.
"""

import hashlib
import importlib.util
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509

from vestige_verify.errors import VerificationError

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

LARGEST: Final = 1 << 20  # bytes of a token; far above any honest one
_MALFORMED = (ValueError, LookupError, TypeError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
_GRANTED = 0
_SHA256 = "2.16.840.1.101.3.4.2.1"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A checked time stamp: that the text existed at `time` (milliseconds UTC) says this authority (the subject of its certificate)."""

    time: int
    authority: str


def installed() -> bool:
    """True if this can be checked here."""
    return importlib.util.find_spec("rfc3161_client") is not None


def parse_authorities(pem: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates in PEM; refuses what holds none."""
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except ValueError:
        raise VerificationError("a certificate is not one in PEM") from None


def verify_stamp(token: bytes, text: bytes, authorities: Sequence[x509.Certificate]) -> Stamp:
    """The stamp in a token (DER TimeStampResp) on a text, whose signer's certificate is one of the authorities' or issued by one of them.

    Refuses a token that is none or says that it was not granted, other hashes than SHA-256, the imprint of another text, a signer that none
    of the certificates vouches for at the time of the stamp, and a certificate that is not one for time stamps alone.
    """
    with warnings.catch_warnings(action="ignore"):  # what libraries find odd in hostile certificates; what matters is refused
        return _verified(token, text, authorities)


def _verified(token: bytes, text: bytes, authorities: Sequence[x509.Certificate]) -> Stamp:
    from rfc3161_client import VerificationError as Refusal
    from rfc3161_client import VerifierBuilder, decode_timestamp_response

    try:
        response = decode_timestamp_response(token)  # reads nothing but DER
        granted = response.status == _GRANTED
        imprint = response.tst_info.message_imprint
    except _MALFORMED:
        granted = False
    if not granted:
        raise VerificationError("this is no time stamp of RFC 3161 that was granted")
    if imprint.hash_algorithm.dotted_string != _SHA256 or imprint.message != hashlib.sha256(text).digest():
        raise VerificationError("the time stamp is for another text than this checkpoint, or not by SHA-256")
    signer = _signer(response, authorities)
    checker = VerifierBuilder(roots=list(authorities), tsa_certificate=signer).build()
    try:
        checker.verify(response, imprint.message)
    except (Refusal, *_MALFORMED) as problem:
        raise VerificationError(f"the time stamp is not signed by an authority that you trust: {_short(problem)}") from None
    return Stamp(round(response.tst_info.gen_time.timestamp() * 1000), signer.subject.rfc4514_string())


def _signer(response: "TimeStampResponse", authorities: Sequence[x509.Certificate]) -> x509.Certificate:
    """The certificate that the token's one signer names: from the token, or from those that are trusted."""
    signers = response.signed_data.signer_infos
    try:
        (named,) = [(signer.issuer, signer.serial_number) for signer in signers]
        brought = [x509.load_der_x509_certificate(bytes(data)) for data in response.signed_data.certificates]
        found = [one for one in [*authorities, *brought] if (one.issuer, one.serial_number) == named]
    except _MALFORMED:
        raise VerificationError("the time stamp does not have one signer, or brings a certificate that is none") from None
    if not found:
        raise VerificationError("the certificate of the time stamp's signer is neither in it nor here")
    return found[0]


def _short(problem: Exception) -> str:
    """The library's sentence without the insides of OpenSSL's error stack."""
    text = str(problem)
    detail = text.partition("Verify error: ")[2].partition('"')[0] or text.partition('reason: "')[2].partition('"')[0]
    return detail or text.partition(":")[0]
