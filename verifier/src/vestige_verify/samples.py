"""`data/samples.json`: which samples of the released file are the original's own (package format, "Sample proofs").

Everything is recomputed from the released file: its samples are read, each leaf of the original's media index is made from them, and the
leaves with the proof must lead to the root that the original's accession committed to.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Final

from vestige_verify import canonical, matroska, media_file, merkle, mp4_samples, parameter_sets, shapes
from vestige_verify.errors import VerificationError
from vestige_verify.media_file import MediaFile, Stream

PATH: Final = "data/samples.json"
LARGEST: Final = 64 << 20  # bytes of the document; an hour takes one or two million
_MARK: Final = 2
_FORMATS: Final = ("vestige-samples/1", "vestige-samples/2")
_HEADER: Final = ("aspect", "codec", "edits", "extradata", "height", "kind", "rotation", "stream", "timescale", "width")
_STREAM: Final = ("altered", "configuration", "counts", "dropped", "durations", "header", "marks", "proof", "runs", "shift")
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)
_SETS: Final = {"avc1": (7, 8, 13, 15), "avc3": (7, 8, 13, 15), "hev1": (32, 33, 34), "hvc1": (32, 33, 34)}  # kinds of parameter sets
_IN_STEP: Final = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the released file, in seconds as it is shown."""

    begins: Fraction
    ends: Fraction


@dataclass(slots=True)
class StreamFacts:
    """What was proven of one released stream. `first` and `last` are its samples' places in the original stream of `original` samples."""

    kind: str
    original: int
    first: int = 0
    last: int = 0
    identical: int = 0
    stripped: int = 0
    altered: int = 0
    spans: list[Span] = field(default_factory=list)
    begins: Fraction | None = None  # when its first proven sample is shown on the original's timeline, in seconds
    ends: Fraction | None = None
    offset: Fraction | None = None
    delayed: bool = False  # perhaps, by a word of the container that the index does not hold


@dataclass(frozen=True, slots=True)
class Proven:
    """What `data/samples.json` proves: of which original item, by which root; the streams; the kinds of those that were left out.

    `in_step` says whether sound and picture are known to lie against each other as in the original; None where that can't be told.
    """

    item: str
    root: str
    streams: list[StreamFacts]
    left_out: list[str]
    in_step: bool | None


def check(document: bytes, footage: BinaryIO, size: int, tick: Callable[[int], None] = lambda _count: None) -> Proven:
    """Checks a document against the released file of `size` bytes. Refuses (VerificationError) with the sample's number and time.

    Left to the caller: that the original's accession names the root.
    """
    value = shapes.record(canonical.decode(document), "format", "index", "item", "streams")
    of_matroska = shapes.one_of(value["format"], "format", *_FORMATS) == _FORMATS[1]
    roots, root = _index(value["index"])
    told = shapes.array(value["streams"], "streams")
    media = read(footage, size)
    if len(told) != len(media.streams) or not told:
        raise VerificationError(f"the footage has {len(media.streams)} streams, and {len(told)} are told of")
    found, taken = [], set()
    for stream, one in zip(media.streams, told, strict=True):
        check_one = _OfMatroska if of_matroska else _Check
        checked = check_one(stream, media.timescale, footage, one, roots)
        if checked.number in taken:
            raise VerificationError("two streams of the footage are said to be the same one of the original")
        taken.add(checked.number)
        found.append(checked.whole(tick))
    left_out = [kind for number, (kind, _, _) in enumerate(roots) if number not in taken]
    return Proven(shapes.uuid(value["item"], "item"), root, found, left_out, _in_step(found))


def read(footage: BinaryIO, size: int) -> MediaFile:
    """The samples of a released file: an MP4."""
    try:
        return mp4_samples.read(footage, size)
    except (OverflowError, IndexError, ValueError) as problem:
        raise VerificationError(f"the tables of the footage contradict themselves ({type(problem).__name__})") from None


def require_root(proven: Proven, item: str, named: list[str]) -> None:
    """Returns if the original is this item, and the digests (hex) that its accession names as media index are exactly the proven root."""
    if proven.item != item:
        raise VerificationError("the samples are said to be those of another item than the original")
    if named != [proven.root]:
        raise VerificationError("the original was accessioned with another media index than the one that the samples are proven against")


def require_clip(proven: Proven) -> None:
    """Returns if every sample of every stream is the original's, unchanged, and the pictures are there."""
    if any(stream.altered or stream.stripped for stream in proven.streams):
        raise VerificationError("a clip holds samples that are not the original's own")
    if not any(stream.kind == "video" for stream in proven.streams):
        raise VerificationError("a clip has no picture")


def require_whole(proven: Proven) -> None:
    """Returns if every released stream stands for the whole of the original's."""
    for stream in proven.streams:
        if (stream.first, stream.last) != (0, stream.original):
            raise VerificationError(f"the {stream.kind} of the copy leaves out samples of the original at its start or end")


def clock(at: Fraction) -> str:
    """Minutes and seconds."""
    tenths = round(at * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def _index(value: object) -> tuple[list[tuple[str, int, bytes]], str]:
    """Kind, leaves and root of each of the original's streams, and the index's root, which must be made of them."""
    index = shapes.record(value, "root", "streams", "v")
    if index["v"] != 1 or type(index["v"]) is not int:
        raise VerificationError("the media index is not of version 1")
    streams = []
    for one in shapes.array(index["streams"], "streams"):
        record = shapes.record(one, "kind", "leaves", "root")
        kind = shapes.one_of(record["kind"], "kind", "audio", "other", "video")
        streams.append((kind, shapes.natural(record["leaves"], "leaves"), bytes.fromhex(shapes.digest(record["root"], "root"))))
    listed = canonical.encode({"streams": index["streams"], "v": 1})
    if hashlib.sha256(b"\x02" + listed).hexdigest() != shapes.digest(index["root"], "root"):
        raise VerificationError("the streams of the original do not lead to the root of its media index")
    return streams, index["root"]


class _Check:
    """One released stream against what is told of it."""

    more: tuple[str, ...] = ()  # keys that are told of besides

    def __init__(self, stream: Stream, movie: int, footage: BinaryIO, told: object, roots: list[tuple[str, int, bytes]]) -> None:
        record = shapes.record(told, *_STREAM, *self.more)
        self._record = record
        self._stream, self._movie, self._footage = stream, movie, footage
        self._header = _header(record["header"])
        self.number = self._header["stream"]
        if self.number >= len(roots) or roots[self.number][0] != self._header["kind"] or self._header["kind"] == "other":
            raise VerificationError("a stream of the footage is said to be one that the original does not have, or not as picture or sound")
        if stream.kind != self._header["kind"]:
            raise VerificationError(f"the {stream.kind} of the footage is said to be the original's {self._header['kind']}")
        self._kind, self._leaves, self._root = roots[self.number]
        self._runs = _spans(record["runs"], "runs", 2)
        self._altered = _spans(record["altered"], "altered", 3)
        self._durations = dict(_spans(record["durations"], "durations", 2))
        self._tick, self._scale = 1, stream.timescale
        self._dropped = _dropped(record["dropped"])
        self._shift = _integer(record["shift"])
        self._marks = _base64(record["marks"], "marks")
        self._proof = [_base64(node, "proof") for node in shapes.array(record["proof"], "proof")]
        self._configuration = record["configuration"]
        self._counts = shapes.record(record["counts"], "altered", "identical", "stripped")
        self._facts = StreamFacts(self._kind, self._leaves - 1)

    def whole(self, tick: Callable[[int], None]) -> StreamFacts:
        """Everything about the stream."""
        places = self._places()
        if self._runs:
            self._same_coding()
            self._bring_no_sets(places)
        known = [(0, [_leaf_hash(canonical.encode(self._header))])]
        marks = 0
        for first, count, at in places:
            known.append((first + 1, self._run(first, count, at, marks, tick)))
            marks += _MARK * count
        if marks != len(self._marks) or self._dropped or self._durations:
            raise VerificationError(f"more is told of samples of the {self._kind} than the footage has")
        if _cover(self._leaves, known, self._proof) != self._root:
            raise VerificationError(f"the {self._kind}: these samples are not the original's; the proof leads to another root")
        self._count()
        return self._facts

    def _places(self) -> list[tuple[int, int, int]]:
        """First sample in the original, count, and first sample in the footage of each run; nothing may lie between runs and spans."""
        facts = self._facts
        spans = sorted([(first, count, count, True) for first, count in self._runs] + [(*span, False) for span in self._altered])
        if not spans or spans[0][0] < 0:
            raise VerificationError(f"nothing is told of the {self._kind}")
        at, expected, runs = 0, spans[0][0], []
        for first, count, released, own in spans:
            if at + released > len(self._stream):
                raise VerificationError(f"the footage has {len(self._stream)} samples of {self._kind}, and more are told of")
            if first != expected or count < 1 or released < 0:
                raise VerificationError(
                    f"between samples {expected} and {first} of the original's {self._kind} something lies that nothing is told of"
                )
            if own:
                runs.append((first, count, at))
            else:
                facts.altered += released
                self._span(at, at + released)
            at, expected = at + released, first + count
        if at != len(self._stream):
            raise VerificationError(f"the footage has {len(self._stream)} samples of {self._kind}, and {at} are told of")
        facts.first, facts.last = spans[0][0], expected
        if facts.last > facts.original:
            raise VerificationError(f"the original's {self._kind} has {facts.original} samples, not {facts.last}")
        return runs

    def _span(self, start: int, end: int) -> None:
        if end > start:
            pts, durations = self._stream.pts, self._stream.durations
            shown = self._delay() or Fraction(0)
            begins = min(pts[start:end])
            ends = max(pts[sample] + durations[sample] for sample in range(start, end))
            scale = self._stream.timescale
            self._facts.spans.append(Span(max(Fraction(0), Fraction(begins, scale) + shown), Fraction(ends, scale) + shown))

    def _delay(self) -> Fraction | None:
        return media_file.delay(self._stream.edits, self._stream.timescale, self._movie)

    def _same_coding(self) -> None:
        stream, header = self._stream, self._header
        own = {
            "aspect": stream.aspect,
            "codec": self._codec(),
            "height": stream.height,
            "rotation": stream.rotation,
            "timescale": self._scale,
            "width": stream.width,
        }
        for name, value in own.items():
            if header[name] != value:
                raise VerificationError(f"the {self._kind} has another {name} than the original's, so it would not look or sound the same")
        if self._configuration is None:
            if hashlib.sha256(self._private()).hexdigest() != header["extradata"]:
                raise VerificationError(f"the {self._kind} is decoded in another way than the original's")
            return
        text = shapes.text(self._configuration, "configuration")
        original = _hex(text)
        if hashlib.sha256(original).hexdigest() != header["extradata"]:
            raise VerificationError(f"the decoder configuration that is told of is not that of the original's {self._kind}")
        parameter_sets.require_added_only(original, stream.configuration)

    def _bring_no_sets(self, runs: list[tuple[int, int, int]]) -> None:
        """Refuses samples made anew that hold a parameter set: a decoder would take it for the original's samples that follow, too."""
        sets = _SETS.get(self._stream.codec, ())
        anew = zip([0, *(at + count for _, count, at in runs)], [*(at for _, _, at in runs), len(self._stream)], strict=True)
        for sample in (number for start, end in anew for number in range(start, end)) if sets else ():
            units = media_file.units(self._footage, self._stream, sample)
            if not all(head for head, _, _ in units):
                raise VerificationError(f"{self._name(sample)} was made anew and is not made of units")
            if any((head[0] & 0x1F if max(sets) < 32 else head[0] >> 1 & 0x3F) in sets for head, _, _ in units):
                raise VerificationError(
                    f"{self._name(sample)} was made anew and brings a parameter set: the original's could look otherwise"
                )

    def _codec(self) -> str:
        return self._stream.codec

    def _private(self) -> bytes:
        return self._stream.configuration

    def _run(self, first: int, count: int, at: int, marks: int, tick: Callable[[int], None]) -> list[bytes]:
        """The leaf hashes of a run, made from the released samples; refuses the first whose mark is another."""
        leaves = []
        for number in range(count):
            leaf = _leaf_hash(self._leaf(first + number, at + number))
            mark = self._marks[marks + _MARK * number : marks + _MARK * (number + 1)]
            if leaf[:_MARK] != mark:
                raise VerificationError(f"{self._name(at + number)} is not the original's sample {first + number}: it was changed")
            leaves.append(leaf)
            tick(self._stream.sizes[at + number])
        self._times(count, at)
        return leaves

    def _leaf(self, original: int, released: int) -> bytes:
        """The leaf data of an original sample, from the released one that is said to be it."""
        stream = self._stream
        found = media_file.units(self._footage, stream, released)
        digests, size = [digest for _, _, digest in found], stream.sizes[released]
        dropped = self._dropped.pop(original, None)
        if dropped is not None:
            self._only_notes(released, found, dropped)
            for place, length, digest in dropped:
                digests.insert(place, digest)
                size += length + stream.prefix
            self._facts.stripped += 1
        else:
            self._facts.identical += 1
        dts, pts, duration = self._timing(original, released)
        leaf = {
            "dts": dts,
            "duration": duration,
            "index": original,
            "key": bool(stream.keys[released]),
            "pts": pts,
            "size": size,
            "stream": self.number,
            "units": digests,
        }
        return canonical.encode(leaf)

    def _timing(self, original: int, released: int) -> tuple[int, int, int]:
        """When the original's sample is decoded and shown, and how long, in the original's timescale."""
        stream = self._stream
        duration = self._durations.pop(original, stream.durations[released])
        return stream.dts[released] + self._shift, stream.pts[released] + self._shift, duration

    def _only_notes(self, released: int, found: list[tuple[bytes, int, str]], dropped: list[tuple[int, int, str]]) -> None:
        """Refuses what was left out of a sample if it could have been a part of the picture: it must stand before the first slice of all."""
        if self._stream.codec not in {"avc1", "avc3"} or not self._stream.prefix:
            raise VerificationError(f"{self._name(released)}: units may be left out of H.264 only")
        kept = [place for place in range(len(found) + len(dropped)) if place not in {place for place, _, _ in dropped}]
        slices = [(place, head) for place, (head, _, _) in zip(kept, found, strict=False) if head and head[0] & 0x1F in range(1, 6)]
        if len(kept) != len(found) or not slices or slices[0][1][1:2] < b"\x80" or any(place > slices[0][0] for place, _, _ in dropped):
            raise VerificationError(f"{self._name(released)}: what was left out of it could have been a part of the picture")

    def _times(self, count: int, at: int) -> None:
        """Where the run lies on the original's timeline, and how far the released one is from that."""
        stream, facts = self._stream, self._facts
        shown = media_file.delay(self._header["edits"], self._header["timescale"], None)
        own = self._delay()
        if shown is None or own is None:
            return
        scale, tick = self._scale, self._tick
        run = range(at, at + count)
        shown -= self._held()
        begins = Fraction(min(stream.pts[sample] for sample in run) * tick + self._shift, scale) + shown
        ends = Fraction(max(stream.pts[sample] + stream.durations[sample] for sample in run) * tick + self._shift, scale) + shown
        facts.begins = begins if facts.begins is None else min(facts.begins, begins)
        facts.ends = ends if facts.ends is None else max(facts.ends, ends)
        facts.offset = Fraction(self._shift, scale) + shown - own

    def _held(self) -> Fraction:
        """Seconds by which the original is shown or heard earlier than its samples say."""
        return Fraction(0)

    def _name(self, sample: int) -> str:
        at = Fraction(self._stream.pts[sample], self._stream.timescale) + (self._delay() or 0)
        return f"sample {sample} of the {self._kind} (at {clock(max(Fraction(0), at))})"

    def _count(self) -> None:
        facts = self._facts
        told = {name: shapes.natural(self._counts[name], name) for name in self._counts}
        if told != {"altered": facts.altered, "identical": facts.identical, "stripped": facts.stripped}:
            raise VerificationError(f"what is said of how many samples of the {self._kind} are the original's is not so")


class _OfMatroska(_Check):
    """The same where the original is a Matroska file: one time a block, in nanoseconds."""

    more = ("delay",)

    def __init__(self, stream: Stream, movie: int, footage: BinaryIO, told: object, roots: list[tuple[str, int, bytes]]) -> None:
        super().__init__(stream, movie, footage, told, roots)
        self._delayed = shapes.natural(self._record["delay"], "delay")
        self._facts.delayed = True
        self._tick, self._scale = matroska.tick(stream), matroska.NANOSECONDS
        self._lasting: int | None = None

    def _codec(self) -> str:
        return matroska.codec(self._stream)

    def _private(self) -> bytes:
        return matroska.private(self._stream)

    def _timing(self, original: int, released: int) -> tuple[int, int, int]:
        shown = self._stream.pts[released] * self._tick + self._shift
        self._lasting = self._durations.pop(original, self._lasting)
        if self._lasting is None:
            raise VerificationError(f"{self._name(released)}: it is not told how long the original's is")
        return shown, shown, self._lasting

    def _held(self) -> Fraction:
        return Fraction(self._delayed, self._scale)


def _cover(leaves: int, known: list[tuple[int, list[bytes]]], proof: list[bytes]) -> bytes:
    """The root of a tree of `leaves`, from the leaves that are known (by their place) and the rest's subtrees, from left to right."""
    rest = iter(proof)

    def root(start: int, end: int, inside: list[tuple[int, list[bytes]]]) -> bytes:
        inside = [(first, hashes) for first, hashes in inside if first < end and first + len(hashes) > start]
        if not inside:
            node = next(rest, b"")
            if len(node) != 32:
                raise VerificationError("the proof of the samples is too short, or holds what is no hash")
            return node
        if end - start == 1:
            return inside[0][1][start - inside[0][0]]
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        return hashlib.sha256(b"\x01" + root(start, middle, inside) + root(middle, end, inside)).digest()

    if leaves < 1 or leaves > media_file.MOST_SAMPLES or known[-1][0] + len(known[-1][1]) > leaves:
        raise VerificationError("the original's stream does not have as many samples as are told of")
    found = root(0, leaves, known)
    if next(rest, None) is not None:
        raise VerificationError("the proof of the samples is too long")
    return found


def _in_step(streams: list[StreamFacts]) -> bool | None:
    """Whether all streams are moved by the same time against the original; None where that can't be told. Refuses streams out of step."""
    offsets = [stream.offset for stream in streams if stream.identical + stream.stripped]
    if len(offsets) < 2 or any(offset is None for offset in offsets):
        return None if len(streams) > 1 else True
    told = [offset for offset in offsets if offset is not None]
    if max(told) - min(told) > _IN_STEP:
        raise VerificationError("sound and picture do not lie against each other as in the original")
    return None if any(stream.delayed for stream in streams) else True


def _leaf_hash(data: bytes) -> bytes:
    return merkle.leaf_hash(data)


def _header(value: object) -> dict[str, Any]:
    header = shapes.record(value, *_HEADER)
    shapes.text(header["codec"], "codec")
    shapes.digest(header["extradata"], "extradata")
    for name in ("height", "rotation", "stream", "timescale", "width"):
        shapes.natural(header[name], name)
    if header["timescale"] < 1:
        raise VerificationError("a stream of the original has no time scale")
    edits = [_row(edit, "edits", 3) for edit in shapes.array(header["edits"], "edits")]
    return header | {"edits": edits, "aspect": _row(header["aspect"], "aspect", 2)}


def _spans(value: object, name: str, length: int) -> list[list[int]]:
    return [_row(row, name, length) for row in shapes.array(value, name)]


def _row(value: object, name: str, length: int) -> list[int]:
    row = shapes.array(value, name)
    if len(row) != length:
        raise VerificationError(f"`{name}` holds a row that is not of {length} numbers")
    return [_integer(number) for number in row]


def _integer(value: object) -> int:
    if type(value) is not int:
        raise VerificationError("a whole number is missing")
    return value


def _dropped(value: object) -> dict[int, list[tuple[int, int, str]]]:
    found = {}
    for row in shapes.array(value, "dropped"):
        if not isinstance(row, list) or len(row) != 2:
            raise VerificationError("`dropped` holds a row that is no sample with its units")
        units = []
        for unit in shapes.array(row[1], "dropped"):
            if not isinstance(unit, list) or len(unit) != 3:
                raise VerificationError("`dropped` holds a unit that is not place, size and hash")
            place, size, digest = unit
            units.append((shapes.natural(place, "place"), shapes.natural(size, "size"), shapes.digest(digest, "dropped")))
        if not units or units != sorted(units) or len({place for place, _, _ in units}) != len(units):
            raise VerificationError("`dropped` holds units out of order")
        found[_integer(row[0])] = units
    return found


def _base64(value: object, name: str) -> bytes:
    text = shapes.text(value, name)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise VerificationError(f"`{name}` is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise VerificationError(f"`{name}` is not in the one canonical form of base64")
    return data


def _hex(text: str) -> bytes:
    if not _HEX.fullmatch(text):
        raise VerificationError("a decoder configuration is not hex")
    return bytes.fromhex(text)


def check_file(folder: Path, path: str, document: bytes, tick: Callable[[int], None] = lambda _count: None) -> Proven:
    """As `check`, for a file of a package."""
    with (folder / path).open("rb") as footage:
        size = footage.seek(0, 2)
        return check(document, footage, size, tick)
