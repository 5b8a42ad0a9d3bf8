"""A time-stamping authority (RFC 3161) with fixed keys, times and serial numbers: the same text gives the same token."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from verifier.tests.vectors.store import Area, plain
from verifier.tests.writer import sha

_FROM, _TO, _AT = datetime(2026, 1, 1, tzinfo=UTC), datetime(2046, 1, 1, tzinfo=UTC), "20261124120000Z"
TEXT = "vestige.log/00000000-0000-4000-8000-000000000000\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
_SHA256, _SHA512 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.3"


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    long = size.to_bytes((size.bit_length() + 7) // 8, "big")
    length = bytes([size]) if size < 128 else bytes([0x80 | len(long)]) + long
    return bytes([tag]) + length + body


def sequence(*parts: bytes) -> bytes:
    return der(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    return der(0x31, *sorted(parts))


def integer(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(data: bytes) -> bytes:
    return der(0x04, data)


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    body = bytearray([first * 40 + second])
    for arc in rest:
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.append(arc & 0x7F | 0x80)
        body += bytes(digits[::-1])
    return der(0x06, bytes(body))


def algorithm(dotted: str) -> bytes:
    return sequence(oid(dotted))


@dataclass(frozen=True)
class Clock:
    """An authority: its root, and the certificate with which it stamps."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    root: x509.Certificate

    @property
    def pem(self) -> str:
        return self.root.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def own(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def stamp(self, text: bytes, *, bring: bool = True, by: str = _SHA256, signers: int = 1, junk: bytes = b"", status: int = 0) -> bytes:
        """A TimeStampResp over a text."""
        imprint = sha(text) if by == _SHA256 else _sha512(text)
        info = sequence(
            integer(1), oid("1.2.3.4"), sequence(sequence(oid(by), b"\x05\x00"), octets(imprint)), integer(7), der(0x18, _AT.encode())
        )
        whole = self.certificate.public_bytes(serialization.Encoding.DER)
        certificates = der(0xA0, junk or whole) if bring or junk else b""
        signed = sequence(
            integer(3),
            set_of(algorithm(_SHA256)),
            sequence(oid("1.2.840.113549.1.9.16.1.4"), der(0xA0, octets(info))),
            certificates,
            set_of(*[self._signer(info, whole)] * signers),
        )
        return sequence(sequence(integer(status)), sequence(oid("1.2.840.113549.1.7.2"), der(0xA0, signed)))

    def _signer(self, info: bytes, whole: bytes) -> bytes:
        attributes = [
            sequence(oid("1.2.840.113549.1.9.3"), set_of(oid("1.2.840.113549.1.9.16.1.4"))),
            sequence(oid("1.2.840.113549.1.9.4"), set_of(octets(sha(info)))),
            sequence(oid("1.2.840.113549.1.9.16.2.47"), set_of(sequence(sequence(sequence(octets(sha(whole))))))),
        ]
        signature = self.key.sign(set_of(*attributes), ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        return sequence(
            integer(1),
            sequence(self.root.subject.public_bytes(), integer(self.certificate.serial_number)),
            algorithm(_SHA256),
            der(0xA0, *sorted(attributes)),
            algorithm("1.2.840.10045.4.3.2"),
            octets(signature),
        )


def _sha512(text: bytes) -> bytes:
    import hashlib

    return hashlib.sha512(text).digest()


def clock(name: str, seed: int, *, usage: Any = ExtendedKeyUsageOID.TIME_STAMPING) -> Clock:
    """An authority whose keys follow from a number."""
    keys = [ec.derive_private_key(int.from_bytes(sha(f"clock {seed} {n}".encode()), "big") % 2**255 + 1, ec.SECP256R1()) for n in (0, 1)]
    subjects = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, word)]) for word in (f"{name} root", name)]
    made = []
    for n in (0, 1):
        builder = (
            x509.CertificateBuilder()
            .subject_name(subjects[n])
            .issuer_name(subjects[0])
            .public_key(keys[n].public_key())
            .serial_number(seed * 10 + n + 1)
            .not_valid_before(_FROM)
            .not_valid_after(_TO)
            .add_extension(x509.BasicConstraints(ca=n == 0, path_length=None), critical=True)
        )
        if n:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        made.append(builder.sign(keys[0], hashes.SHA256(), ecdsa_deterministic=True))
    return Clock(keys[1], made[1], made[0])


CLOCK = clock("Clock", 1)


def stamps() -> Area:
    area = Area(
        "Time tokens (RFC 3161; package format, step 10). `token` is a content, the bytes of package.tsr; `text` what it must be about; "
        "`authorities` certificates in PEM. Of a good one, `time` (milliseconds UTC) follows."
    )
    text, roots, at = TEXT.encode(), CLOCK.pem, 1_795_521_600_000
    given = {"text": TEXT, "authorities": roots}
    honest = CLOCK.stamp(text)
    area.good("a token with its certificate", token=plain(honest), time=at, **given)
    bare = plain(CLOCK.stamp(text, bring=False))
    area.good("a token whose signer's certificate is here", token=bare, time=at, text=TEXT, authorities=roots + CLOCK.own)
    area.bad(
        "a token whose signer's certificate is nowhere",
        "the certificate of the time stamp's signer is neither in it nor here",
        token=bare,
        **given,
    )
    none, untrusted = "this is no time stamp of RFC 3161 that was granted", "the time stamp is not signed by an authority that you trust"
    for name, token in {
        "nothing": b"",
        "text": b"nothing",
        "a refusal": sequence(sequence(integer(2))),
        "half": honest[: len(honest) // 2],
    }.items():
        area.bad(name, none, token=plain(token), **given)
    area.bad("a token that says it was refused", none, token=plain(CLOCK.stamp(text, status=2)), **given)
    area.bad("a byte behind it", none, token=plain(honest + b"\0"), **given)
    longer = honest[:2] + b"\0" + honest[2:]
    area.bad("a length in more bytes than it needs", none, token=plain(b"\x30\x83" + longer[2:]), **given)
    other = "the time stamp is for another text than this checkpoint, or not by SHA-256"
    area.bad("another text", other, token=plain(CLOCK.stamp(text + b"x")), **given)
    area.bad("by SHA-512", other, token=plain(CLOCK.stamp(text, by=_SHA512)), **given)
    area.bad("two signers", "the time stamp does not have one signer", token=plain(CLOCK.stamp(text, signers=2)), **given)
    area.bad("no signer", "the time stamp does not have one signer", token=plain(CLOCK.stamp(text, signers=0)), **given)
    junk = CLOCK.stamp(text, junk=sequence(integer(1)))
    area.bad("a certificate that is none", none, token=plain(junk), **given)
    stranger = clock("Clock", 2)
    area.bad("another authority of that name", untrusted, token=plain(stranger.stamp(text)), **given)
    area.bad("only another authority is trusted", untrusted, token=plain(honest), text=TEXT, authorities=stranger.pem)
    loose = clock("Clock", 1, usage=ExtendedKeyUsageOID.CODE_SIGNING)
    area.bad("a certificate for another purpose", untrusted, token=plain(loose.stamp(text)), **given)
    spoilt = bytearray(honest)
    spoilt[-5] ^= 1
    area.bad("a signature that is not valid", untrusted, token=plain(bytes(spoilt)), **given)
    later = honest.replace(_AT.encode(), b"20261124120001Z")
    area.bad("another time than was signed", untrusted, token=plain(later), **given)
    for name, pem in {
        "certificates that are none": "nothing",
        "a certificate in bad base64": "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n",
    }.items():
        area.bad(name, "a certificate is not one in PEM", token=plain(honest), text=TEXT, authorities=pem)
    return area
