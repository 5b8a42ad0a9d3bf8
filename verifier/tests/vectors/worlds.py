"""The packages that cases are made from, and how a case is made out of one: bent before it is signed, or after."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rfc8785
from verifier.tests.vectors import film
from verifier.tests.vectors.stamps import CLOCK
from verifier.tests.vectors.store import Area, Json, against, plain
from verifier.tests.writer import Log, Plan, digest, key, make, rebag, same, sha, witness

BASES = "bases.json"
FOOTAGE = "data/footage/AX 0001 é.mp4"
MANIFEST, TRAIL, PROOF, HIDDEN = "data/manifest.json", "data/trail.json", "package.tlog-proof", "data/hidden.json"
Files = dict[str, Json]
LOG_KEY = f"log {key(1).vkey}\n"


def fold(*edits: Callable[[Json], Json]) -> Callable[[Json], Json]:
    """One edit after another."""

    def edit(value: Json) -> Json:
        for one in edits:
            value = one(value)
        return value

    return edit


def court(**bent: Any) -> Plan:
    return Plan(**({"others": 0, "footage": b"not really footage"} | bent))


def public(**bent: Any) -> Plan:
    return court(**({"profile": "public"} | bent))


def witnessed(**bent: Any) -> Plan:
    return court(**({"witnesses": (witness(1), witness(2), witness(3))} | bent))


def derived(profile: str, **bent: Any) -> Plan:
    """A package with sample proofs: of a clip (court), or of a redacted copy of which some samples are copied (public)."""
    film_ = film.clip() if profile == "court" else film.copy()
    world = _Derived(clip=profile == "court", film=film_, document=bent.pop("document", film_.document))
    own: dict[str, Callable[[Json], Json]] = {"edit_events": world.events, "edit_parent": world.parents, "edit_files": world.files}
    if world.clip:
        own |= {"edit_log": world.keep, "edit_trail": world.trail, "edit_manifest": world.manifest, "edit_extra": world.extra}
    edits = {name: fold(edit, bent.pop(name, same)) for name, edit in own.items()}
    return Plan(**({"profile": "public", "others": 0, "footage": film_.footage} | bent | edits))


def must(**values: Json) -> dict[str, Json]:
    """What a copy must hide: a box that grows, and half a second of sound."""
    whole: dict[str, Json] = {
        "duration_ms": 1000,
        "format": "vestige-hidden/1",
        "frames": 20,
        "masks": [{"from_ms": 200, "to_ms": 400, "track": [[200, 16, 16, 32, 32], [300, 16, 16, 48, 32]]}],
        "mutes": [[300, 800]],
        "picture": {"height": 96, "rotation": 0, "width": 160},
    }
    return whole | values


_LOG_OF_MUST = (
    "line,from_ms,to_ms,ground,silences,share_percent\r\n"
    "hidden,200,400,privacy,,10.00\r\n"
    "hidden,300,800,privacy,1,\r\n"
    "total,,,All,1,2.00\r\n"
)


def hiding(document: Json = None, **lies: Json) -> Plan:
    """A redacted copy with `data/hidden.json` (bytes, or a value). `named` and `approved` are digests that events name instead."""
    data = document if isinstance(document, bytes) else rfc8785.dumps(must() if document is None else document)
    named = lies.get("named", [digest("hidden", sha(data))])

    def more(of: str, digests: Json) -> Callable[[Json], Json]:
        return lambda events: [
            (kind, values | {"digests": [*values["digests"], *digests]} if kind == of else values) for kind, values in events
        ]

    held = {HIDDEN: data} if lies.get("held", True) else {}
    return public(
        edit_parent=more("redaction:approved", lies.get("approved", named)),
        edit_events=more("redaction:rendered", named),
        edit_files=lambda files: files | held | {"data/redaction-log.csv": _LOG_OF_MUST.encode()},
    )


ENCRYPTED, KEY_OBJECT = "data/footage/AX 0001 encrypted.mp4", "data/footage/AX 0001.key"
ENCRYPTED_BYTES, KEY_BYTES = b"what nobody can read", b'{"PublicKeyId": "camera-1"}'


def opened(**bent: Any) -> Plan:
    """A package of what a camera encrypted: the opened copy, the original, the key object."""
    world = _Opened()
    own: dict[str, Callable[[Json], Json]] = {
        "edit_events": world.events,
        "edit_parent": world.parents,
        "edit_log": world.keep,
        "edit_files": world.files,
        "edit_trail": world.trail,
        "edit_manifest": world.manifest,
        "edit_extra": world.extra,
    }
    return public(**(bent | {name: fold(edit, bent.get(name, same)) for name, edit in own.items()}))


def succeeded(statements: Json) -> Plan:
    """A package of a log whose key was replaced, by these statements."""
    return court(edit_manifest=lambda manifest: manifest | {"log": manifest["log"] | {"succession": statements}})


@dataclass
class _Kept:
    """Opens all fields of a package of profile `public`, as in court."""

    log: Log | None = None

    def keep(self, log: Log) -> Log:
        self.log = log
        return log

    def trail(self, trail: Json) -> Json:
        """Opens all fields, as in court."""
        for one in trail["trails"]:
            for entry in one["entries"]:
                entry["openings"] = self._openings(entry["entry"])
        return trail

    def extra(self, extra: Json) -> Json:
        return extra | {"openings": self._openings(extra["entry"])}

    def _openings(self, entry: str) -> Json:
        assert self.log is not None
        return next(one.openings for one in self.log.records if one.data.decode() == entry)


@dataclass(kw_only=True)
class _Derived(_Kept):
    """What is bent in the writer's package of a redacted copy to make it one with sample proofs, or one of a clip."""

    clip: bool
    film: film.Made
    document: bytes

    def events(self, before: Json) -> Json:
        (_, values), *_ = before
        named = [digest("samples", sha(self.document)), *values["digests"]]
        if self.clip:
            named = [digest("clipped", one["value"]) if one["of"] == "rendered" else one for one in named if one["of"] != "plan"]
        return [("item:clipped" if self.clip else "redaction:rendered", values | {"digests": named})]

    def parents(self, before: Json) -> Json:
        received, (kind, values), *rest = before
        digests = [digest("media_index", self.film.root) if one["of"] == "media_index" else one for one in values["digests"]]
        return [received, (kind, values | {"digests": digests}), *([] if self.clip else rest)]

    def files(self, before: dict[str, bytes]) -> dict[str, bytes]:
        pages = {path: data for path, data in before.items() if "redaction-log" not in path} | {"data/certificate.html": b"for people\n"}
        return (pages if self.clip else before) | {"data/samples.json": self.document}

    def manifest(self, manifest: Json) -> Json:
        return manifest | {"profile": "court", "withheld": [], "files": [manifest["files"][0] | {"of": "clipped"}]}


class _Opened(_Kept):
    """What is bent in the writer's package of a redacted copy to make it one of a copy that was opened."""

    def events(self, before: Json) -> Json:
        (_, values), *_ = before
        words = {"rendered": ("opened", None), "original": ("original", sha(ENCRYPTED_BYTES)), "plan": ("key", sha(KEY_BYTES))}
        named = [(one, *words.get(one["of"], (one["of"], None))) for one in values["digests"]]
        return [("item:opened", values | {"digests": [digest(of, value or one["value"]) for one, of, value in named]})]

    def parents(self, before: Json) -> Json:
        original = [digest("original", sha(ENCRYPTED_BYTES))]
        return [(before[0][0], {"digests": original}), ("item:quarantined", {"digests": original})]

    def files(self, before: dict[str, bytes]) -> dict[str, bytes]:
        pages = {path: data for path, data in before.items() if "redaction-log" not in path}
        return pages | {"data/certificate.html": b"for people\n", ENCRYPTED: ENCRYPTED_BYTES, KEY_OBJECT: KEY_BYTES}

    def manifest(self, manifest: Json) -> Json:
        assert self.log is not None
        received = next(one for one in self.log.records if b'"item:received"' in one.data)
        beside = [
            ("original", ENCRYPTED, ENCRYPTED_BYTES, received.openings["item"]["value"]),
            ("key", KEY_OBJECT, KEY_BYTES, "00000000-0000-4000-8000-00000000000a"),
        ]
        files = [{"path": path, "item": item, "sha256": sha(data).hex(), "size": len(data), "of": of} for of, path, data, item in beside]
        return manifest | {"profile": "court", "withheld": [], "files": [manifest["files"][0] | {"of": "opened"}, *files]}


def indexed(folder: Path) -> Files:
    """The files of a folder by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def made(plan: Plan, spoil: Callable[[Path], object] = lambda _folder: None) -> Files:
    """The files of a package by plan; `spoil` may change its folder when all is done."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "package", plan)
        spoil(Path(folder) / "package")
        return indexed(Path(folder) / "package")


class Packages(Area):
    """An area of packages, each against the base that it is made from."""

    def __init__(self, about: str, bases: dict[str, Files]) -> None:
        super().__init__(about, {"bases": BASES})
        self._made = bases

    def changes(self, base: str, files: Files) -> Files:
        before = self._made[base]
        gone: Files = dict.fromkeys(sorted(before.keys() - files.keys()))
        return gone | {path: change(before.get(path, b""), data) for path, data in files.items() if before.get(path) != data}

    def ok(self, base: str, name: str, files: Files, **more: Json) -> None:
        self.good(name, base=base, **({"files": changed} if (changed := self.changes(base, files)) else {}), **more)

    def no(self, base: str, name: str, at: tuple[int, str], reason: str, files: Files, **more: Json) -> None:
        self.bad(name, reason, at=at, base=base, files=self.changes(base, files), **more)


def change(before: bytes, data: Json) -> Json:
    return against(before, data) if isinstance(data, bytes) else data


def bases(statements: list[str], more: dict[str, Files]) -> tuple[bytes, dict[str, Files]]:
    """The text of `bases.json`, and the packages that are in it; `statements` lead to the log's key, `more` are made elsewhere."""
    plans = {
        "court": court(),
        "public": public(),
        "court of format 1": court(format=1),
        "public of format 1": public(format=1),
        "witnessed": witnessed(),
        "stamped": court(stamp=CLOCK.stamp),
        "clip": derived("court"),
        "copy with sample proofs": derived("public"),
        "copy that says what it hides": hiding(),
        "opened copy": opened(),
        "the log's key was replaced twice": succeeded(statements),
    }
    found = {name: made(plan) for name, plan in plans.items()} | more
    rows = {name: {"trust": LOG_KEY, "files": {path: plain(data) for path, data in files.items()}} for name, files in found.items()}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(row, ensure_ascii=False)}" for name, row in rows.items())
    return f"{{\n{lines}\n}}\n".encode(), found


def seal(files: Files) -> Files:
    """The bag's manifests made again over changed files; the log does not vouch for that."""
    with tempfile.TemporaryDirectory() as folder:
        for path, data in files.items():
            target = Path(folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        rebag(Path(folder))
        return indexed(Path(folder))
