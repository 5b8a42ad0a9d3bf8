"""Step 13: a copy is decoded and measured. Real films; each lie bends one thing, and is refused and named."""

import io
import json
import os
import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from av.bitstream import BitStreamFilterContext
from tests.budget import examples, how_far
from verifier.tests.checks import FOOTAGE, Json, refused
from verifier.tests.copies import FRAMES, HEIGHT, LOG, RATE, WIDTH, Film, Planes, boxes, film, must, plan
from verifier.tests.vectors.measured import box, inside
from verifier.tests.writer import Plan, make

from vestige_verify import hidden, measuring, redaction_log
from vestige_verify.errors import VerificationError
from vestige_verify.notes import parse_key
from vestige_verify.package import Findings, verify
from vestige_verify.words import as_json, as_text


@pytest.fixture
def measured(tmp_path: Path) -> Callable[..., Findings]:
    """The findings about a package of this copy."""

    def made_and_checked(footage: bytes, document: Json = None, log: str = LOG) -> Findings:
        package = make(tmp_path / "package", Plan(**plan(footage, document, log)))
        findings = verify(package.folder, (parse_key(package.vkey),))
        shutil.rmtree(package.folder)
        return findings

    return made_and_checked


def test_an_honest_copy_is_measured(measured: Callable[..., Findings]) -> None:
    findings = measured(film())
    assert findings.verified, findings.fault
    answer = as_json(findings, pinned=True)
    media = answer["media"]
    assert (media["frames"], media["frames_hidden"], media["duration_ms"]) == (FRAMES, 12, 1000)
    area = [sum((right - left) * (bottom - top) for left, top, right, bottom in boxes(number)) for number in range(FRAMES)]
    assert media["share"] == -(-sum(area) * 50 * 10_000 // (WIDTH * HEIGHT * 1000))
    assert (media["muted_ms"], media["sound"]) == (500, True)
    assert 0 < max(media["worst_luma"], media["worst_chroma"]) <= 16
    assert media["loudest_muted"] <= 100
    assert "limits" in media["locks"] or os.name != "posix"
    assert "redaction" in answer["checked"]
    assert "pixels and sound" in answer["not_checked"]
    json.dumps(answer)
    assert "20 frames in 1.000 s, something hidden in 12 of them" in as_text(findings, pinned=True)


HONEST: dict[str, tuple[Film, dict[str, Any]]] = {
    "hevc": (Film(codec="libx265"), must()),
    "full range": (Film(full_range=True), must()),
    "turned": (Film(rotation=90), must(picture={"height": HEIGHT, "rotation": 90, "width": WIDTH})),
    "without sound": (Film(sound=False), must()),
    "a picture that the recording had one column less of": (
        Film(hides=lambda _: [(144, 80, 160, 96)]),
        must(
            picture={"height": 95, "rotation": 0, "width": 159},
            masks=[{"from_ms": 0, "to_ms": 1000, "track": [[0, 144, 80, 15, 15]]}],
        ),
    ),
}


CORNER_LOG = "".join(line for line in LOG.splitlines(keepends=True) if not line.startswith("hidden,400"))
CORNER_LOG = CORNER_LOG.replace("hidden,200,400", "hidden,0,1000").replace("6.67", "1.49").replace("7.34", "1.49")


@pytest.mark.parametrize("name", HONEST)
def test_other_honest_copies(measured: Callable[..., Findings], name: str) -> None:
    findings = measured(film(HONEST[name][0]), HONEST[name][1], CORNER_LOG if "column" in name else LOG)
    assert findings.verified, findings.fault


def without_a_block(number: int) -> Callable[[int], list[tuple[int, int, int, int]]]:
    """One frame's box misses one block, at its lower right corner."""

    def hides(at: int) -> list[tuple[int, int, int, int]]:
        if at != number:
            return boxes(at)
        ((left, top, right, bottom),) = boxes(at)
        return [(left, top, right, bottom - 16), (left, bottom - 16, right - 16, bottom)]

    return hides


def touch(number: int, column: int, row: int, plane: int = 0) -> Callable[[int, Planes], None]:
    """Something shows through, four samples wide, in one frame."""

    def paint(at: int, planes: Planes) -> None:
        if at == number:
            planes[plane][row : row + 4, column : column + 4] = 200

    return paint


SHOWS = "something shows where the approved plan hides"
LIES: dict[str, tuple[Film, str]] = {
    "a block missing in one frame": (Film(hides=without_a_block(5)), f"{SHOWS}: frame 5 (at 0.250 s)"),
    "a block missing in a frame of a moving mask": (Film(hides=without_a_block(11)), f"{SHOWS}: frame 11"),
    "a moving mask without the way between": (Film(hides=lambda at: boxes(8) if at == 9 else boxes(at)), f"{SHOWS}: frame 9"),
    "a mask that begins a frame late": (Film(hides=lambda at: [] if at == 4 else boxes(at)), f"{SHOWS}: frame 4"),
    "a mask that ends a frame early": (Film(hides=lambda at: [] if at == 15 else boxes(at)), f"{SHOWS}: frame 15"),
    "colour that shows through": (Film(paint=touch(6, 14, 14, 1)), f"{SHOWS}: frame 6"),
    "the other colour": (Film(paint=touch(6, 14, 14, 2)), "chroma"),
    "grey instead of black": (Film(hides=lambda _: [], paint=lambda _, planes: planes[0].__setitem__(slice(None), 40)), SHOWS),
    "a silence that ends too early": (Film(silent=(0.2, 0.79)), "there is sound where the approved plan wants silence"),
    "a silence that begins too late": (Film(silent=(0.31, 0.9)), "there is sound where the approved plan wants silence, at 0.3"),
    "no silence": (Film(silent=None), "there is sound"),
    "a second picture": (Film(more="mpeg4"), "it holds these tracks: audio, video, video"),
    "a title": (Film(metadata={"title": "Dupont's kitchen"}), "it carries more than picture and sound: the box udta"),
    "a place": (Film(metadata={"location": "+48.8566+002.3522/"}), "it carries more than picture and sound"),
    "the time of making": (Film(metadata={"creation_time": "2024-01-02T03:04:05Z"}), "mvhd tells of more"),
    "a chapter": (Film(chapter=True), "it holds these tracks: audio, other, video"),
    "the encoder's notes": (Film(notes=True), "holds a unit of type 6"),
    "a frame too few": (Film(frames=FRAMES - 1), "19 frames decode, and the approved plan was made for 20"),
    "a frame too many": (Film(frames=FRAMES + 1), "frame 20 comes after the end"),
    "another size": (Film(width=176), "has 176 x 96 pixels"),
    "another rotation": (Film(rotation=180), "turned by 180 degrees, not"),
    "in fragments": (Film(options={"fflags": "bitexact", "movflags": "frag_keyframe+empty_moov"}), "box"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_copy_that_lies_is_refused_and_named(measured: Callable[..., Findings], name: str) -> None:
    made, reason = LIES[name]
    refused(measured(film(made)), step=13, file=FOOTAGE, reason=reason)


SECRET = b"Dupont, 12 Main Street"
PLACES: dict[str, Callable[[bytes], bytes]] = {
    "a box of its own": lambda data: data + box(b"uuid", SECRET),
    "free space": lambda data: data + box(b"free", SECRET),
    "media that no sample owns": lambda data: data + box(b"mdat", SECRET),
    "a box in the index": lambda data: inside(data, [b"moov"], box(b"uuid", SECRET)),
    "a box in a track": lambda data: inside(data, [b"moov", b"trak"], box(b"meta", SECRET)),
    "behind the last entry of a table": lambda data: inside(data, [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts"], SECRET),
    "behind the header of a track": lambda data: inside(data, [b"moov", b"trak", b"tkhd"], SECRET),
    "in the name of a track": lambda data: data.replace(b"VideoHandler", b"Dupont12Main"),
    "in the name of an encoder": lambda data: data.replace(b"\0\x48\0\0\0\x48\0\0\0\0\0\0\0\1\0", b"\0\x48\0\0\0\x48\0\0\0\0\0\0\0\1D"),
}


@pytest.mark.parametrize("name", PLACES)
def test_bytes_that_are_neither_picture_nor_sound_are_refused_wherever_they_lie(measured: Callable[..., Findings], name: str) -> None:
    footage = PLACES[name](film())
    assert footage != film()
    refused(measured(footage), step=13, file=FOOTAGE)


def test_sound_that_a_player_does_not_play_is_refused(measured: Callable[..., Findings]) -> None:
    footage = bytearray(film(Film(silent=(0, 1))))
    at = footage.rindex(b"elst") + 4  # the second track's
    duration, media = struct.unpack(">Ii", footage[at + 8 : at + 16])
    footage[at + 8 : at + 16] = struct.pack(">Ii", duration // 2, media + RATE // 2)
    refused(measured(bytes(footage)), step=13, file=FOOTAGE, reason="it holds more sound than can be heard")


def test_a_picture_larger_than_it_shows_is_refused(measured: Callable[..., Findings]) -> None:
    """What is cropped away is in the file all the same."""
    source, out = io.BytesIO(film(Film(width=WIDTH + 128, sound=False))), io.BytesIO()
    with av.open(source) as whole, av.open(out, "w", format="mp4", options={"fflags": "bitexact"}) as copy:
        picture = copy.add_stream_from_template(whole.streams.video[0])
        cropping = BitStreamFilterContext("h264_metadata=crop_right=128", whole.streams.video[0], picture)
        for packet in whole.demux(video=0):
            for one in cropping.filter(packet if packet.size else None):
                one.stream = picture
                copy.mux(one)
    refused(measured(out.getvalue()), step=13, file=FOOTAGE, reason="it holds a larger picture than it shows")


def test_pictures_that_a_player_does_not_show_are_refused(measured: Callable[..., Findings]) -> None:
    """An edit list may begin after pictures that the file still holds."""
    hides = lambda at: boxes(at - 3) if at >= 3 else []  # noqa: E731 - three pictures come before, with nothing hidden
    footage = bytearray(film(Film(frames=FRAMES + 3, hides=hides, sound=False)))
    at = footage.index(b"elst") + 4
    duration, media = struct.unpack(">Ii", footage[at + 8 : at + 16])
    scale = int.from_bytes(footage[footage.index(b"mdhd") + 16 :][:4], "big")
    footage[at + 8 : at + 16] = struct.pack(">Ii", duration - 3 * duration // (FRAMES + 3), media + 3 * scale * 50 // 1000)
    reason = f"it holds {FRAMES + 3} pictures, of which {FRAMES} are shown"
    refused(measured(bytes(footage)), step=13, file=FOOTAGE, reason=reason)


LOGS: dict[str, tuple[str, str]] = {
    "another time": (LOG.replace("hidden,200,400", "hidden,200,401"), "other hidden areas"),
    "another share": (LOG.replace("6.67", "6.66"), "another share"),
    "another share in all": (LOG.replace("7.34", "7.33"), "another share of the picture in all"),
    "no line for all": (LOG[: LOG.index("total")], "another share of the picture in all"),
    "an area left out": ("".join(line for line in LOG.splitlines(keepends=True) if "a face" not in line), "other hidden areas"),
    "a silence left out": ("".join(line for line in LOG.splitlines(keepends=True) if "hidden,600" not in line), "other silences"),
    "a column left out": (LOG.replace(",share_percent", ""), "lacks a column"),
    "words for a number": (LOG.replace("hidden,200", "hidden,soon"), "where milliseconds belong"),
    "no table": ('"', "lacks a column|is no table|in all"),
}


@pytest.mark.parametrize("name", LOGS)
def test_a_redaction_log_that_tells_of_something_else_is_refused(name: str) -> None:
    log, reason = LOGS[name]
    with pytest.raises(VerificationError, match=reason):
        redaction_log.require_same(log.encode(), hidden.parse(json.dumps(must(), separators=(",", ":"), sort_keys=True).encode()))


def test_the_redaction_log_is_refused_by_its_own_name(measured: Callable[..., Findings]) -> None:
    refused(measured(b"not looked at", log=LOGS["another time"][0]), step=13, file=redaction_log.PATH)


@pytest.mark.parametrize("footage", [b"", b"no film at all", bytes(4096), film()[:-200], film()[: len(film()) // 2]])
def test_what_is_no_whole_film_is_refused(measured: Callable[..., Findings], footage: bytes) -> None:
    refused(measured(footage), step=13, file=FOOTAGE)


def test_damaged_films_never_break_the_check(measured: Callable[..., Findings]) -> None:
    """Bytes changed anywhere: either the copy still hides all that it must, or it is refused; there is no third way."""
    draw, whole = random.Random(os.urandom(8)), film()
    verdicts = []
    for _ in range(examples(200) // 20):
        footage = bytearray(whole)
        for _ in range(draw.choice([1, 1, 4, 40])):
            footage[draw.randrange(len(footage))] = draw.randrange(256)
        findings = measured(bytes(footage))
        assert findings.verified or (findings.fault is not None and findings.fault.step == 13), findings.fault
        assert findings.verified or "PermissionError" not in str(findings.fault), (
            "something was loaded after the process had locked itself in"
        )
        verdicts.append(findings.verified)
    how_far(f"{len(verdicts)} damaged films, {verdicts.count(False)} refused")


def test_a_decoder_that_dies_is_a_refusal_that_says_how(tmp_path: Path) -> None:
    """The limit of processor time ends the process from outside, as a crash would."""
    (tmp_path / "film.mp4").write_bytes(film())
    document = json.dumps(must(), separators=(",", ":"), sort_keys=True).encode()
    log = LOG.encode()
    assert measuring._ask(tmp_path / "film.mp4", measuring.asked(document, log), 60)["frames"] == FRAMES
    laborious = json.dumps(must(masks=must()["masks"] * 50_000), separators=(",", ":"), sort_keys=True).encode()
    with pytest.raises(VerificationError, match=r"its decoder came to an end of its own .*(SIGXCPU|SIGKILL)"):
        measuring._ask(tmp_path / "film.mp4", measuring.asked(laborious, log), 1)


def test_a_locked_process_opens_no_file_grows_none_and_reaches_no_network(tmp_path: Path) -> None:
    """Each lock that is said to be in force is tried; a system without them says so."""
    program = """
import json, os, signal, socket, sys
from vestige_verify import locks
kept = open(sys.argv[1], "wb", buffering=0)
held = locks.leave_network() + locks.lock(memory=1 << 30, seconds=60)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def tried(act):
    try:
        act()
    except Exception as problem:
        return type(problem).__name__
    return "done"
def call():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 9))
print(json.dumps({"held": held, "open": tried(lambda: open("/etc/passwd")), "grow": tried(lambda: kept.write(b"x")), "call": tried(call),
                  "memory": tried(lambda: bytearray(2 << 30))}))
"""
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", program, str(tmp_path / "file")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    if "limits" in told["held"]:
        assert (told["grow"], told["memory"]) == ("OSError", "MemoryError")
    if "files" in told["held"]:
        assert told["open"] == "PermissionError"
    if "network" in told["held"]:
        assert told["call"] == "OSError"
    print(f"locks in force here: {told['held']}")
    assert sys.platform != "linux" or "limits" in told["held"]
