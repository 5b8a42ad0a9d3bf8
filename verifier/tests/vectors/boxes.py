"""Released files (MP4) whose boxes or tables are not as the package format wants them."""

from collections.abc import Callable
from dataclasses import replace

from verifier.tests.vectors import film
from verifier.tests.vectors.film import STBL, Track, at, box, u32
from verifier.tests.vectors.samples import Samples


def boxes(area: Samples) -> None:
    """The file's boxes."""
    tracks, whole = film.clip_tracks(), film.clip().footage
    no = "the footage is no whole MP4: what begins at byte {} is no box"
    holds = "the footage holds a box {} that is neither index nor media, or one with something in it"
    area.filmed("an empty file", "the footage has no track, or has fragments", b"")
    area.filmed("text", no.format(0), b"not really footage")
    area.filmed("cut off", no.format(whole.index(b"moov") - 4), whole[:-1])
    area.filmed("a byte behind", no.format(len(whole)), whole + b"x")
    area.filmed("a box of size 0", no.format(len(whole)), whole + u32(0) + b"free")
    area.filmed("a box of size 7", no.format(len(whole)), whole + u32(7) + b"free")
    area.filmed("a box of user data", holds.format("b'udta'"), whole + box("udta", b"where it was"))
    area.filmed("free space with something in it", holds.format("b'free'"), whole + box("free", b"x"))
    area.filmed("a fragment", holds.format("b'moof'"), whole + box("moof", b""))
    area.good("free space, empty", **area.given("clip", film.clip().document, whole + box("free", b"")))
    long = (
        whole[: whole.index(b"moov") - 4]
        + u32(1)
        + b"moov"
        + (len(whole) - whole.index(b"moov") + 12).to_bytes(8, "big")
        + whole[whole.index(b"moov") + 4 :]
    )
    area.good("an index with its size in 64 bits", **area.given("clip", film.clip().document, long))
    area.filmed("two indexes", "the footage has two indexes, or one too large", whole + box("moov", b""))
    area.filmed("65 boxes of media", "the footage keeps its media in more places than any writer does", whole + box("mdat", b"") * 64)
    area.filmed("media that no sample owns", "1 bytes of the footage belong to no sample, or to several", whole + box("mdat", b"x"))
    area.filmed("no track", "the footage has no track, or has fragments", film.mp4([]))
    area.filmed(
        "an index that speaks of fragments",
        "the footage has no track, or has fragments",
        film.mp4(tracks, lambda path, data: data + box("mvex", b"") if path == "moov" else data),
    )
    one = "the index of the footage does not have exactly one {} in its place"
    for path in ("mvhd", "trak0/tkhd", "trak0/mdia", "trak0/mdia/mdhd", "trak0/mdia/hdlr", "trak0/mdia/minf", "trak0/mdia/minf/stbl"):
        area.filmed(
            f"without {path}",
            one.format(f"b'{path.rsplit('/', maxsplit=1)[-1]}'"),
            film.mp4(tracks, at(f"moov/{path}", lambda _data: None)),
        )
    for name in ("stsd", "stsz", "stts", "stsc", "stco"):
        area.filmed(f"without {name}", one.format(f"b'{name}'"), film.mp4(tracks, at(f"{STBL}/{name}", lambda _data: None)))
    edited = [replace(tracks[0], edits=((0, 0, 0x10000),)), tracks[1]]
    area.filmed(
        "an edit list that is not there", one.format("b'elst'"), film.mp4(edited, at("moov/trak0/edts", lambda _data: box("free", b"")))
    )
    area.filmed(
        "a box longer than what holds it",
        "a box in b'minf' is longer than what holds it",
        film.mp4(tracks, at("moov/trak0/mdia/minf", lambda data: u32(len(data) + 1) + data[4:])),
    )
    area.filmed(
        "a time scale of nought",
        "a track of the footage has no time scale",
        film.mp4(tracks, at("moov/trak0/mdia/mdhd", lambda data: bytes(len(data)))),
    )
    area.filmed(
        "a header that is too short",
        "the box b'mdhd' is too short for what it must say",
        film.mp4(tracks, at("moov/trak0/mdia/mdhd", lambda data: data[:14])),
    )
    code = "a track of the footage does not say in exactly one way how it is coded"
    area.filmed("two sample entries", code, film.mp4(tracks, at(f"{STBL}/stsd", lambda data: u32(0, 2) + data[8:] * 2)))
    area.filmed("no sample entry", code, film.mp4(tracks, at(f"{STBL}/stsd", lambda _data: u32(0, 0))))


def tables(area: Samples) -> None:
    """The tables of samples."""
    tracks = film.clip_tracks()

    def table(name: str, reason: str, path: str, edit: Callable[[bytes], bytes]) -> None:
        area.filmed(name, reason, film.mp4(tracks, at(f"{STBL}/{path}", edit)))

    says = "the table {} says more than it holds"
    table("stts with a row too few", says.format("b'stts'"), "stts", lambda data: data[:-8])
    table("stsz with a row too few", says.format("b'stsz'"), "stsz", lambda data: data[:-4])
    table("stts of a sample more", "a table of times tells of more samples than there are", "stts", lambda _data: u32(0, 1, 4, 100))
    table("stts of a sample less", "a table of times does not tell of every sample", "stts", lambda _data: u32(0, 1, 2, 100))
    table("ctts of a sample less", "a table of times does not tell of every sample", "ctts", lambda _data: u32(0, 1, 2, 0))
    table(
        "more samples than days of recording",
        "a track of the footage has more samples than days of recording",
        "stsz",
        lambda _data: u32(0, 1, 16_000_001),
    )
    chunks = "a track of the footage does not say how many samples each chunk holds"
    table("stsc that begins with the second chunk", chunks, "stsc", lambda _data: u32(0, 1, 2, 3, 1))
    table("stsc that goes back", chunks, "stsc", lambda _data: u32(0, 2, 1, 1, 1, 1, 2, 1))
    hold = "the chunks of the footage do not hold every sample"
    table("stsc of two samples a chunk", hold, "stsc", lambda _data: u32(0, 1, 1, 2, 1))
    table("stsc that is empty", hold, "stsc", lambda _data: u32(0, 0))
    outside = "a sample lies outside the media of the footage"
    table("stco that points into the head", outside, "stco", lambda _data: u32(0, 1, 0))
    table("stco that points beyond the end", outside, "stco", lambda _data: u32(0, 1, 0xFFFFFFFF))
    far = lambda path, data: data + box("co64", u32(0, 1, 0x80000000, 0)) if path == STBL else data  # noqa: E731
    area.filmed("an offset of 2^63", "the tables of the footage contradict themselves (OverflowError)", film.mp4(tracks, far))
    two = film.clip_tracks()
    start = 28
    shared = at("moov/trak1/mdia/minf/stbl/stco", lambda _data: u32(0, 1, start))
    area.filmed("sound that lies where the picture does", "two samples of the footage share bytes", film.mp4(two, shared))
    plain_sound = Track(
        "audio", tuple(replace(one, units=(b"\0\0",), dts=n, pts=n, duration=1) for n, one in enumerate(two[1].samples)), film.ESDS
    )
    area.filmed(
        "uncompressed sound",
        "the sound of the footage is uncompressed: this version cannot check its samples",
        film.mp4([two[0], plain_sound]),
    )
    table(
        "a key frame less",
        "sample 0 of the video (at 0:00.0) is not the original's sample 4: it was changed",
        "stss",
        lambda _data: u32(0, 0),
    )
    table(
        "a picture shown later",
        "sample 0 of the video (at 0:00.0) is not the original's sample 4",
        "ctts",
        lambda _data: u32(0, 3, 1, 1, 1, 100, 1, 0),
    )
