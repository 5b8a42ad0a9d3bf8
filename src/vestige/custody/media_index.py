"""The arithmetic of the media index, version 1 (docs/custody-format.md, section 6): leaves, stream trees, root."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from vestige.custody.canonical import Json, canonical
from vestige.custody.tree import node_hash
from vestige.evidence.values import Digest

VERSION = 1
KEY_BYTES = 32
SALTED = "other"
_HEADER_PLACE = b"\xff" * 8
_NODE = b"\x01"
_LEAF = b'{"dts":%d,"duration":%d,"index":%d,"key":%b,"pts":%d,"size":%d,"stream":%d,"units":[%b]}'
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
        listed = ",".join(f'"{unit}"' for unit in units).encode()
        return _LEAF % (dts, duration, number, b"true" if key else b"false", pts, size, stream, listed)


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


Row = tuple[int, int, int, bool, int, bytes]
"""What a sample's leaf says beside stream and number: pts, dts, duration, key, size, and its units as they stand in JSON (quoted, commas)."""


class StreamTree:
    """A stream's tree, built leaf by leaf in memory that grows with the logarithm of their number, unless its leaves are kept."""

    def __init__(self, header: StreamHeader, index_key: bytes, *, keep: bool = False) -> None:
        """The tree with its header leaf. `index_key` (32 bytes, else ValueError) salts the leaves of what is neither picture nor sound.

        With `keep` the hashes of all leaves stay in `kept`, 32 bytes each.
        """
        if len(index_key) != KEY_BYTES:
            raise ValueError("an index key has 32 bytes")
        self.header = header
        self.kept: list[bytes] | None = [] if keep else None
        self._key = index_key if header.kind == SALTED else None
        self._waiting: list[bytes | None] = []  # of each height, the root of the one full subtree that has no partner yet
        self._leaves = 0
        self._append([header_hash(header, index_key)])

    @property
    def samples(self) -> int:
        """How many samples were added."""
        return self._leaves - 1

    def add(self, leaf: SampleLeaf) -> None:
        """Append the next sample. Refuses (ValueError) one of another stream or out of its turn."""
        if leaf.number != self._leaves - 1 or leaf.stream != self.header.stream:
            raise ValueError(f"sample {leaf.number} of stream {leaf.stream} is not the next of stream {self.header.stream}")
        self._append([_leaf_hash(leaf, self._key)])

    def extend(self, rows: Iterable[Row]) -> None:
        """Append the next samples. Their numbers must be within 2^53-1, their units written as they must be: nothing is checked here."""
        stream, key = self.header.stream, self._key
        numbered = enumerate(rows, self.samples)
        if key is None:
            form = b"\x00" + _LEAF
            hashes = [
                sha256(form % (dts, duration, number, b"true" if sync else b"false", pts, size, stream, units)).digest()
                for number, (pts, dts, duration, sync, size, units) in numbered
            ]
        else:
            hashes = [
                sha256(
                    b"\x00%b" % _salt(key, stream, number.to_bytes(8, "big"))
                    + _LEAF % (dts, duration, number, b"true" if sync else b"false", pts, size, stream, units)
                ).digest()
                for number, (pts, dts, duration, sync, size, units) in numbered
            ]
        self._append(hashes)

    def root(self) -> StreamRoot:
        """The tree's root as it is now."""
        node = b""
        for left in self._waiting:
            if left is not None:
                node = node_hash(left, node) if node else left
        return StreamRoot(self.header.kind, self._leaves, node.hex())

    def _append(self, nodes: list[bytes]) -> None:
        self._leaves += len(nodes)
        if self.kept is not None:
            self.kept += nodes
        height = 0
        while nodes:
            if height == len(self._waiting):
                self._waiting.append(None)
            left = self._waiting[height]
            if left is not None:
                nodes = [left, *nodes]
            self._waiting[height] = nodes.pop() if len(nodes) & 1 else None
            nodes = [sha256(_NODE + first + second).digest() for first, second in zip(nodes[::2], nodes[1::2], strict=True)]
            height += 1


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
