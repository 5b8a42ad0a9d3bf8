"""Keys and trees for tests of notes, cosignatures and witnesses."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vestige.custody import notes
from vestige.custody.notes import Checkpoint
from vestige.custody.signed_notes import VerifierKey
from vestige.custody.tree import EMPTY_ROOT, leaf_hash, subtrees


@dataclass(frozen=True)
class Signer:
    """A private key of a fixed seed, with its name and algorithm."""

    key: VerifierKey
    sign: Callable[[bytes], bytes]


def signer(name: str, algorithm: int, seed: str = "") -> Signer:
    private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"{name}{algorithm}{seed}".encode()).digest())
    return Signer(VerifierKey(name, algorithm, private.public_key().public_bytes_raw()), private.sign)


def leaves(count: int, branch: str = "") -> list[bytes]:
    return [leaf_hash(f"{branch}{number}".encode()) for number in range(count)]


def root(some: list[bytes]) -> bytes:
    return subtrees(some)(0, len(some)) if some else EMPTY_ROOT


def checkpoint(log: Signer, some: list[bytes]) -> str:
    """The signed checkpoint of a tree with these leaf hashes."""
    return notes.sign(Checkpoint(log.key.name, len(some), root(some)), log.key.public, log.sign)
