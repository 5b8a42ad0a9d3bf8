"""The arithmetic of the media index, version 1 (docs/custody-format.md, section 6): leaves, stream trees, root."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from vestige.custody.canonical import Json, canonical
from vestige.custody.tree import node_hash
from vestige.evidence.values import Digest

VERSION = 1
_HEADER = b"\xff" * 8
_SALTED = "other"


@dataclass(frozen=True, slots=True)
class StreamHeader:
    """What the container says of a stream. `extradata` is the digest of the decoder configuration; `edits` its edit list."""

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

    def data(self) -> bytes:
        """The header leaf's data."""
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


@dataclass(frozen=True, slots=True)
class Sample:
    """One container sample: times in the stream's timescale, size in bytes."""

    pts: int
    dts: int
    duration: int
    key: bool
    size: int


@dataclass(frozen=True, slots=True)
class StreamRoot:
    """A stream's kind, its number of leaves (header included) and its root (hex)."""

    kind: str
    leaves: int
    root: str


def sample_data(stream: int, index: int, sample: Sample, units: Sequence[str]) -> bytes:
    """A sample leaf's data: canonical JSON, written directly, since there are hundreds of thousands of them."""
    listed = '","'.join(units)
    return (
        f'{{"dts":{sample.dts},"duration":{sample.duration},"index":{index},"key":{"true" if sample.key else "false"},'
        f'"pts":{sample.pts},"size":{sample.size},"stream":{stream},"units":[{chr(34) + listed + chr(34) if units else ""}]}}'
    ).encode()


class StreamTree:
    """A stream's tree, built leaf by leaf in memory that grows with the logarithm of their number."""

    def __init__(self, header: StreamHeader, index_key: bytes) -> None:
        """The tree with its header leaf. `index_key` (32 bytes) salts the leaves of what is neither picture nor sound."""
        self._header = header
        self._key = index_key if header.kind == _SALTED else None
        self._roots: list[bytes] = []
        self._leaves = 0
        self._append(header.data(), _HEADER)

    def add(self, sample: Sample, units: Sequence[str]) -> None:
        """Append the next sample, with the digests (hex) of its units."""
        index = self._leaves - 1
        self._append(sample_data(self._header.stream, index, sample, units), index.to_bytes(8, "big"))

    def root(self) -> StreamRoot:
        """The tree's root as it is now."""
        node = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            node = node_hash(left, node)
        return StreamRoot(self._header.kind, self._leaves, node.hex())

    def _append(self, data: bytes, place: bytes) -> None:
        salt = b"" if self._key is None else _salt(self._key, self._header.stream, place)
        node, carry = hashlib.sha256(b"\x00" + salt + data).digest(), self._leaves
        while carry & 1:
            node = node_hash(self._roots.pop(), node)
            carry >>= 1
        self._roots.append(node)
        self._leaves += 1


def index_root(streams: Sequence[StreamRoot]) -> Digest:
    """The root of the whole index."""
    listed: Json = {"v": VERSION, "streams": [{"kind": s.kind, "leaves": s.leaves, "root": s.root} for s in streams]}
    return Digest(hashlib.sha256(b"\x02" + canonical(listed)).hexdigest())


def _salt(key: bytes, stream: int, place: bytes) -> bytes:
    return hmac.digest(key, b"stream" + stream.to_bytes(4, "big") + place, "sha256")[:16]
