"""Sample proofs by themselves: a document against a released file (package format, "Sample proofs"), and MP4 files that are not as they must be."""

import copy
from collections.abc import Callable
from dataclasses import replace

import rfc8785
from verifier.tests.vectors import film
from verifier.tests.vectors.film import ORIGINAL, Told, Track, box, u32
from verifier.tests.vectors.plain import FORM
from verifier.tests.vectors.store import Area, Json, against, plain
from verifier.tests.writer import b64, sha

Edit = Callable[[dict[str, Json]], Json]
KEYS = "an object must have exactly the keys"
TOLD: dict[str, tuple[Callable[[], list[Told]], tuple[Track, Track]]] = {
    "clip": (film.clip_told, ORIGINAL),
    "copy": (film.copy_told, ORIGINAL),
    "matroska": (film.matroska_told, film.MATROSKA),
}
ROOT = "the video: these samples are not the original's; the proof leads to another root"


class Samples(Area):
    """Cases against the clip or the copy: `document` and `footage` are contents, spliced in those of the base."""

    def __init__(self) -> None:
        self._of = {"clip": film.clip(), "copy": film.copy(), "matroska": film.matroska()}
        bases = {name: {"document": plain(made.document), "footage": plain(made.footage)} for name, made in self._of.items()}
        super().__init__(
            "Sample proofs: `document` is data/samples.json, `footage` the released file; where one is not there, it is that of the base. "
            "Whether the original was accessioned under the document's root is told by packages (`packages/samples.json`).",
            {"bases": bases},
        )

    def given(self, base: str, document: bytes, footage: bytes) -> dict[str, Json]:
        made = self._of[base]
        found: dict[str, Json] = {"base": base}
        if document != made.document:
            found["document"] = against(made.document, document)
        if footage != made.footage:
            found["footage"] = against(made.footage, footage)
        return found

    def told(self, name: str, reason: str, edit: Edit, base: str = "clip") -> None:
        """A document that says otherwise."""
        told, tracks = TOLD[base]
        document = edit(film.document(*told(), tracks=tracks))
        self.bad(name, reason, **self.given(base, rfc8785.dumps(document), self._of[base].footage))

    def filmed(self, name: str, reason: str, footage: bytes, base: str = "clip") -> None:
        """A file that is another."""
        self.bad(name, reason, **self.given(base, self._of[base].document, footage))

    def both(
        self,
        name: str,
        reason: str | None,
        told: list[Told],
        tracks: list[Track],
        originals: tuple[Track, Track] = ORIGINAL,
        base: str = "copy",
    ) -> None:
        given = self.given(base, rfc8785.dumps(film.document(*told, tracks=originals)), film.mp4(tracks))
        if reason is None:
            self.good(name, **given)
        else:
            self.bad(name, reason, **given)


def samples() -> Samples:
    area = Samples()
    area.good("a clip", base="clip")
    area.good("a copy with samples made anew and a note left out", base="copy")
    _documents(area)
    _streams(area)
    _runs(area)
    _coding(area)
    _dropped(area)
    _in_step(area)
    return area


def _stream(number: int = 0, **changes: Json) -> Edit:
    def edit(document: dict[str, Json]) -> Json:
        document["streams"][number] |= changes
        return document

    return edit


def _header(number: int = 0, **changes: Json) -> Edit:
    def edit(document: dict[str, Json]) -> Json:
        document["streams"][number]["header"] |= changes
        return document

    return edit


def _loose(text: str) -> str:
    """The same bytes, spelt with bits in the last sign that no byte needs."""
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = text.rstrip("=")[-1]
    return text.rstrip("=")[:-1] + signs[signs.index(last) + 1] + "=" * text.count("=")


def _index(edit: Callable[[Json], Json], *, rooted: bool = True) -> Edit:
    """Another index; its root is made again, unless that is the lie."""

    def edited(document: dict[str, Json]) -> Json:
        index = edit(copy.deepcopy(document["index"]))
        if rooted:
            index["root"] = sha(b"\x02" + rfc8785.dumps({"v": 1, "streams": index["streams"]})).hex()
        return document | {"index": index}

    return edited


def _set(value: dict[str, Json], **changes: Json) -> dict[str, Json]:
    return value | changes


def _documents(area: Samples) -> None:
    made = film.clip()
    for name, data, reason in (("a space", made.document.replace(b":", b": ", 1), FORM), ("nothing", b"", "this is no JSON")):
        area.bad(f"spelt with {name}", reason, **area.given("clip", data, made.footage))
    area.told("another format", "`format` is none of: vestige-samples/1", lambda one: one | {"format": "vestige-samples/3"})
    area.told("a key too many", f"{KEYS} format, index, item, streams; wrong: 'more'", lambda one: one | {"more": 1})
    area.told("an item that is none", "`item` is no uuid", lambda one: one | {"item": "x"})
    area.told("streams that are none", "`streams` is no list", lambda one: one | {"streams": {}})
    area.told("a stream less", "the footage has 2 streams, and 1 are told of", lambda one: one | {"streams": one["streams"][:1]})
    area.told("no streams", "the footage has 2 streams, and 0 are told of", lambda one: one | {"streams": []})
    area.told("the index is of version 2", "the media index is not of version 1", _index(lambda index: index | {"v": 2}))
    area.told("the index is of version true", "the media index is not of version 1", _index(lambda index: index | {"v": True}))
    lead = "the streams of the original do not lead to the root of its media index"
    area.told("another root of the index", lead, _index(lambda index: index | {"root": "00" * 32}, rooted=False))
    area.told(
        "another root of a stream in it",
        lead,
        _index(lambda index: index | {"streams": [index["streams"][0] | {"root": "00" * 32}, *index["streams"][1:]]}, rooted=False),
    )
    area.told(
        "a kind that there is not",
        "`kind` is none of: audio, other, video",
        _index(lambda index: index | {"streams": [index["streams"][0] | {"kind": "smell"}, *index["streams"][1:]]}),
    )
    area.told(
        "another root of a stream, all the way up",
        ROOT,
        _index(lambda index: index | {"streams": [index["streams"][0] | {"root": "00" * 32}, *index["streams"][1:]]}),
    )
    area.told(
        "fewer leaves",
        "the original's video has 6 samples, not 7",
        _index(lambda index: index | {"streams": [index["streams"][0] | {"leaves": 7}, *index["streams"][1:]]}),
    )
    area.told(
        "no leaves",
        "the original's video has -1 samples, not 7",
        _index(lambda index: index | {"streams": [index["streams"][0] | {"leaves": 0}, *index["streams"][1:]]}),
    )
    many = "the original's stream does not have as many samples as are told of"
    area.told(
        "more leaves than days of recording",
        many,
        _index(lambda index: index | {"streams": [index["streams"][0] | {"leaves": 16_000_001}, *index["streams"][1:]]}),
    )


def _streams(area: Samples) -> None:
    """Which stream is which, and the header."""
    lacks = "a stream of the footage is said to be one that the original does not have, or not as picture or sound"
    area.told("a stream that the original does not have", lacks, _header(stream=3))
    area.told("a stream of other data", lacks, _header(stream=2, kind="other"))
    area.told("a stream of another kind than in the index", lacks, _header(kind="audio"))
    area.told(
        "sound for picture",
        "the video of the footage is said to be the original's audio",
        lambda one: one | {"streams": one["streams"][::-1]},
    )
    twice = [film.clip_tracks()[0]] * 2
    same = film.document(film.clip_told()[0], film.clip_told()[0])
    area.bad(
        "one stream twice",
        "two streams of the footage are said to be the same one of the original",
        **area.given("clip", rfc8785.dumps(same), film.mp4(twice)),
    )
    area.told("no time scale", "a stream of the original has no time scale", _header(timescale=0))
    area.told("a negative width", "`width` is no whole number from 0", _header(width=-1))
    area.told("an aspect of three", "`aspect` holds a row that is not of 2 numbers", _header(aspect=[1, 1, 1]))
    area.told("an edit of two", "`edits` holds a row that is not of 3 numbers", _header(edits=[[0, 0]]))
    area.told("an edit of text", "a whole number is missing", _header(edits=[[0, 0, "1"]]))
    area.told("a configuration's hash that is none", "`extradata` is no SHA-256 in hex", _header(extradata="x"))
    area.told("a codec that is none", "`codec` is no text", _header(codec=1))
    area.told("a header with more", f"{KEYS} aspect, codec, edits", _header(more=1))
    area.told("a stream with more", f"{KEYS} altered, configuration, counts", _stream(more=1))
    area.told("another edit list in the header", ROOT, _header(edits=[[9, 0, 65536]]))


def _runs(area: Samples) -> None:
    """Runs, altered spans, durations, marks, the cover, the counts."""
    none = "the footage has 3 samples of video, and {} are told of"
    area.told("a sample more than there are", "the footage has 3 samples of video, and more are told of", _stream(runs=[[4, 4]]))
    area.told("a sample less than there are", none.format(2), _stream(runs=[[4, 2]]))
    area.told("nothing", "nothing is told of the video", _stream(runs=[]))
    area.told("a run that begins before the original", "nothing is told of the video", _stream(runs=[[-1, 3]]))
    lies = "between samples {} and {} of the original's video something lies that nothing is told of"
    area.told("a gap between two runs", lies.format(5, 6), _stream(runs=[[4, 1], [6, 2]]))
    area.told("an overlap of two runs", lies.format(6, 5), _stream(runs=[[4, 2], [5, 1]]))
    area.told("a run of none", lies.format(4, 4), _stream(runs=[[4, 0], [4, 3]]))
    area.told("a span that gives less than nothing", lies.format(5, 5), _stream(runs=[[4, 1], [6, 2]], altered=[[5, 1, -1]]))
    area.told(
        "a run of other samples",
        "sample 0 of the video (at 0:00.0) is not the original's sample 3: it was changed",
        _stream(runs=[[3, 3]], shift=300),
    )
    area.told("more than the original has", "the original's video has 8 samples, not 9", _stream(runs=[[6, 3]]))
    area.told("another shift", "sample 0 of the video (at 0:00.0) is not the original's sample 4: it was changed", _stream(shift=401))
    area.told("a row of three", "`runs` holds a row that is not of 2 numbers", _stream(runs=[[4, 3, 0]]))
    area.told("a run of true", "a whole number is missing", _stream(runs=[[4, True]]))
    area.told("a shift that is none", "a whole number is missing", _stream(shift=None))
    area.told("altered of two", "`altered` holds a row that is not of 3 numbers", _stream(altered=[[1, 1]]))
    area.told(
        "another duration", "sample 1 of the video (at 0:00.2) is not the original's sample 5: it was changed", _stream(durations=[[5, 7]])
    )
    more = "more is told of samples of the video than the footage has"
    area.told("the duration of a sample that is not here", more, _stream(durations=[[1, 100]]))
    area.told("a mark too many", more, lambda one: _marked(one, b"xx"))
    area.told("no marks", "sample 0 of the video (at 0:00.0) is not the original's sample 4: it was changed", _stream(marks=""))
    area.told("marks that are no base64", "`marks` is not base64", _stream(marks="*"))
    loose = "is not in the one canonical form of base64"
    area.told(
        "marks with a padding's loose bits", f"`marks` {loose}", lambda one: _stream(1, marks=_loose(one["streams"][1]["marks"]))(one)
    )
    area.told("a proof with a padding's loose bits", f"`proof` {loose}", _stream(proof=[_loose(b64(bytes(32)))]))
    area.told("marks of text beyond ASCII", "`marks` is not base64", _stream(marks="é"))
    area.told(
        "a proof too short",
        "the proof of the samples is too short, or holds what is no hash",
        lambda one: _stream(proof=one["streams"][0]["proof"][:-1])(one),
    )
    area.told(
        "a proof too long",
        "the proof of the samples is too long",
        lambda one: _stream(proof=[*one["streams"][0]["proof"], b64(bytes(32))])(one),
    )
    area.told(
        "a proof of a short hash",
        "the proof of the samples is too short, or holds what is no hash",
        lambda one: _stream(proof=[b64(b"x"), *one["streams"][0]["proof"][1:]])(one),
    )
    area.told("another proof", ROOT, lambda one: _stream(proof=[b64(bytes(32)), *one["streams"][0]["proof"][1:]])(one))
    area.told("a proof that is none", "`proof` is no list", _stream(proof=None))
    counts = "what is said of how many samples of the video are the original's is not so"
    area.told("other counts", counts, _stream(counts={"identical": 2, "stripped": 1, "altered": 0}))
    area.told(
        "a count below nought", "`identical` is no whole number from 0", _stream(counts={"identical": -3, "stripped": 0, "altered": 0})
    )
    area.told("the altered are said to be identical", counts, _stream(counts={"identical": 8, "stripped": 0, "altered": 0}), "copy")
    area.told(
        "an altered span hidden",
        "between samples 2 and 4 of the original's video something lies that nothing is told of",
        _stream(altered=[]),
        "copy",
    )
    area.told(
        "altered samples said to be the original's",
        "sample 2 of the video (at 0:00.2) is not the original's sample 2: it was changed",
        lambda _document: _whole(),
        "copy",
    )
    anew = "sample 3 of the video (at 0:00.3) was made anew and "
    sets = f"{anew}brings a parameter set: the original's could look otherwise"
    for name, reason, units in (
        ("a sample made anew with a sequence parameter set", sets, (b"\x67\x42\x00\x1f", b"\x41\x88 made anew")),
        ("a sample made anew with a picture parameter set at its end", sets, (b"\x41\x88 made anew", b"\x68\xcc")),
        ("a sample made anew that is not made of units", f"{anew}is not made of units", (b"\x41\x88 made anew", b"")),
    ):
        pictures = list(film.copy_tracks()[0].samples)
        pictures[3] = replace(pictures[3], units=units)
        area.filmed(name, reason, film.mp4([replace(film.copy_tracks()[0], samples=tuple(pictures)), film.copy_tracks()[1]]), "copy")
    footage = bytearray(film.copy().footage)
    footage[footage.index(b"made anew 2")] ^= 1
    area.good("other pictures in an altered span prove no less", **area.given("copy", film.copy().document, bytes(footage)))


def _marked(document: dict[str, Json], more: bytes) -> Json:
    import base64

    marks = base64.b64decode(document["streams"][0]["marks"]) + more
    return _stream(marks=b64(marks))(document)


def _whole() -> Json:
    told = film.copy_told()
    told[0] = replace(told[0], runs=[[0, 8]], altered=[])
    return film.document(*told)


def _coding(area: Samples) -> None:
    """How a stream is decoded."""
    tracks = film.clip_tracks()
    wider = [replace(tracks[0], width=65), tracks[1]]
    another = "the video has another {} than the original's, so it would not look or sound the same"
    area.filmed("another width", another.format("width"), film.mp4(wider))
    area.filmed(
        "another configuration",
        "the video is decoded in another way than the original's",
        film.mp4([replace(tracks[0], configuration=film.AVCC_MORE), tracks[1]]),
    )
    turned = film.at("moov/trak0/tkhd", lambda data: data[:40] + u32(0, 0x10000, 0, -0x10000, 0) + data[60:])
    area.filmed("turned by 90 degrees", another.format("rotation"), film.mp4(tracks, turned))
    area.filmed(
        "another time scale",
        another.format("timescale"),
        film.mp4(tracks, film.at("moov/trak0/mdia/mdhd", lambda data: data[:12] + u32(999) + data[16:])),
    )
    area.filmed(
        "another codec",
        another.format("codec"),
        film.mp4(tracks, film.at(f"{film.STBL}/stsd", lambda data: data.replace(b"avc1", b"avc3"))),
    )
    stretched = film.at(f"{film.STBL}/stsd", lambda data: u32(0, 1) + box("avc1", data[16:] + box("pasp", u32(4, 3))))
    area.filmed("another aspect", another.format("aspect"), film.mp4(tracks, stretched))
    area.told("a configuration that is no hex", "a decoder configuration is not hex", _stream(configuration="xy"), "copy")
    upper, spaced = film.AVCC.hex().upper(), film.AVCC.hex(" ")
    area.told("a configuration in capitals", "a decoder configuration is not hex", _stream(configuration=upper), "copy")
    area.told("a configuration with spaces", "a decoder configuration is not hex", _stream(configuration=spaced), "copy")
    area.told("a configuration of an odd digit", "a decoder configuration is not hex", _stream(configuration="0"), "copy")
    area.told("a configuration that is no text", "`configuration` is no text", _stream(configuration=1), "copy")
    area.told(
        "another configuration is told of",
        "the decoder configuration that is told of is not that of the original's video",
        _stream(configuration="00"),
        "copy",
    )
    lost = [replace(film.copy_tracks()[0], configuration=film.AVCC[:-7] + b"\0"), film.copy_tracks()[1]]
    area.filmed(
        "a parameter set of the original lacks",
        "the picture lacks a parameter set of the original, or has another in its place",
        film.mp4(lost),
        "copy",
    )
    cut = [replace(film.copy_tracks()[0], configuration=film.AVCC_MORE[:-2]), film.copy_tracks()[1]]
    area.filmed("a configuration that is cut off", "a decoder configuration is cut off", film.mp4(cut), "copy")


def _dropped(area: Samples) -> None:
    """Units that were left out of a sample."""
    tracks = film.copy_tracks()
    whole = ORIGINAL[0].samples[5].units

    def dropping(name: str, reason: str, units: tuple[bytes, ...], places: list[int], of: Track = ORIGINAL[0]) -> None:
        pictures = [*tracks[0].samples[:5], replace(tracks[0].samples[5], units=units), *tracks[0].samples[6:]]
        rows = [[place, len(of.samples[5].units[place]), sha(of.samples[5].units[place]).hex()] for place in places]
        told = film.copy_told()
        told[0] = replace(told[0], dropped=[[5, rows]])
        area.both(name, reason, told, [replace(tracks[0], samples=tuple(pictures)), tracks[1]])

    picture = "sample 5 of the video (at 0:00.6): what was left out of it could have been a part of the picture"
    dropping("a slice left out", picture, whole[:2], [2])
    dropping("the first slice left out", picture, (whole[0], whole[2]), [1])
    dropping("everything left out but a note", picture, whole[:1], [1, 2])
    area.told(
        "of sound",
        "sample 2 of the audio (at 0:00.2): units may be left out of H.264 only",
        _stream(1, dropped=[[2, [[0, 1, "00" * 32]]]]),
        "copy",
    )
    area.told(
        "another note",
        "sample 5 of the video (at 0:00.6) is not the original's sample 5: it was changed",
        _stream(dropped=[[5, [[0, 6, "00" * 32]]]]),
        "copy",
    )
    area.told(
        "a note of another size",
        "sample 5 of the video (at 0:00.6) is not the original's sample 5: it was changed",
        lambda one: _stream(dropped=[[5, [[0, 7, one["streams"][0]["dropped"][0][1][0][2]]]]])(one),
        "copy",
    )
    area.told("a place beyond the sample", picture, _stream(dropped=[[5, [[9, 6, "00" * 32]]]]), "copy")
    area.told(
        "of a sample that is not the original's own",
        "more is told of samples of the video than the footage has",
        lambda one: _stream(dropped=[*one["streams"][0]["dropped"], [2, [[0, 1, "00" * 32]]]])(one),
        "copy",
    )
    row, unit = "`dropped` holds a row that is no sample with its units", "`dropped` holds a unit that is not place, size and hash"
    order = "`dropped` holds units out of order"
    one = [0, 6, "00" * 32]
    for name, reason, dropped in (
        ("a row that is none", row, [5]),
        ("a row of three", row, [[5, [one], 0]]),
        ("units that are none", "`dropped` is no list", [[5, None]]),
        ("a unit that is none", unit, [[5, [0]]]),
        ("a unit of two", unit, [[5, [[0, 6]]]]),
        ("no units", order, [[5, []]]),
        ("units out of order", order, [[5, [[1, 6, "00" * 32], one]]]),
        ("a place twice", order, [[5, [one, [0, 6, "11" * 32]]]]),
        ("a negative place", "`place` is no whole number from 0", [[5, [[-1, 6, "00" * 32]]]]),
        ("a hash that is none", "`dropped` is no SHA-256 in hex", [[5, [[0, 6, "x"]]]]),
        ("a sample that is none", "a whole number is missing", [["5", [one]]]),
    ):
        area.told(f"dropped: {name}", reason, _stream(dropped=dropped), "copy")


def _in_step(area: Samples) -> None:
    late = film.cut(ORIGINAL[1], 3, 4)
    step = "sound and picture do not lie against each other as in the original"
    area.both(
        "sound that is a tenth of a second early",
        step,
        [film.clip_told()[0], Told(1, [[3, 4]], shift=300)],
        [film.clip_tracks()[0], late],
        base="clip",
    )
    delayed = replace(late, edits=((400, 100, 0x10000),))
    area.both(
        "the same, and an edit list that makes up for it",
        None,
        [film.clip_told()[0], Told(1, [[3, 4]], shift=300)],
        [film.clip_tracks()[0], delayed],
        base="clip",
    )
    held = replace(late, edits=((100, -1, 0x10000), (400, 0, 0x10000)))
    area.both(
        "the same, and a delay the wrong way",
        step,
        [film.clip_told()[0], Told(1, [[3, 4]], shift=300)],
        [film.clip_tracks()[0], held],
        base="clip",
    )
    slow = replace(film.clip_tracks()[1], edits=((400, 0, 0x8000),))
    area.both("an edit list at half the rate: in step cannot be told", None, film.clip_told(), [film.clip_tracks()[0], slow], base="clip")
    area.both("pictures alone", None, film.clip_told()[:1], film.clip_tracks()[:1], base="clip")
