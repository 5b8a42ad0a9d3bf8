"""Signed notes, checkpoints and verifier keys (C2SP signed-note, tlog-checkpoint, tlog-cosignature), as the custody format narrows them.

A checkpoint has three lines and the log's signature, Ed25519; after it the cosignatures of witnesses may stand, also Ed25519 and with a
time. A line that this program cannot check is refused, not skipped.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vestige_verify.errors import VerificationError

_ED25519 = b"\x01"
_COSIGNATURE = b"\x04"
_DASH = "— "
_LATEST = 2**63 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_MOST_LINES = 64  # of signatures; far above any honest number of witnesses
_LOG_BLOB, _WITNESS_BLOB = 4 + 64, 4 + 8 + 64  # key id, (time,) signature
_ORIGIN = re.compile(r"vestige\.log/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """An Ed25519 key: of a log, then `name` is the log's origin, or of a witness; `public` has 32 bytes, `kind` the note algorithm's byte."""

    name: str
    public: bytes
    kind: bytes = _ED25519

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature line names the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    @property
    def fingerprint(self) -> str:
        """Hex of SHA-256 of the key, in groups of four, for reading aloud."""
        digits = hashlib.sha256(self.kind + self.public).hexdigest()
        return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))

    def __str__(self) -> str:
        """The verifier key: name, key id and key, joined by plus signs."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.kind + self.public).decode()}"


@dataclass(frozen=True, slots=True)
class Line:
    """A signature line of a witness: its name, the key's id, the time and the signature together (72 bytes). Unchecked."""

    name: str
    key_id: bytes
    blob: bytes


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A checked cosignature: this witness saw the checkpoint as the log's newest at this time (seconds since 1970, by its own clock)."""

    witness: VerifierKey
    time: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A parsed checkpoint; nothing in it is to be believed before `verify_checkpoint` returned, no line before `verify_cosignatures` did."""

    origin: str
    size: int
    root: bytes
    body: bytes
    signer: str
    key_id: bytes
    signature: bytes
    lines: tuple[Line, ...] = ()

    def only(self, known: set[tuple[str, bytes]]) -> "Checkpoint":
        """The checkpoint with the lines of these witnesses alone (name and key id), for who may ignore the others and says so."""
        return replace(self, lines=tuple(line for line in self.lines if (line.name, line.key_id) in known))


def decode_base64(text: str) -> bytes:
    """The bytes of standard base64 with padding; refuses every other spelling of the same bytes."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        data = b""
    if binascii.b2a_base64(data, newline=False).decode() != text:
        raise VerificationError("this is no base64 in its one canonical form")
    return data


def parse_key(text: str) -> VerifierKey:
    """Reads a log's verifier key; refuses other algorithms, a key id that is not the key's, and names with spaces."""
    return _parse_key(text, _ED25519, "an Ed25519 key")


def parse_witness(text: str) -> VerifierKey:
    """Reads a witness's verifier key (cosignature/v1 with Ed25519); refuses what `parse_key` refuses, and keys of logs."""
    return _parse_key(text, _COSIGNATURE, "one of a witness (Ed25519, cosignature/v1)")


def parse_checkpoint(data: bytes) -> Checkpoint:
    """Reads a checkpoint of three lines, with the log's signature first and those of witnesses after it; refuses everything else."""
    try:
        text = data.decode("utf-8")
    except UnicodeError:
        raise VerificationError("the checkpoint is not Unicode text in UTF-8") from None
    lines = text.split("\n")
    if not 6 <= len(lines) <= 5 + _MOST_LINES or lines[3] or lines[-1] or any(ord(sign) < 32 for line in lines for sign in line):
        raise VerificationError("the checkpoint is not three lines, an empty line and the signature lines")
    origin, size, root = lines[:3]
    if not origin or not _SIZE.fullmatch(size):
        raise VerificationError("the checkpoint's origin or size is malformed")
    root_hash = decode_base64(root)
    if len(root_hash) != 32:
        raise VerificationError("the checkpoint's root is not 32 bytes long")
    signer, blob = _parse_signature(lines[4])
    if len(blob) != _LOG_BLOB:
        raise VerificationError("the checkpoint's first signature is not one of Ed25519")
    body = "\n".join([*lines[:3], ""]).encode()
    return Checkpoint(origin, int(size), root_hash, body, signer, blob[:4], blob[4:], tuple(map(_parse_line, lines[5:-1])))


def verify_checkpoint(checkpoint: Checkpoint, key: VerifierKey) -> None:
    """Returns if the checkpoint is that of the key's log and signed by the key; refuses other origins, keys and signatures.

    Lines of witnesses are the business of `verify_cosignatures`: whoever takes none calls it without witnesses.
    """
    if not _ORIGIN.fullmatch(checkpoint.origin):
        raise VerificationError("the checkpoint's origin is not that of a Vestige log")
    if checkpoint.origin != key.name:
        raise VerificationError("the checkpoint is of another log than the key")
    if (checkpoint.signer, checkpoint.key_id) != (key.name, key.id):
        raise VerificationError("the checkpoint is signed by another key")
    if not is_signed(key, checkpoint.signature, checkpoint.body):
        raise VerificationError("the checkpoint's signature is not valid")


def verify_cosignatures(checkpoint: Checkpoint, witnesses: Iterable[VerifierKey]) -> list[Cosignature]:
    """The cosignatures of a checkpoint, in its order, each checked against the one of these witnesses whose name and key id it bears.

    Refuses a line of anybody else, two lines of one key, a time of 0 or beyond 2^63-1, a signature that is not valid, and lines in another
    order than that of their verifier keys.
    """
    known = {(key.name, key.id): key for key in witnesses}
    found: list[Cosignature] = []
    for line in checkpoint.lines:
        key = known.get((line.name, line.key_id))
        if key is None:
            raise VerificationError(
                f"the checkpoint bears a line by {line.name!r:.80}, whom nobody names as a witness: it cannot be checked"
            )
        if any(before.witness == key for before in found):
            raise VerificationError(f"the checkpoint bears two lines of the witness {key.name}")
        time = int.from_bytes(line.blob[:8])
        if not 0 < time <= _LATEST:
            raise VerificationError(f"the time in the cosignature of {key.name} is none")
        if not is_signed(key, line.blob[8:], b"cosignature/v1\ntime %d\n" % time + checkpoint.body):
            raise VerificationError(f"the cosignature of {key.name} is not valid")
        found.append(Cosignature(key, time))
    if found != sorted(found, key=lambda one: str(one.witness)):
        raise VerificationError("the cosignatures are not in the order of their keys")
    return found


def _parse_key(text: str, kind: bytes, wanted: str) -> VerifierKey:
    parts = text.split("+", 2)
    if len(parts) != 3 or not parts[0] or not parts[0].isprintable() or any(map(str.isspace, parts[0])):
        raise VerificationError("this is no verifier key (name+id+key)")
    data = decode_base64(parts[2])
    if len(data) != 33 or data[:1] != kind:
        raise VerificationError(f"the verifier key is not {wanted}")
    key = VerifierKey(name=parts[0], public=data[1:], kind=kind)
    if str(key) != text:
        raise VerificationError("the verifier key's id is not that of its name and key")
    return key


def parse_note(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a signed note and the names and bytes (key id first) of its signature lines, all unchecked; refuses what is none."""
    body, parted, below = text.rpartition("\n\n")
    if not parted or not below.endswith("\n") or any(ord(sign) < 32 and sign != "\n" for sign in text):
        raise VerificationError("this is no signed note: a text, an empty line, and signature lines")
    return body + "\n", [_parse_signature(line) for line in below[:-1].split("\n")]


def parse_size(text: str) -> int:
    """The size of a log in a note."""
    if not _SIZE.fullmatch(text):
        raise VerificationError("this is no size of a log")
    return int(text)


def is_signed(key: VerifierKey, signature: bytes, message: bytes) -> bool:
    """Whether it is the key's signature of the message."""
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _parse_line(line: str) -> Line:
    name, blob = _parse_signature(line)
    if len(blob) != _WITNESS_BLOB:
        raise VerificationError("a further signature of the checkpoint is not the cosignature of a witness")
    return Line(name, blob[:4], blob[4:])


def _parse_signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not name or "+" in name or any(map(str.isspace, name)):
        raise VerificationError("a signature line of the checkpoint is malformed")
    return name, decode_base64(encoded)
