"""Sample proofs of clips of a Matroska original (package format, "Of a Matroska original")."""

from dataclasses import replace

from verifier.tests.vectors import film
from verifier.tests.vectors.film import MATROSKA, Told, Track, u32
from verifier.tests.vectors.samples import Samples, _header, _stream

CHANGED = "sample {} of the {} (at 0:00.{}) is not the original's sample {}: it was changed"


def of_matroska(area: Samples) -> None:
    """Cases against the base `matroska`."""
    area.good("a clip of a Matroska original", base="matroska")
    _times(area)
    _coding(area)
    _samples(area)
    _in_step(area)


def _both(area: Samples, name: str, reason: str | None, tracks: list[Track], originals: tuple[Track, Track] = MATROSKA) -> None:
    area.both(name, reason, film.matroska_told(), tracks, originals, base="matroska")


def _times(area: Samples) -> None:
    keys = "an object must have exactly the keys altered"
    area.told("of Matroska, said to be of an MP4", keys, lambda one: one | {"format": "vestige-samples/1"}, "matroska")
    area.told("of an MP4, said to be of Matroska", keys, lambda one: one | {"format": "vestige-samples/2"})
    area.told("a delay below nought", "`delay` is no whole number from 0", _stream(1, delay=-1), "matroska")
    untold = "sample 0 of the video (at 0:00.0): it is not told how long the original's is"
    area.told("no duration is told of", untold, _stream(durations=[]), "matroska")
    area.told("a duration that is told of too late", untold, _stream(durations=[[5, 100_000_000], [6, 90_000_000]]), "matroska")
    area.told(
        "another duration of a block", CHANGED.format(0, "video", 0, 4), _stream(durations=[[4, 99_000_000], [6, 90_000_000]]), "matroska"
    )
    more = "more is told of samples of the video than the footage has"
    area.told("a duration of a block that is not here", more, _stream(durations=[[3, 1], [4, 100_000_000], [6, 90_000_000]]), "matroska")
    area.told("a time of a block that is a nanosecond later", CHANGED.format(0, "video", 0, 4), _stream(shift=400_000_001), "matroska")
    tracks = film.matroska_tracks()
    odd = film.at("moov/trak0/mdia/mdhd", lambda data: data[:12] + u32(7) + data[16:])
    parts = "the video of the footage counts time in parts that are no whole nanoseconds"
    area.filmed("a time scale that does not divide a second into nanoseconds", parts, film.mp4(tracks, odd), "matroska")
    slow = film.at("moov/trak0/mdia/mdhd", lambda data: data[:12] + u32(500) + data[16:])
    area.filmed("the same times at half the speed", CHANGED.format(1, "video", 4, 5), film.mp4(tracks, slow), "matroska")
    later = [replace(tracks[0], samples=(tracks[0].samples[0], replace(tracks[0].samples[1], pts=201), tracks[0].samples[2])), tracks[1]]
    area.filmed("a picture shown a millisecond later", CHANGED.format(1, "video", 2, 5), film.mp4(later), "matroska")
    early = replace(tracks[0], samples=tuple(replace(one, dts=n * 99, duration=99) for n, one in enumerate(tracks[0].samples)))
    area.good("decoded sooner, shown at the same times", **area.given("matroska", film.matroska().document, film.mp4([early, tracks[1]])))


def _coding(area: Samples) -> None:
    picture, sound = film.matroska_tracks()
    another = "the {} has another codec than the original's, so it would not look or sound the same"
    area.told("another CodecID", another.format("video"), _header(codec="V_MPEGH/ISO/HEVC"), "matroska")
    area.told("the entry's type for a CodecID", another.format("video"), _header(codec="avc1"), "matroska")
    scale = "the video has another timescale than the original's, so it would not look or sound the same"
    area.told("an original that does not count nanoseconds", scale, _header(timescale=1000), "matroska")
    _both(area, "an entry that may hold parameter sets in its samples", None, [replace(picture, entry="avc3"), sound])
    hevc = (replace(MATROSKA[0], matroska=("V_MPEGH/ISO/HEVC", HVCC)), MATROSKA[1])
    _both(area, "pictures in HEVC", None, [replace(picture, entry="hvc1", configuration=HVCC), sound], hevc)
    opus = (MATROSKA[0], replace(MATROSKA[1], matroska=("A_OPUS", film.OPUS_HEAD)))
    heard = replace(sound, entry="Opus", configuration=film.DOPS)
    _both(area, "sound in Opus", None, [picture, heard], opus)
    described = "the sound of the footage is described in another way than a clip of Matroska describes it"
    _both(area, "sound in Opus of another version", described, [picture, replace(heard, configuration=b"\1" + film.DOPS[1:])], opus)
    _both(area, "sound in Opus that is hardly described", described, [picture, replace(heard, configuration=film.DOPS[:-1])], opus)
    unlike = "the audio is decoded in another way than the original's"
    _both(
        area,
        "sound in Opus that begins elsewhere",
        unlike,
        [picture, replace(heard, configuration=film.DOPS[:3] + b"\0" + film.DOPS[4:])],
        opus,
    )
    plain = film.esds(film.LC)
    for name, reason, data in (
        ("sound of another rate", unlike, film.esds(bytes.fromhex("1208"))),
        ("sound with another kind of object", described, plain.replace(b"\x40\x15", b"\x6b\x15", 1)),
        ("sound with a bit rate told", described, plain[:22] + b"\1" + plain[23:]),
        ("sound with more behind its description", described, plain + b"\0"),
        ("sound without a description", described, b""),
        ("sound with a description too long", described, film.esds(bytes(65))),
    ):
        _both(area, name, reason, [picture, replace(sound, configuration=data)])


HVCC = bytes.fromhex("0101600000009000000000003cf000fcfdf8f800000f00")


def _samples(area: Samples) -> None:
    picture, sound = film.matroska_tracks()
    first, second, third = picture.samples
    spoilt = replace(second, units=(*second.units[:2], second.units[2][:-1] + b"\0"))
    area.filmed(
        "of Matroska: a sample altered",
        CHANGED.format(1, "video", 2, 5),
        film.mp4([replace(picture, samples=(first, spoilt, third)), sound]),
        "matroska",
    )
    short = [replace(picture, samples=(first, third)), sound]
    area.filmed("of Matroska: a sample left out", "the footage has 2 samples of video, and more are told of", film.mp4(short), "matroska")
    told = [Told(0, [[4, 1], [6, 1]], shift=400_000_000, durations=[[4, 100_000_000], [6, 90_000_000]], delay=0), film.matroska_told()[1]]
    gap = "between samples 5 and 6 of the original's video something lies that nothing is told of"
    area.both("of Matroska: a sample left out, and told so", gap, told, short, MATROSKA, base="matroska")
    keyless = [replace(picture, samples=(replace(first, key=False), replace(second, key=True), third)), sound]
    area.filmed("of Matroska: another key flag", CHANGED.format(0, "video", 0, 4), film.mp4(keyless), "matroska")


def _in_step(area: Samples) -> None:
    picture, sound = film.matroska_tracks()
    step = "sound and picture do not lie against each other as in the original"
    late = [picture, replace(sound, edits=((100, -1, 0x10000), (400, 0, 0x10000)))]
    area.both("of Matroska: sound a tenth of a second late", step, film.matroska_told(), late, MATROSKA, base="matroska")
    skipped = [picture, replace(sound, edits=((390, 7, 0x10000),))]
    told = film.matroska_told(7_000_000)
    area.both("a delay that the file makes up for", None, told, skipped, MATROSKA, base="matroska")
    area.both("a delay that the file does not make up for", step, told, [picture, sound], MATROSKA, base="matroska")
