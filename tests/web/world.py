"""Makes a home for the tests of the pages: an agency, its people, recordings of every kind. As a program it prints what it made, as JSON.

The footage is drawn here: a bar that moves over a grey picture, with a tone; one recording of three segments, a sound, a picture, a
document, and a file that nothing opens.
"""

import contextlib
import json
import struct
import sys
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from vestige.actions import devices, people, review
from vestige.actions.ports import Ports
from vestige.assembly import make_home, now_ms
from vestige.errors import Refused
from vestige.evidence.people import Actor, Person

PASSWORD = "a long walk at dusk"
SECONDS = 4
FPS = 25


def clip(path: Path, seconds: int = SECONDS, *, started: str = "2026-11-23T18:30:00Z", offset: int = 0) -> None:
    """An MP4 (H.264, AAC) of 320 by 180: the bar's place tells the second, so that no two clips of other offsets are alike."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        out.metadata["creation_time"] = started
        picture = out.add_stream("libx264", rate=FPS, options={"g": "25", "bf": "0"})
        picture.width, picture.height, picture.pix_fmt = 320, 180, "yuv420p"
        sound = out.add_stream("aac", rate=48_000, layout="mono")
        for index in range(seconds * FPS):
            image = np.full((180, 320, 3), 90, np.uint8)
            left = (index * 3 + offset * 40) % 300
            image[40:140, left : left + 20] = 230
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            out.mux(picture.encode(frame))
        out.mux(picture.encode())
        for start in range(0, seconds * 48_000, 1024):
            wave = 0.2 * np.sin(np.arange(start, start + 1024) * (440 + offset) * 2 * np.pi / 48_000)
            frame = av.AudioFrame.from_ndarray(wave.astype(np.float32)[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
            out.mux(sound.encode(frame))
        out.mux(sound.encode())


def wav(path: Path, seconds: int = 2) -> None:
    """A tone in PCM."""
    tone = (8000 * np.sin(np.arange(seconds * 16_000) * 2 * np.pi * 330 / 16_000)).astype("<i2").tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(tone), b"WAVE", b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16, b"data", len(tone))
    path.write_bytes(head + tone)


def png(path: Path) -> None:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([120] * 64) for _ in range(48))
    head = struct.pack(">IIBBBBB", 64, 48, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def pdf(path: Path, pages: int = 2) -> None:
    """A document whose pages are red, each with a black bar as high as its number; it asks to run a script when it is opened."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, b" ".join(b"%d 0 R" % (3 + 2 * n) for n in range(pages))),
    ]
    for number in range(pages):
        drawn = b"1 0 0 rg 0 0 200 300 re f 0 g 0 0 200 %d re f" % (20 * (number + 1))
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 300] /Contents %d 0 R >>" % (4 + 2 * number))
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
    data, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    path.write_bytes(data + head + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(data)))


def make(home_path: Path, card: Path, *, console_acts: bool) -> dict[str, object]:
    """The home, founded and filled. Returns the recordings by what they are, and the tokens of invitations not used yet."""
    from vestige.actions.agency import found
    from vestige.evidence.people import Actor as _Actor

    clock = _Clock()
    home = make_home(home_path, "us-federal", now=clock)
    ports = home.ports
    console = _Actor(kind="console", id="tests", name="console:tests", roles=frozenset({"console"}), via="console")
    found(ports, console, "Harbor City", "America/New_York", console_acts=console_acts, admin="A100")
    if not console_acts:
        return {}
    admin = _acting(ports.catalog.person("A100"))
    _two_weeks_ago(ports, admin)
    clock.behind = 0
    tokens = _people(ports, admin)
    return {"tokens": tokens, "recordings": _recordings(ports, card)}


class _Clock:
    """The home's clock: two weeks and a day behind at first, so that there are whole weeks to review."""

    behind = 15 * 86_400_000

    def __call__(self) -> int:
        return now_ms() - self.behind


def _two_weeks_ago(ports: Ports, admin: Actor) -> None:
    """What a review of that week lists."""
    from vestige.evidence.people import system

    with contextlib.suppress(Refused):
        review.list_weeks(ports, admin)
    people.sign_in_failed(ports, system("sign-in"), "192.0.2.7", ports.now(), 14)


def _people(ports: Ports, admin: Actor) -> dict[str, str]:
    from vestige.access.roles import Role
    from vestige.evidence.people import system

    tokens = {}
    for badge, name, roles in (
        ("B100", "Dana Ortiz", [Role.OFFICER]),
        ("B200", "Lee Marsh", [Role.OFFICER]),
        ("C200", "Sam Whitfield", [Role.EVIDENCE_CUSTODIAN]),
        ("D400", "Rae Holm", [Role.AUDITOR]),
        ("E500", "New Comer", [Role.OFFICER]),
        ("K100", "Kiosk at the docks", [Role.KIOSK]),
    ):
        people.add(ports, admin, badge, name, roles)
        tokens[badge] = f"token-of-{badge}-{'x' * 32}"
        people.invite(ports, admin, badge, tokens[badge])
        if badge != "E500":
            people.join(ports, system("invitation"), tokens[badge], PASSWORD)
    people.invite(ports, admin, "A100", "token-of-A100")
    people.join(ports, system("invitation"), "token-of-A100", PASSWORD)
    return tokens


def _recordings(ports: Ports, card: Path) -> dict[str, str]:
    from vestige.ingest.card import Card, Wishes, read_card

    custodian = _acting(ports.catalog.person("C200"))
    devices.register(ports, custodian, "X81-0001", "Axis W102", "vest")
    devices.assign(ports, custodian, "X81-0001", "B100", 1_700_000_000_000)
    camera = ports.catalog.device("X81-0001")
    assert camera is not None
    found: dict[str, str] = {"camera": str(camera.id)}

    def take(name: str, wishes: Wishes, *files: Path) -> None:
        for outcome in read_card(ports, custodian, Card.find([*files]), wishes, lambda _: None):
            if isinstance(outcome, Exception):
                raise outcome
            found[name], found[name + "_item"] = str(outcome.recording), str(outcome.item)

    split = card / "split"
    split.mkdir(parents=True)
    for number in (1, 2, 3):
        clip(split / f"GX{number:02d}0042.MP4", offset=number)
    clip(card / "lone.mp4", seconds=2, started="2026-11-22T12:00:00Z", offset=9)
    clip(card / "restricted.mp4", seconds=2, started="2026-11-21T12:00:00Z", offset=11)
    clip(card / "others.mp4", seconds=2, started="2026-11-20T12:00:00Z", offset=13)
    wav(card / "tone.wav")
    png(card / "photo.png")
    pdf(card / "report.pdf")
    (card / "broken.mp4").write_bytes(b"not a film at all" * 400)
    mine = Wishes(device="X81-0001")
    take("lone", mine, card / "lone.mp4")
    take("restricted", Wishes(device="X81-0001", category="use of force"), card / "restricted.mp4")
    take("others", Wishes(officer="B200"), card / "others.mp4")
    take("sound", mine, card / "tone.wav")
    take("picture", mine, card / "photo.png")
    take("document", mine, card / "report.pdf")
    take("broken", mine, card / "broken.mp4")
    take("segments", mine, split)
    for name in ("lone", "restricted"):
        _poster(ports, found[name + "_item"])
    return found


def _poster(ports: Ports, ref: str) -> None:
    """A picture for lists, where the media child has made none."""
    item = ports.catalog.item(ref)
    if item is not None and "poster" not in item.working:
        ports.vault.write_working(item.id, item.sealed, "poster", b"\xff\xd8\xff\xe0 a poster \xff\xd9")
        ports.catalog.add_working(item.id, "poster", {})


def _acting(person: Person | None) -> Actor:
    assert person is not None
    return Actor(kind="person", id=str(person.id), name=f"{person.name} ({person.badge})", roles=person.roles, via="console")


if __name__ == "__main__":
    print(json.dumps(make(Path(sys.argv[1]), Path(sys.argv[2]), console_acts="--console-acts" in sys.argv)))
