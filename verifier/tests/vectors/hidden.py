"""Packages: `data/hidden.json`, what a redacted copy must hide (package format, step 12).

The footage is no film, so a program that measures it (step 13) refuses it there: `packages/measured.json` has films.
"""

from typing import Any

import rfc8785
from verifier.tests.vectors.bags import ABOUT, LARGE
from verifier.tests.vectors.plain import FORM
from verifier.tests.vectors.store import Json, repeat
from verifier.tests.vectors.worlds import FOOTAGE, HIDDEN, Files, Packages, court, hiding, made, must, public
from verifier.tests.writer import digest, sha

BASE = "copy that says what it hides"
BOX = [16, 16, 32, 32]
OTHER = [digest("hidden", sha(b"another"))]
BOUND: dict[str, tuple[dict[str, Json], str]] = {
    "another document than the copy was rendered from": ({"named": OTHER}, "this is not what the copy was rendered from"),
    "two documents that the copy was rendered from": ({"named": OTHER * 2}, "this is not what the copy was rendered from"),
    "no document that the copy was rendered from": ({"named": []}, "this is not what the copy was rendered from"),
    "not approved": ({"approved": []}, "what the copy must hide was not approved together with its plan"),
    "another was approved": ({"approved": OTHER}, "what the copy must hide was not approved together with its plan"),
    "taken away": ({"held": False}, "the file is missing: the copy was rendered from a plan of which it tells"),
}
SIZE = "`picture` is of no size, or turned as no picture is"
NOTHING = "a recording without time or frames, or nothing to hide in it, or more than anybody hides"
TIMES = "the times of a mask do not rise within its span, or there are none"
PLACE = "a box of a mask leaves the picture, or does not lie on its grid of blocks"
SPAN = "a span does not end after it begins, or not within the recording"


def masked(*track: Json, **values: Json) -> dict[str, Json]:
    return must(masks=[{"from_ms": 200, "to_ms": 400, "track": list(track)} | values])


def pictured(**values: Json) -> dict[str, Json]:
    return must(picture={"height": 96, "rotation": 0, "width": 160} | values)


FORMS: dict[str, tuple[Json, str]] = {
    "spelt with a space": (rfc8785.dumps(must()).replace(b":", b": ", 1), FORM),
    "no JSON": (b"{", "this is no JSON"),
    "a list": ([], "an object with the keys duration_ms, format"),
    "a key too many": (must(names=["x"]), "an object must have exactly the keys duration_ms, format"),
    "another format": (must(format="vestige-hidden/2"), "`format` is none of: vestige-hidden/1"),
    "nothing hidden": (must(masks=[], mutes=[]), NOTHING),
    "no frames": (must(frames=0), NOTHING),
    "no time": (must(duration_ms=0), NOTHING),
    "a time that is true": (must(duration_ms=True), "`duration_ms` is no whole number from 0"),
    "masks that are none": (must(masks={}), "`masks` is no list"),
    "a picture of no height": (pictured(height=0), SIZE),
    "a picture of 16385 columns": (pictured(width=16385), SIZE),
    "a picture turned by 45 degrees": (pictured(rotation=45), SIZE),
    "a picture turned by false": (pictured(rotation=False), "`rotation` is no whole number from 0"),
    "a mask with a name": (masked([200, *BOX], id="b1"), "an object must have exactly the keys from_ms, to_ms, track"),
    "a mask without a box": (masked(), TIMES),
    "a mask that ends when it begins": (masked([200, *BOX], to_ms=200), SPAN),
    "a mask after the end": (masked([200, *BOX], to_ms=1001), SPAN),
    "a box before its mask": (masked([199, *BOX]), TIMES),
    "a box when its mask has ended": (masked([400, *BOX]), TIMES),
    "two boxes of one time": (masked([300, *BOX], [300, *BOX]), TIMES),
    "a box of three numbers and a time": (masked([200, 16, 16, 32]), "a row is not 5 whole numbers"),
    "a box of true": (masked([200, True, 16, 32, 32]), "a row is not 5 whole numbers"),
    "a box that begins off the grid": (masked([200, 17, 16, 15, 32]), PLACE),
    "a box that ends off the grid": (masked([200, 16, 16, 31, 32]), PLACE),
    "a box left of the picture": (masked([200, -16, 16, 32, 32]), PLACE),
    "a box that leaves the picture to the right": (masked([200, 144, 16, 32, 32]), PLACE),
    "a box that leaves the picture below": (masked([200, 16, 80, 32, 32]), PLACE),
    "an empty box": (masked([200, 16, 16, 0, 32]), PLACE),
    "a silence backwards": (must(mutes=[[3, 2]]), SPAN),
    "a silence from before the beginning": (must(mutes=[[-1, 2]]), SPAN),
    "a silence after the end": (must(mutes=[[3, 1001]]), SPAN),
    "a silence of three numbers": (must(mutes=[[3, 4, 5]]), "a row is not 2 whole numbers"),
    "a silence that is none": (must(mutes=["ab"]), "`row` is no list"),
}
LIMITS: dict[str, Json] = {
    "one silence alone": must(masks=[]),
    "a mask of the whole recording and the whole picture": must(masks=[{"from_ms": 0, "to_ms": 1000, "track": [[0, 0, 0, 160, 96]]}]),
    "a box to the edge of an odd picture": must(
        masks=[{"from_ms": 0, "to_ms": 1, "track": [[0, 144, 80, 15, 15]]}], picture={"height": 95, "rotation": 270, "width": 159}
    ),
}


def hidden(bases: dict[str, Files]) -> Packages:
    area = Packages(ABOUT, bases)

    def bad(name: str, reason: str, document: Json = None, **lies: Json) -> None:
        area.no(BASE, name, (12, HIDDEN), reason, made(hiding(document, **lies)))

    def measured(name: str, at: str, reason: str, files: Files) -> None:
        area.no(BASE, name, (13, at), reason, files, needs="media")

    measured("a copy that is no film", FOOTAGE, "the footage is no whole MP4", bases[BASE])
    for name, document in LIMITS.items():
        measured(name, "data/redaction-log.csv", "the redaction log tells of other", made(hiding(document)))
    for name, (lies, reason) in BOUND.items():
        bad(name, reason, **lies)
    for name, (document, reason) in FORMS.items():
        bad(name, reason, document)
    _large(area)
    _elsewhere(area)
    return area


def _large(area: Packages) -> None:
    """Documents of which much is the same, written small."""
    many = [must(mutes=[[0, 1]] * count) for count in (1, 100_001)]
    before, after = rfc8785.dumps(many[0]).decode().split("[0,1]")
    written = [before, repeat("[0,1],", 100_000), "[0,1]" + after]
    area.no(BASE, "100001 silences", (12, HIDDEN), NOTHING, made(hiding(many[1])) | {HIDDEN: written})
    endless = made(hiding(b"x" * LARGE)) | {HIDDEN: repeat("x", LARGE)}
    area.no(BASE, "of more than 64 MiB", (12, HIDDEN), f"the file is larger than {LARGE - 1} bytes", endless)


def _elsewhere(area: Packages) -> None:
    """Packages that have no such document."""
    more: dict[str, Any] = {"edit_files": lambda files: files | {HIDDEN: rfc8785.dumps(must())}}
    old = "a package of format 1 does not hold this file"
    area.no("public of format 1", "in a package of format 1", (4, HIDDEN), old, made(public(format=1, **more)))
    area.no("court", "in a package for court", (5, HIDDEN), "the profile court does not hold this file, or lacks it", made(court(**more)))
    area.no("public", "that no event names", (12, HIDDEN), "this is not what the copy was rendered from", made(public(**more)))
