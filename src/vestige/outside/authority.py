"""A time authority (RFC 3161): what is asked of it, and its answer, believed only after its signature leads to the agency's CA file."""

from pathlib import Path
from typing import TYPE_CHECKING

from vestige.errors import BadInput, Fault, NotInstalled
from vestige.evidence.holders import Answered, Asked, Stamp
from vestige.evidence.values import to_ms

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import Verifier

_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


class Authority:
    """The authority at a URL. `ca` is a PEM file: root certificates, and where wanted intermediates and the authority's own."""

    def __init__(self, url: str, ca: Path) -> None:
        self.url = url
        self._ca = ca

    def request(self, message: bytes) -> tuple[Asked, int]:
        """The question for SHA-256 of a message, and its nonce. Raises NotInstalled without the extra `time`."""
        try:
            from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
        except ImportError as error:
            raise NotInstalled("a time authority is configured, but its client is not installed: pip install 'vestige[time]'") from error
        built = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
        if built.nonce is None:
            raise Fault("a question to a time authority needs a nonce")
        return Asked(self.url, _QUERY, built.as_bytes()), built.nonce

    def read(self, answer: Answered, message: bytes, nonce: int) -> Stamp:
        """The token in an answer, its size left 0. Raises Fault when it is none, is about something else, or its signer is not trusted."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.x509 import DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType
        from rfc3161_client import VerificationError, decode_timestamp_response

        malformed = (ValueError, InvalidVersion, DuplicateExtension, UnsupportedGeneralNameType, UnsupportedAlgorithm)
        if answer.status != 200 or answer.kind.partition(";")[0].strip().lower() != _REPLY:
            raise Fault(answer.fault or f"the time authority answered {answer.status} ({answer.kind[:80]})")
        try:
            response = decode_timestamp_response(answer.body)
        except ValueError as error:
            raise Fault("the time authority's answer is no token") from error
        try:
            self._verifier(nonce).verify_message(response, message)
            time = to_ms(response.tst_info.gen_time)
        except (VerificationError, *malformed) as error:
            raise Fault(f"the time authority's token does not hold: {error}") from error
        return Stamp(0, self.url, time, answer.body)

    def _verifier(self, nonce: int) -> "Verifier":
        from rfc3161_client import VerifierBuilder

        certificates = self._certificates()
        builder = VerifierBuilder().nonce(nonce)
        for one in certificates:
            if one.issuer == one.subject:
                builder = builder.add_root_certificate(one)
            elif not _stamps(one):
                builder = builder.add_intermediate_certificate(one)
        own = [one for one in certificates if _stamps(one)]
        if len(own) == 1:
            builder = builder.tsa_certificate(own[0])
        return builder.build()

    def _certificates(self) -> "list[Certificate]":
        from cryptography.x509 import load_pem_x509_certificates

        try:
            return load_pem_x509_certificates(self._ca.read_bytes())
        except (OSError, ValueError) as error:
            raise BadInput(f"the time authority's CA file {self._ca} cannot be read: {error}") from error


def _stamps(certificate: "Certificate") -> bool:
    """Whether a certificate is that of an authority itself."""
    from cryptography.x509 import ExtendedKeyUsage, ExtensionNotFound
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        usage = certificate.extensions.get_extension_for_class(ExtendedKeyUsage).value
    except ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.TIME_STAMPING in usage
