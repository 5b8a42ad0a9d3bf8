"""C2SP signed notes with any number of signature lines, the checkpoints in them, and verifier keys of logs and of witnesses.

`notes.py` is the narrow form that our own log writes: one signature, by its own key. This is what others send.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vestige.custody.notes import Checkpoint
from vestige.errors import BadInput, Fault

ED25519 = 0x01
COSIGNATURE = 0x04
MOST_LINES = 100
_DASH = "— "
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A name and an Ed25519 public key (32 bytes): of a log (algorithm 0x01) or of a witness (0x04)."""

    name: str
    algorithm: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that name it in a signature line."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed()).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self._typed()).decode()}"

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether it is this key's Ed25519 signature of the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def _typed(self) -> bytes:
        return bytes([self.algorithm]) + self.public


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line under a note. Nothing in it is to be believed before a key verified it."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"

    def claims(self, key: VerifierKey) -> bool:
        """Whether it says to be by that key."""
        return (self.name, self.key_id) == (key.name, key.id)


@dataclass(frozen=True, slots=True)
class Note:
    """A text (with its last newline) and the lines under it."""

    text: str
    lines: tuple[SignatureLine, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.lines))}"

    def signed_by(self, keys: Iterable[VerifierKey]) -> list[SignatureLine]:
        """The lines by these log keys, unknown ones ignored. Raises Fault when a line that claims to be by one of them is not."""
        known, good = list(keys), []
        for line in self.lines:
            key = next((key for key in known if line.claims(key)), None)
            if key is None:
                continue
            if key.algorithm != ED25519 or not key.verifies(line.signature, self.text.encode()):
                raise Fault(f"the signature of {key.name} is not valid")
            good.append(line)
        return good


def good_name(name: str) -> bool:
    """Whether a key may have that name: not empty, no blank of any kind, no plus sign, no control character."""
    return bool(name) and "+" not in name and not any(sign.isspace() or ord(sign) < 0x20 for sign in name)


def parse_key(text: str, algorithm: int) -> VerifierKey:
    """A verifier key `name+id+base64` of that algorithm. Raises BadInput for anything else, and for an id that is not the key's."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or not good_name(parts[0]):
        raise BadInput(f"{text[:80]!r} is no verifier key (name+id+key)")
    data = decode(parts[2], "the verifier key")
    if len(data) != 33 or data[0] != algorithm:
        wanted = {ED25519: "a log's key (Ed25519, type 1)", COSIGNATURE: "a witness's key (Ed25519 cosignatures, type 4)"}[algorithm]
        raise BadInput(f"the verifier key of {parts[0]} is not {wanted}")
    key = VerifierKey(parts[0], algorithm, data[1:])
    if str(key) != text.strip():
        raise BadInput(f"the id in the verifier key of {parts[0]} is not that of its name and key")
    return key


def parse_note(text: str) -> Note:
    """A note. Raises BadInput for what is none: control characters, no signature line, malformed or more than 100 of them."""
    if any(ord(sign) < 0x20 and sign != "\n" for sign in text):
        raise BadInput("a note has no control characters")
    body, parted, below = text.rpartition("\n\n")
    if not parted or not below.endswith("\n"):
        raise BadInput("a note has a text, an empty line, and signature lines that end in a newline")
    return Note(body + "\n", parse_lines(below))


def parse_lines(text: str) -> tuple[SignatureLine, ...]:
    """Signature lines, each with its newline; at least one. Raises BadInput."""
    lines = text.split("\n")
    if lines[-1] or not 2 <= len(lines) <= MOST_LINES + 1:
        raise BadInput(f"there are 1 to {MOST_LINES} signature lines, each ending in a newline")
    return tuple(_line(line) for line in lines[:-1])


def parse_checkpoint(text: str) -> Checkpoint:
    """Origin, size and root of a note's text; further lines may follow, none empty. Raises BadInput."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise BadInput("a checkpoint has at least three lines, none empty")
    origin, size, root = lines[:3]
    if not _SIZE.fullmatch(size) or int(size) > _LARGEST:
        raise BadInput("the checkpoint's second line is not a size")
    root_hash = decode(root, "the checkpoint's root")
    if len(root_hash) != 32:
        raise BadInput("the checkpoint's root is not 32 bytes long")
    return Checkpoint(origin, int(size), root_hash)


def decode(text: str, what: str) -> bytes:
    """The bytes of standard base64 with padding, in its one spelling. Raises BadInput, naming `what`."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise BadInput(f"{what} is not base64") from error
    if base64.b64encode(data).decode() != text:
        raise BadInput(f"{what} is not in the one canonical form of base64")
    return data


def _line(line: str) -> SignatureLine:
    name, blank, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not blank or not good_name(name):
        raise BadInput("a signature line is: em dash, blank, key name, blank, base64")
    blob = decode(encoded, f"the signature of {name}")
    if len(blob) < 5:
        raise BadInput(f"the signature of {name} is too short")
    return SignatureLine(name, blob[:4], blob[4:])
