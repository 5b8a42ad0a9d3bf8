"""Canonical JSON, commitments, signed notes, verifier keys and the proof file: each accepted in its one canonical form only."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vestige_verify.errors import VerificationError
from vestige_verify.merkle import leaf_hash

FIELDS = frozenset({"actor", "address", "data", "digests", "item", "object", "outcome", "previous", "purpose", "role", "session"})
_SAFE = 2**53 - 1
_DEEPEST = 64
_TYPE = re.compile(r"[a-z_]+:[a-z_]+")
_HEX64 = re.compile(r"[0-9a-f]{64}")


def canonical(value: Any, depth: int = 0) -> str:  # noqa: ANN401  # a JSON value
    """The canonical text of a JSON value. Raises VerificationError for what has none."""
    if depth > _DEEPEST:
        raise VerificationError("JSON that is nested too deep")
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and -_SAFE <= value <= _SAFE:
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(canonical(part, depth + 1) for part in value) + "]"
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(value[name], depth + 1)}" for name in names) + "}"
    raise VerificationError("JSON with a number that has no canonical form")


def parse(data: bytes | str) -> Any:  # noqa: ANN401  # a JSON value
    """The value of canonical JSON. Raises VerificationError for any other bytes."""
    try:
        text = data.decode() if isinstance(data, bytes) else data
        value = json.loads(text)
        same = canonical(value).encode() == text.encode()
    except (UnicodeError, ValueError, RecursionError) as error:
        raise VerificationError("not JSON") from error
    if not same:
        raise VerificationError("JSON that is not in its canonical form")
    return value


def decode64(text: str) -> bytes:
    """The bytes of base64 in its one canonical form."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise VerificationError("not base64") from error
    if base64.b64encode(data).decode() != text:
        raise VerificationError("base64 that is not in its canonical form")
    return data


@dataclass(frozen=True)
class Key:
    """A verifier key: `name+id+base64`."""

    text: str
    name: str
    public: bytes

    @classmethod
    def read(cls, text: str) -> "Key":
        """The key of that text. Raises VerificationError."""
        parts = text.split("+", 2)
        raw = decode64(parts[2]) if len(parts) == 3 else b""
        if len(raw) != 33 or raw[0] != 1 or not parts[0] or parts[1] != _key_id(parts[0], raw[1:]).hex():
            raise VerificationError("not an Ed25519 verifier key")
        return cls(text, parts[0], raw[1:])

    @property
    def fingerprint(self) -> str:
        """For reading aloud: groups of four."""
        digest = hashlib.sha256(b"\x01" + self.public).hexdigest()
        return " ".join(digest[i : i + 4] for i in range(0, 64, 4))


@dataclass(frozen=True)
class Checkpoint:
    """A tree's size and root."""

    size: int
    root: bytes


def read_checkpoint(note: str, key: Key) -> Checkpoint:
    """The checkpoint of a note that carries exactly this key's signature. Raises VerificationError."""
    lines = note.split("\n")
    if len(lines) != 6 or lines[3] or lines[5] or lines[0] != key.name:
        raise VerificationError("the checkpoint is not three lines and one signature of this log")
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1], re.ASCII):
        raise VerificationError("the checkpoint's size is not a number")
    root, prefix = decode64(lines[2]), f"— {key.name} "
    signature = decode64(lines[4].removeprefix(prefix)) if lines[4].startswith(prefix) else b""
    if len(root) != 32 or len(signature) != 68 or signature[:4] != _key_id(key.name, key.public):
        raise VerificationError("the checkpoint is not signed by this key")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature[4:], "\n".join([*lines[:3], ""]).encode())
    except (InvalidSignature, ValueError) as error:
        raise VerificationError("the checkpoint's signature is not valid") from error
    return Checkpoint(int(lines[1]), root)


@dataclass(frozen=True)
class Entry:
    """An entry: its type, leaf hash, and the values of the fields that are open."""

    type: str
    time: int
    leaf: bytes
    opened: Mapping[str, Any]

    @property
    def withheld(self) -> frozenset[str]:
        """The fields that are not open."""
        return FIELDS - set(self.opened)

    def digests(self, of: str) -> list[str]:
        """The opened digests of something."""
        return [d["value"] for d in self.opened["digests"] if d["of"] == of]


def read_entry(text: Any, openings: Any) -> Entry:  # noqa: ANN401  # JSON values
    """An entry whose openings match its commitments. Raises VerificationError."""
    clear = parse(text) if isinstance(text, str) else None
    if not isinstance(clear, dict) or set(clear) != {"v", "id", "type", "time", "fields"} or clear["v"] != 1:
        raise VerificationError("not an entry of version 1")
    fields = clear["fields"]
    if (
        not isinstance(fields, dict)
        or set(fields) != FIELDS
        or not all(isinstance(c, str) and _HEX64.fullmatch(c) for c in fields.values())
    ):
        raise VerificationError("the entry does not commit to the eleven fields")
    if type(clear["time"]) is not int or not isinstance(clear["type"], str) or not _TYPE.fullmatch(clear["type"]):
        raise VerificationError("the entry's type or time is not one")
    if not isinstance(openings, dict) or not {"item", "previous", "role", "digests"} <= set(openings) <= FIELDS:
        raise VerificationError("the entry does not open what every package opens")
    opened = {}
    for name, opening in openings.items():
        if not isinstance(opening, dict) or set(opening) != {"salt", "value"} or not re.fullmatch(r"[0-9a-f]{32}", str(opening["salt"])):
            raise VerificationError(f"the opening of {name} is not one")
        committed = hashlib.sha256(bytes.fromhex(opening["salt"]) + canonical(opening["value"]).encode()).hexdigest()
        if committed != fields[name]:
            raise VerificationError(f"the opened {name} is not what the entry commits to")
        opened[name] = opening["value"]
    _check_digests(opened["digests"])
    return Entry(clear["type"], clear["time"], leaf_hash(text.encode()), opened)


def _check_digests(digests: Any) -> None:  # noqa: ANN401  # a JSON value
    keys = {"algorithm", "of", "value"}
    if not isinstance(digests, list) or not all(
        isinstance(d, dict) and set(d) == keys and d["algorithm"] == "sha256" and _HEX64.fullmatch(str(d["value"])) for d in digests
    ):
        raise VerificationError("the entry's digests are not digests")


def hashes(listed: Any) -> list[bytes]:  # noqa: ANN401  # a JSON value
    """A list of base64 hashes."""
    if not isinstance(listed, list) or not all(isinstance(part, str) for part in listed):
        raise VerificationError("the proof is not a list of hashes")
    return [decode64(part) for part in listed]


@dataclass(frozen=True)
class ProofFile:
    """A `package.tlog-proof`."""

    index: int
    proof: list[bytes]
    checkpoint: str
    entry: Entry
    consistency: list[bytes]


def read_proof(data: bytes) -> ProofFile:
    """The proof file, in its one canonical form. Raises VerificationError."""
    try:
        head, _, checkpoint = data.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise VerificationError("the proof is not text") from error
    lines = head.split("\n")
    if len(lines) < 3 or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra "):
        raise VerificationError("not a proof of version 1 with its extra line")
    index = lines[2].removeprefix("index ")
    if not lines[2].startswith("index ") or not re.fullmatch(r"0|[1-9][0-9]{0,18}", index, re.ASCII):
        raise VerificationError("the proof names no index")
    extra = parse(decode64(lines[1].removeprefix("extra ")))
    if not isinstance(extra, dict) or set(extra) != {"consistency", "entry", "openings"}:
        raise VerificationError("the proof's extra line does not hold an entry")
    entry = read_entry(extra["entry"], extra["openings"])
    return ProofFile(int(index), [decode64(line) for line in lines[3:]], checkpoint, entry, hashes(extra["consistency"]))


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
