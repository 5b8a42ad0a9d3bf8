"""Packages: `data/manifest.json` (package format, step 5), signed and bagged correctly."""

from collections.abc import Callable
from typing import Any

from verifier.tests.vectors.bags import ABOUT
from verifier.tests.vectors.plain import FORM
from verifier.tests.vectors.store import Json
from verifier.tests.vectors.worlds import FOOTAGE, MANIFEST, Files, Packages, court, made, public
from verifier.tests.writer import key, witness

NOBODY = "00000000-0000-4000-8000-000000000000"
KEYS = "an object must have exactly the keys agency, console_acts"
OF_FILE = "an object must have exactly the keys item, of, path, sha256, size"


def _file(**changes: Json) -> Callable[[Json], Json]:
    return lambda manifest: manifest | {"files": [manifest["files"][0] | changes]}


def _log(**changes: Json) -> Callable[[Json], Json]:
    return lambda manifest: manifest | {"log": manifest["log"] | changes}


def _set(**changes: Json) -> Callable[[Json], Json]:
    return lambda manifest: manifest | changes


def _less(name: str) -> Callable[[Json], Json]:
    return lambda manifest: {one: value for one, value in manifest.items() if one != name}


OWN = key(1)
EDITS: list[tuple[str, Callable[[Json], Json], str, str]] = [
    ("a list", lambda manifest: [manifest], "an object with the keys agency, console_acts", MANIFEST),
    ("a key too many", _set(more=1), f"{KEYS}", MANIFEST),
    ("a key too few", _less("withheld"), f"{KEYS}", MANIFEST),
    ("format 3", _set(format="vestige-package/3"), "`format` is none of: vestige-package/1, vestige-package/2", MANIFEST),
    ("a format that is a number", _set(format=2), "`format` is none of", MANIFEST),
    ("no package", _set(package="1"), "`package` is no uuid", MANIFEST),
    ("another package", _set(package=NOBODY), "External-Identifier is not the package's uuid", "bag-info.txt"),
    ("a secret profile", _set(profile="secret"), "`profile` is none of: court, public", MANIFEST),
    ("an agency that is none", _set(agency=None), "`agency` is no text", MANIFEST),
    ("a negative time", _set(created=-1), "`created` is no whole number from 0", MANIFEST),
    ("a time that is true", _set(created=True), "`created` is no whole number from 0", MANIFEST),
    ("console_acts is 1", _set(console_acts=1), "`console_acts` is neither true nor false", MANIFEST),
    ("an item that is none", _set(item="x"), "`item` is no uuid", MANIFEST),
    ("another item", _set(item=NOBODY), "the file is of another item or kind than the package", FOOTAGE),
    ("files that are no list", _set(files={}), "`files` is no list", MANIFEST),
    ("no files", _set(files=[]), "the manifest lists no file, or one twice", MANIFEST),
    ("a file twice", lambda manifest: manifest | {"files": manifest["files"] * 2}, "the manifest lists no file, or one twice", MANIFEST),
    (
        "a file that is not there",
        _file(path="data/footage/b"),
        "the manifest does not list this file, or lists it and it is not there",
        FOOTAGE,
    ),
    (
        "a path that leads out",
        _file(path="data/footage/../trail.json"),
        "the manifest does not list this file, or lists it and it is not there",
        "data/footage/../trail.json",
    ),
    ("a path that is no text", _file(path=1), "`path` is no text", MANIFEST),
    ("another size", _file(size=1), "the file's size or hash is not what the manifest says", FOOTAGE),
    ("a size that is text", _file(size="17"), "`size` is no whole number from 0", MANIFEST),
    ("another hash", _file(sha256="00" * 32), "the file's size or hash is not what the manifest says", FOOTAGE),
    ("a hash in capitals", _file(sha256="AB" * 32), "`sha256` is no SHA-256 in hex", MANIFEST),
    ("a file of another kind", _file(of="rendered"), "the file is of another item or kind than the package", FOOTAGE),
    ("a file of no kind", _file(of="copy"), "`of` is none of: clipped, key, opened, original, rendered", MANIFEST),
    ("a file with more", _file(more=1), OF_FILE, MANIFEST),
    ("a file of another item", _file(item=NOBODY), "the file is of another item or kind than the package", FOOTAGE),
    ("withheld is no list", _set(withheld="nothing"), "`withheld` is no list", MANIFEST),
    ("withheld holds a number", _set(withheld=[1]), "`withheld` is no text", MANIFEST),
    ("no log", _set(log=None), "an object with the keys fingerprint, key, origin, witnesses is missing", MANIFEST),
    ("another fingerprint", _log(fingerprint="0000"), "the fingerprint is not that of the key", MANIFEST),
    ("another origin", _log(origin="vestige.log/other"), "the log's origin is not the name of its key", MANIFEST),
    ("a key that is none", _log(key="x"), "this is no verifier key", MANIFEST),
    (
        "no witnesses",
        lambda manifest: manifest | {"log": {name: value for name, value in manifest["log"].items() if name != "witnesses"}},
        "an object must have exactly the keys fingerprint, key, origin, witnesses; wrong: 'witnesses'",
        MANIFEST,
    ),
    ("witnesses that are no list", _log(witnesses=None), "`witnesses` is no list", MANIFEST),
    ("a log's key for a witness", _log(witnesses=[key(2).vkey]), "the verifier key is not one of a witness", MANIFEST),
    (
        "witnesses out of order",
        _log(witnesses=[witness(2).vkey, witness(1).vkey]),
        "`witnesses` is not a sorted list of verifier keys",
        MANIFEST,
    ),
    ("a witness twice", _log(witnesses=[witness(1).vkey] * 2), "`witnesses` is not a sorted list of verifier keys", MANIFEST),
    (
        "another log's key",
        _log(origin=key(2).name, key=key(2).vkey, fingerprint=key(2).fingerprint),
        "the manifest names another key than the one that signed",
        MANIFEST,
    ),
]
SPELLINGS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a space": (lambda data: data.replace(b":", b": ", 1), FORM),
    "a line feed at the end": (lambda data: data + b"\n", "there is more after the end of the JSON"),
    "a byte order mark": (lambda data: b"\xef\xbb\xbf" + data, "this is no JSON"),
    "a key twice": (lambda data: data[:1] + data[1:].split(b",", 1)[0] + b"," + data[1:], FORM),
    "an escape": (lambda data: data.replace(b"vestige", b"v\\u0065stige", 1), FORM),
    "no UTF-8": (lambda data: data.replace(b"vestige", b"v\xffstige", 1), "the JSON is not Unicode text in UTF-8"),
    "half": (lambda data: data[: len(data) // 2], "this is no JSON"),
    "nothing": (lambda _data: b"", "this is no JSON"),
}


def manifests(bases: dict[str, Files]) -> Packages:
    area = Packages(ABOUT, bases)
    for name, edit, reason, file in EDITS:
        area.no("court", name, (5, file), reason, made(court(edit_manifest=edit)))
    for name, (spell, reason) in SPELLINGS.items():
        area.no("court", f"spelt with {name}", (5, MANIFEST), reason, made(court(edit_manifest_bytes=spell)))
    area.ok("court", "an agency with odd signs", made(court(agency="Polizei Zürich \u2028\U0001f694")))
    area.ok("court", "the console acts", made(court(console_acts=True)))
    _formats(area)
    _profiles(area)
    return area


def _formats(area: Packages) -> None:
    """What each format holds and does not hold."""
    old, new = "a package of format 1 does not hold this file", "a package of format 2 must hold this file"
    page = {"verify.html": b"<p>Verify</p>\n"}
    area.no(
        "court",
        "format 1 that names witnesses",
        (5, MANIFEST),
        "an object must have exactly the keys fingerprint, key, origin; wrong: 'witnesses'",
        made(court(edit_manifest=_set(format="vestige-package/1"))),
    )
    area.no(
        "court of format 1", "format 1 with verify.html", (4, "verify.html"), old, made(court(format=1, edit_tags=lambda tags: tags | page))
    )
    area.no("court of format 1", "format 1 with a time token", (4, "package.tsr"), old, made(court(format=1, stamp=lambda _text: b"x")))
    area.no(
        "court of format 1",
        "format 1 with sample proofs",
        (4, "data/samples.json"),
        old,
        made(court(format=1, edit_files=lambda files: files | {"data/samples.json": b"{}"})),
    )
    area.no("court", "format 2 without verify.html", (4, "verify.html"), new, made(court(edit_tags=_without("verify.html"))))


def _without(path: str) -> Callable[[Any], Any]:
    return lambda files: {name: data for name, data in files.items() if name != path}


def _profiles(area: Packages) -> None:
    """The payload of each profile."""
    wrong = "the profile {} does not hold this file, or lacks it"
    more: dict[str, Any] = {"edit_files": lambda files: files | {"data/more.txt": b"x"}}
    for name, plan in {"court": court, "public": public}.items():
        area.no(name, f"{name} with a file too many", (5, "data/more.txt"), wrong.format(name), made(plan(**more)))
        area.no(
            name, f"{name} without trail.csv", (5, "data/trail.csv"), wrong.format(name), made(plan(edit_files=_without("data/trail.csv")))
        )
    area.no(
        "court",
        "court without its certificate",
        (5, "data/certificate.html"),
        wrong.format("court"),
        made(court(edit_files=_without("data/certificate.html"))),
    )
    area.no(
        "public",
        "public without its redaction log",
        (5, "data/redaction-log.csv"),
        wrong.format("public"),
        made(public(edit_files=_without("data/redaction-log.csv"))),
    )
    area.no(
        "court",
        "court that says it is public",
        (5, "data/certificate.html"),
        wrong.format("public"),
        made(court(edit_manifest=_set(profile="public"))),
    )
    area.no(
        "public",
        "public that says it is court",
        (5, "data/certificate.html"),
        wrong.format("court"),
        made(public(edit_manifest=_set(profile="court"))),
    )
    second: dict[str, Any] = {"edit_files": lambda files: files | {"data/footage/b": b"x"}}
    area.no(
        "court",
        "footage that is not listed",
        (5, "data/footage/b"),
        "the manifest does not list this file, or lists it and it is not there",
        made(court(**second)),
    )
    kinds = "the file is of another item or kind than the package"
    area.no("public", "public with an original", (5, FOOTAGE), kinds, made(public(edit_manifest=_file(of="original"))))
    area.no(
        "court",
        "without its footage folder",
        (5, FOOTAGE),
        "the manifest does not list this file, or lists it and it is not there",
        made(court(edit_files=_without(FOOTAGE))),
    )
