"""The arithmetic of the media index, version 1 (docs/custody-format.md, section 6): leaves, stream trees, root."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vestige.custody.canonical import Json, canonical
from vestige.custody.tree import node_hash
from vestige.evidence.values import Digest

VERSION = 1
KEY_BYTES = 32
SALTED = "other"
_HEADER_PLACE = b"\xff" * 8
_WHAT_KINDS = frozenset({"audio", "other", "video"})


@dataclass(frozen=True, slots=True)
class StreamHeader:
    """What the container says of a stream. `extradata` is the digest (hex) of the decoder configuration; `edits` its edit list."""

    stream: int
    kind: str
    codec: str
    extradata: str
    width: int = 0
    height: int = 0
    aspect: tuple[int, int] = (1, 1)
    rotation: int = 0
    timescale: int = 1
    edits: tuple[tuple[int, int, int], ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in _WHAT_KINDS:
            raise ValueError(f"no kind of stream: {self.kind[:80]}")

    def data(self) -> bytes:
        """The header leaf's data. Refuses (ValueError) integers beyond 2^53-1."""
        value: dict[str, Json] = {
            "stream": self.stream,
            "kind": self.kind,
            "codec": self.codec,
            "extradata": self.extradata,
            "width": self.width,
            "height": self.height,
            "aspect": list(self.aspect),
            "rotation": self.rotation,
            "timescale": self.timescale,
            "edits": [list(edit) for edit in self.edits],
        }
        return canonical(value)

    def is_canonical(self) -> bool:
        """Whether canonical JSON has a place for it: no number is beyond 2^53-1."""
        numbers = (self.width, self.height, *self.aspect, self.timescale, *(number for edit in self.edits for number in edit))
        return all(abs(number) < 2**53 for number in numbers)


class SampleLeaf(NamedTuple):
    """One container sample, by its number in the stream: times in the stream's timescale, size in bytes, the digests (hex) of its units.

    A named tuple and no dataclass: an hour of footage has 300,000 of them, and a frozen dataclass takes four times as long to make.
    """

    stream: int
    number: int
    pts: int
    dts: int
    duration: int
    key: bool
    size: int
    units: Sequence[str]

    def data(self) -> bytes:
        """The sample leaf's data: canonical JSON, written directly because there are so many. Its numbers must be within 2^53-1."""
        stream, number, pts, dts, duration, key, size, units = self
        listed = '"' + '","'.join(units) + '"' if units else ""
        return (
            f'{{"dts":{dts},"duration":{duration},"index":{number},"key":{"true" if key else "false"},'
            f'"pts":{pts},"size":{size},"stream":{stream},"units":[{listed}]}}'
        ).encode()


@dataclass(frozen=True, slots=True)
class StreamRoot:
    """A stream's kind, its number of leaves (header included) and its root (hex)."""

    kind: str
    leaves: int
    root: str


@dataclass(frozen=True, slots=True)
class MediaIndex:
    """The index of one file."""

    root: Digest
    streams: tuple[StreamRoot, ...]
    version: int = VERSION

    @property
    def samples(self) -> int:
        """How many samples it covers."""
        return sum(stream.leaves - 1 for stream in self.streams)


class StreamTree:
    """A stream's tree, built leaf by leaf in memory that grows with the logarithm of their number."""

    def __init__(self, header: StreamHeader, index_key: bytes) -> None:
        """The tree with its header leaf. `index_key` (32 bytes, else ValueError) salts the leaves of what is neither picture nor sound."""
        if len(index_key) != KEY_BYTES:
            raise ValueError("an index key has 32 bytes")
        self.header = header
        self._key = index_key if header.kind == SALTED else None
        self._roots: list[bytes] = []
        self._leaves = 0
        self._append(header_hash(header, index_key))

    @property
    def samples(self) -> int:
        """How many samples were added."""
        return self._leaves - 1

    def add(self, leaf: SampleLeaf) -> None:
        """Append the next sample. Refuses (ValueError) one of another stream or out of its turn."""
        if leaf.number != self._leaves - 1 or leaf.stream != self.header.stream:
            raise ValueError(f"sample {leaf.number} of stream {leaf.stream} is not the next of stream {self.header.stream}")
        self._append(_leaf_hash(leaf, self._key))

    def root(self) -> StreamRoot:
        """The tree's root as it is now."""
        node = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            node = node_hash(left, node)
        return StreamRoot(self.header.kind, self._leaves, node.hex())

    def _append(self, node: bytes) -> None:
        carry, roots = self._leaves, self._roots
        while carry & 1:
            node = node_hash(roots.pop(), node)
            carry >>= 1
        roots.append(node)
        self._leaves += 1


def header_hash(header: StreamHeader, index_key: bytes) -> bytes:
    """The hash of a header leaf, 32 bytes."""
    salt = _salt(index_key, header.stream, _HEADER_PLACE) if header.kind == SALTED else b""
    return hashlib.sha256(b"\x00" + salt + header.data()).digest()


def sample_hash(leaf: SampleLeaf, kind: str, index_key: bytes) -> bytes:
    """The hash of a sample leaf of a stream of that kind, 32 bytes."""
    return _leaf_hash(leaf, index_key if kind == SALTED else None)


def index_of(streams: Sequence[StreamRoot]) -> MediaIndex:
    """The index over these stream roots, in the order of the streams."""
    listed: Json = {"v": VERSION, "streams": [{"kind": s.kind, "leaves": s.leaves, "root": s.root} for s in streams]}
    return MediaIndex(Digest(hashlib.sha256(b"\x02" + canonical(listed)).hexdigest()), tuple(streams))


def _leaf_hash(leaf: SampleLeaf, key: bytes | None) -> bytes:
    salt = b"" if key is None else _salt(key, leaf.stream, leaf.number.to_bytes(8, "big"))
    return hashlib.sha256(b"\x00" + salt + leaf.data()).digest()


def _salt(key: bytes, stream: int, place: bytes) -> bytes:
    return hmac.digest(key, b"stream" + stream.to_bytes(4, "big") + place, "sha256")[:16]
