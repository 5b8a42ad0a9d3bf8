"""Signed notes, checkpoints and verifier keys (C2SP signed-note, tlog-checkpoint), as the custody format narrows them.

A checkpoint has three lines and one signature, Ed25519. A line that this program cannot check is refused, not skipped.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vestige_verify.errors import VerificationError

_ED25519 = b"\x01"
_DASH = "— "
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_ORIGIN = re.compile(r"vestige\.log/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """An Ed25519 key of a log: `name` is the log's origin, `public` has 32 bytes."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature line names the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    @property
    def fingerprint(self) -> str:
        """Hex of SHA-256 of the key, in groups of four, for reading aloud."""
        digits = hashlib.sha256(_ED25519 + self.public).hexdigest()
        return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))

    def __str__(self) -> str:
        """The verifier key: name, key id and key, joined by plus signs."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A parsed checkpoint; nothing in it is to be believed before `verify_checkpoint` returned."""

    origin: str
    size: int
    root: bytes
    body: bytes
    signer: str
    key_id: bytes
    signature: bytes


def decode_base64(text: str) -> bytes:
    """The bytes of standard base64 with padding; refuses every other spelling of the same bytes."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise VerificationError("this is no base64") from None
    if binascii.b2a_base64(data, newline=False).decode() != text:
        raise VerificationError("this base64 is not in its one canonical form")
    return data


def parse_key(text: str) -> VerifierKey:
    """Reads a verifier key; refuses other algorithms, a key id that is not the key's, and names with spaces."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not parts[0] or not parts[0].isprintable() or any(map(str.isspace, parts[0])):
        raise VerificationError("this is no verifier key (name+id+key)")
    data = decode_base64(parts[2])
    if len(data) != 33 or data[:1] != _ED25519:
        raise VerificationError("the verifier key is not an Ed25519 key")
    key = VerifierKey(name=parts[0], public=data[1:])
    if str(key) != text:
        raise VerificationError("the verifier key's id is not that of its name and key")
    return key


def parse_checkpoint(data: bytes) -> Checkpoint:
    """Reads a checkpoint of three lines with one signature line; refuses everything else, also further signatures."""
    try:
        text = data.decode("utf-8")
    except UnicodeError:
        raise VerificationError("the checkpoint is not Unicode text in UTF-8") from None
    lines = text.split("\n")
    if len(lines) != 6 or lines[3] or lines[5] or any(ord(sign) < 32 for line in lines for sign in line):
        raise VerificationError("the checkpoint is not three lines, an empty line and one signature line that this version can check")
    origin, size, root = lines[:3]
    if not origin or not _SIZE.fullmatch(size):
        raise VerificationError("the checkpoint's origin or size is malformed")
    root_hash = decode_base64(root)
    if len(root_hash) != 32:
        raise VerificationError("the checkpoint's root is not 32 bytes long")
    signer, blob = _parse_signature(lines[4])
    return Checkpoint(origin, int(size), root_hash, "\n".join([*lines[:3], ""]).encode(), signer, blob[:4], blob[4:])


def verify_checkpoint(checkpoint: Checkpoint, key: VerifierKey) -> None:
    """Returns if the checkpoint is that of the key's log and signed by the key; refuses other origins, keys and signatures."""
    if not _ORIGIN.fullmatch(checkpoint.origin):
        raise VerificationError("the checkpoint's origin is not that of a Vestige log")
    if checkpoint.origin != key.name:
        raise VerificationError("the checkpoint is of another log than the key")
    if (checkpoint.signer, checkpoint.key_id) != (key.name, key.id):
        raise VerificationError("the checkpoint is signed by another key")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(checkpoint.signature, checkpoint.body)
    except (InvalidSignature, ValueError):
        raise VerificationError("the checkpoint's signature is not valid") from None


def _parse_signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not name or "+" in name or any(map(str.isspace, name)):
        raise VerificationError("the checkpoint's signature line is malformed")
    blob = decode_base64(encoded)
    if len(blob) != 68:
        raise VerificationError("the checkpoint's signature is not one of Ed25519")
    return name, blob
