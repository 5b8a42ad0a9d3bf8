"""C2SP signed notes and checkpoints, Ed25519. Signing itself is done by whoever holds the key: bytes come in."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vestige.errors import Fault

_ED25519 = b"\x01"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree's origin, size and root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def body(self) -> bytes:
        """The note's text, three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()


def key_id(name: str, public_key: bytes) -> bytes:
    """The first four bytes that name a key in a signature line."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:4]


def verifier_key(name: str, public_key: bytes) -> str:
    """The C2SP verifier key: `name+id+base64`."""
    return f"{name}+{key_id(name, public_key).hex()}+{base64.b64encode(_ED25519 + public_key).decode()}"


def fingerprint(public_key: bytes) -> str:
    """The key's fingerprint for reading aloud: hex in groups of four."""
    digest = hashlib.sha256(_ED25519 + public_key).hexdigest()
    return " ".join(digest[i : i + 4] for i in range(0, 64, 4))


def sign(checkpoint: Checkpoint, public_key: bytes, signer: Callable[[bytes], bytes]) -> str:
    """The signed note of a checkpoint, by the key that is named after its origin."""
    body = checkpoint.body()
    line = base64.b64encode(key_id(checkpoint.origin, public_key) + signer(body)).decode()
    return f"{body.decode()}\n— {checkpoint.origin} {line}\n"


def verify(note: str, public_key: bytes) -> Checkpoint:
    """The checkpoint of a note that this key signed. Raises Fault for anything else."""
    body, _, signatures = note.rpartition("\n\n")
    lines = (body + "\n").split("\n")
    if len(lines) != 4 or not lines[1].isascii() or not lines[1].isdigit():
        raise Fault("not a checkpoint of three lines")
    origin, size, root = lines[0], lines[1], lines[2]
    checkpoint = Checkpoint(origin, int(size), _decode(root))
    if checkpoint.body() != (body + "\n").encode():
        raise Fault("the checkpoint is not in its canonical form")
    prefix = f"— {origin} "
    if not signatures.startswith(prefix) or signatures.count("\n") != 1 or not signatures.endswith("\n"):
        raise Fault("the checkpoint does not carry its log's one signature")
    raw = _decode(signatures[len(prefix) : -1])
    if raw[:4] != key_id(origin, public_key):
        raise Fault("the checkpoint is signed by another key")
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(raw[4:], checkpoint.body())
    except InvalidSignature as error:
        raise Fault("the checkpoint's signature is not valid") from error
    return checkpoint


def signed_with(note: str, public_key: bytes) -> bool:
    """Whether a signed checkpoint of ours names this key as its signer (not whether it holds)."""
    name, _, line = note.rpartition("\n\n")[2].partition("\n")[0].removeprefix("— ").partition(" ")
    try:
        return _decode(line)[:4] == key_id(name, public_key)
    except Fault:
        return False


def verify_any(note: str, public_keys: Sequence[bytes]) -> Checkpoint:
    """The checkpoint of a note that one of these keys of its log signed. Raises Fault for anything else."""
    return verify(note, next((key for key in public_keys if signed_with(note, key)), public_keys[0]))


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Fault("not base64 in the checkpoint") from error
