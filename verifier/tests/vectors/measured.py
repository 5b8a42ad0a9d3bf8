"""Packages: redacted copies that are decoded and measured (package format, step 13), made of pinned films of a few kilobytes."""

import struct
from collections.abc import Callable

from verifier.tests.copies import FRAMES, LOG, RATE, must, plan
from verifier.tests.vectors.bags import ABOUT
from verifier.tests.vectors.filmed import pinned
from verifier.tests.vectors.worlds import FOOTAGE, Files, Packages, made, public

BASE = "copy that hides what it says"
CSV = "data/redaction-log.csv"
SHOWS = "something shows where the approved plan hides"
CARRIES = "it carries more than picture and sound: "
TRACKS = "it holds these tracks: "
SOUND = "there is sound where the approved plan wants silence, at "
SECRET = b"Dupont, 12 Main Street"
_UNNAMED = b"\0\x48\0\0\0\x48\0\0\0\0\0\0\0\1\0"  # in a picture's entry, up to the length of its maker's name
TABLES = [b"moov", b"trak", b"mdia", b"minf", b"stbl"]

FILMS: dict[str, str] = {
    "a block missing in one frame": f"{SHOWS}: frame 5 (at 0.250 s)",
    "a mask that begins a frame late": f"{SHOWS}: frame 4 (at 0.200 s)",
    "a mask that ends a frame early": f"{SHOWS}: frame 15 (at 0.750 s)",
    "a moving mask without the way between": f"{SHOWS}: frame 9 (at 0.450 s)",
    "colour that shows through": f"{SHOWS}: frame 6 (at 0.300 s)",
    "no silence": f"{SOUND}0.3",
    "a silence that ends too early": SOUND,
    "a frame too few": f"{FRAMES - 1} frames decode, and the approved plan was made for {FRAMES}",
    "a frame too many": f"frame {FRAMES} comes after the end of the recording",
    "longer sound": "its sound goes on after the end of the recording",
    "another size": "frame 0 has 176 x 96 pixels, turned by 0 degrees, not 160 x 96",
    "another rotation": "frame 0 has 160 x 96 pixels, turned by 180 degrees, not 160 x 96, turned by 0",
    "a second picture": f"{TRACKS}video, video",
    "another codec": "a track is coded as mp4v",
    "other pixels": "its pixels are yuv444p; only 8 bits in 4:2:0 are measured",
    "notes of the encoder": "sample 0 of the picture holds a unit of type 6",
    "a larger picture than it shows": "it holds a larger picture than it shows",
    "a title": f"{CARRIES}the box udta tells of more than its samples",
}
LOGS: dict[str, tuple[str, str]] = {
    "another time": (LOG.replace("hidden,200,400", "hidden,200,401"), "the redaction log tells of other hidden areas"),
    "another share": (LOG.replace("6.67", "6.66"), "the redaction log tells of another share of the picture than is hidden"),
    "another share in all": (LOG.replace("7.34", "7.33"), "the redaction log tells of another share of the picture in all"),
    "a silence left out": (
        "".join(line for line in LOG.splitlines(keepends=True) if "hidden,600" not in line),
        "the redaction log tells of other silences",
    ),
    "a column left out": (LOG.replace(",share_percent", ""), "the redaction log lacks a column"),
    "words for milliseconds": (LOG.replace("hidden,200", "hidden,soon"), "the redaction log has 'soon' where milliseconds belong"),
    "words for a share": (LOG.replace("6.67", "much"), "the redaction log has 'much' where a share of the picture belongs"),
    "no table": ('a,b\r\n"', "the redaction log is no table"),
}


def measured(bases: dict[str, Files]) -> Packages:
    """The cases. Whoever does not measure verifies each of them."""
    area = Packages(ABOUT, bases)
    area.ok(BASE, "an honest copy", bases[BASE])
    area.ok(BASE, "an honest copy without sound", _copy(pinned("without sound")))
    for name, reason in FILMS.items():
        _bad(area, name, reason, pinned(name))
    for name, (reason, footage) in _bent().items():
        _bad(area, name, reason, footage)
    for name, (log, reason) in LOGS.items():
        area.no(BASE, f"redaction log: {name}", (13, CSV), reason, _copy(pinned("honest"), log), needs="media")
    return area


def base() -> Files:
    """The package that the cases are made from."""
    return _copy(pinned("honest"))


def _copy(footage: bytes, log: str = LOG) -> Files:
    return made(public(**plan(footage, must(), log)))


def _bad(area: Packages, name: str, reason: str, footage: bytes) -> None:
    area.no(BASE, name, (13, FOOTAGE), reason, _copy(footage), needs="media")


def _bent() -> dict[str, tuple[str, bytes]]:
    """Films of which bytes were changed; with the sentence that refuses them."""
    honest = pinned("honest")
    return {
        "a box of its own in the index": (f"{CARRIES}a box uuid in moov", inside(honest, [b"moov"], box(b"uuid", SECRET))),
        "a box of its own in the picture's entry": (
            f"{CARRIES}a box uuid in avc1",
            inside(honest, [*TABLES, b"stsd", b"avc1"], box(b"uuid", SECRET)),
        ),
        "bytes behind a table's end": (f"{CARRIES}the box stts tells of more", inside(honest, [*TABLES, b"stts"], SECRET)),
        "bytes between boxes": (
            "a box of the index leaves the one that it lies in",
            inside(honest, [*TABLES, b"stsd", b"avc1"], b"12345"),
        ),
        "a name in the picture's entry": (
            "the picture carries the name of what made it",
            honest.replace(_UNNAMED, _UNNAMED[:-1] + b"D", 1),
        ),
        "damage in the middle of a frame": ("frame 0 is damaged, or has no time", _damaged(honest)),
        "damage in the sound": ("it does not decode whole", _deafened(honest)),
        "pictures that are not shown": (
            f"it holds {FRAMES + 3} pictures, of which {FRAMES} are shown",
            _later(pinned("pictures before it begins")),
        ),
        "sound that is not heard": ("it holds more sound than can be heard", _half_heard(pinned("quiet all along"))),
    }


def box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def inside(footage: bytes, path: list[bytes], more: bytes) -> bytes:
    """The file with more at the end of the box that lies at `path`, all sizes made to fit; the index stands at the file's end."""
    data, at, end = bytearray(footage), 0, len(footage)
    heads = []
    for kind in path:
        while data[at + 4 : at + 8] != kind:
            at += int.from_bytes(data[at : at + 4], "big")
            assert at < end, kind
        heads.append(at)
        end = at + int.from_bytes(data[at : at + 4], "big")
        at += {b"stsd": 16, b"avc1": 86}.get(kind, 8)
    data[end:end] = more
    for head in heads:
        data[head : head + 4] = struct.pack(">I", int.from_bytes(data[head : head + 4], "big") + len(more))
    return bytes(data)


def _edited(footage: bytes, place: int, edit: Callable[[int, int], tuple[int, int]]) -> bytes:
    """The file with another duration and start in the edit list at `place`."""
    data = bytearray(footage)
    at = place + 12
    data[at : at + 8] = struct.pack(">Ii", *edit(*struct.unpack(">Ii", data[at : at + 8])))
    return bytes(data)


def _half_heard(footage: bytes) -> bytes:
    """Its sound begins to be heard in the middle."""
    return _edited(footage, footage.rindex(b"elst"), lambda duration, media: (duration // 2, media + RATE // 2))


def _later(footage: bytes) -> bytes:
    """Its picture begins to be shown with the fourth frame."""
    scale = int.from_bytes(footage[footage.index(b"mdhd") + 16 :][:4], "big")
    return _edited(
        footage,
        footage.index(b"elst"),
        lambda duration, media: (duration - 3 * duration // (FRAMES + 3), media + 3 * scale * 50 // 1000),
    )


def _sample(footage: bytes, track: int, number: int) -> tuple[int, int]:
    """Where a sample lies in a file whose chunks hold one sample each: its offset and its size."""
    sizes, places = (_nth(footage, kind, track) for kind in (b"stsz", b"stco"))
    return (int.from_bytes(footage[places + 12 + 4 * number :][:4], "big"), int.from_bytes(footage[sizes + 16 + 4 * number :][:4], "big"))


def _nth(footage: bytes, kind: bytes, number: int) -> int:
    at = -1
    for _ in range(number + 1):
        at = footage.index(kind, at + 1)
    return at


def _damaged(footage: bytes) -> bytes:
    """The first picture's last bytes are gone over."""
    at, size = _sample(footage, 0, 0)
    return footage[: at + size - 40] + b"\xa5" * 40 + footage[at + size :]


def _deafened(footage: bytes) -> bytes:
    """A piece of sound is no sound."""
    at, size = _sample(footage, 1, 0)
    return footage[:at] + b"\xff" * size + footage[at + size :]
