"""Packages: what ties the trail to the file (package format, step 7) and what is withheld (8)."""

from collections.abc import Callable
from typing import Any

from verifier.tests.vectors import film
from verifier.tests.vectors.bags import ABOUT
from verifier.tests.vectors.manifests import NOBODY
from verifier.tests.vectors.store import Json
from verifier.tests.vectors.trails import in_first, moved
from verifier.tests.vectors.worlds import (
    ENCRYPTED,
    FOOTAGE,
    KEY_OBJECT,
    MANIFEST,
    PROOF,
    TRAIL,
    Files,
    Packages,
    court,
    derived,
    made,
    opened,
    public,
)
from verifier.tests.writer import digest, sha

OTHER = sha(b"other")


def profiles(bases: dict[str, Files]) -> Packages:
    area = Packages(ABOUT, bases)
    _court(area)
    _public(area)
    _clip(area)
    _opened(area)
    _withheld(area)
    return area


def named(number: int, *digests: Json, **more: Json) -> Callable[[Json], Json]:
    """Other digests in an event."""
    return lambda events: [
        *events[:number],
        (events[number][0], events[number][1] | {"digests": list(digests)} | more),
        *events[number + 1 :],
    ]


def outcome(number: int, outcome: Json) -> Callable[[Json], Json]:
    return lambda events: [*events[:number], (events[number][0], events[number][1] | {"outcome": outcome}), *events[number + 1 :]]


def _court(area: Packages) -> None:
    def bad(name: str, reason: str, **bent: Any) -> None:
        area.no("court", name, (7, TRAIL), reason, made(court(**bent)))

    area.ok("court", "a quarantined item", made(court(edit_events=lambda events: [events[0], ("item:quarantined", events[1][1])])))
    mine = "the file is not the one that was accessioned"
    bad("another file was accessioned", mine, edit_events=named(1, digest("original", OTHER)))
    bad("another file was received", mine, edit_events=named(0, digest("original", OTHER)))
    bad(
        "two files were accessioned",
        mine,
        edit_events=lambda events: named(1, *events[1][1]["digests"], digest("original", OTHER))(events),
    )
    bad("an accession that names no file", "neither accession nor quarantine names the digest of the original", edit_events=named(1))
    neither = "the trail tells neither of an accession nor of a quarantine"
    bad("a trail without an accession", neither, edit_events=lambda events: events[:1])
    bad("an accession that was refused", neither, edit_events=outcome(1, {"refused": "no"}))
    bad("an accession that failed", neither, edit_events=outcome(1, {"failed": "the disk is full"}))
    bad("a trail that begins with the accession", "the trail does not begin with item:received", edit_events=lambda events: events[1:])
    bad("a receipt that failed", "the trail does not begin with item:received", edit_events=outcome(0, {"failed": "x"}))
    bad("two trails", "a package for court has exactly one trail", edit_log=_second, edit_trail=_with_second)


_LOGS: list[Any] = []


def _second(log: Any) -> Any:
    log.add("item:received", item=film.item_of_original())
    _LOGS[:] = [log]
    return log


def _with_second(trail: Json) -> Json:
    log = _LOGS.pop()
    record = log.records[-1]
    row = {"item": film.item_of_original(), "entries": [log.proven(record, len(log.records), list(record.openings))]}
    return trail | {"trails": [*trail["trails"], row]}


def redigest(of: str, value: bytes = OTHER) -> Callable[[Json], Json]:
    return lambda events: named(0, *[digest(of, value) if one["of"] == of else one for one in events[0][1]["digests"]])(events)


def _public(area: Packages) -> None:
    def bad(name: str, reason: str, **bent: Any) -> None:
        area.no("public", name, (7, TRAIL), reason, made(public(**bent)))

    head = "the original's trail does not end where the copy was made from it"
    told, approved = (
        "the original's trail does not tell of the plan",
        "the plan that the copy was rendered from was not approved after it was drawn",
    )
    bad("another copy was rendered", "the file is not the redacted copy that was rendered", edit_events=redigest("rendered"))
    bad(
        "made from another original",
        "the copy was made from another original than the one whose trail is here",
        edit_events=redigest("original"),
    )
    bad("another plan", told, edit_events=redigest("plan"))
    bad("another end of the original's trail", head, edit_events=redigest("parent_head"))
    bad("a copy that was logged before the original's last event", head, edit_log=moved(11, 8))
    bad("an event of the original's more than was there", head, edit_trail=_cut)
    bad(
        "each digest named twice",
        "the event redaction:rendered does not name exactly one digest of `rendered`",
        edit_events=lambda events: named(0, *events[0][1]["digests"] * 2)(events),
    )
    for of in ("rendered", "original", "plan", "parent_head"):
        bad(
            f"no digest of {of}",
            f"the event redaction:rendered does not name exactly one digest of `{of}`",
            edit_events=lambda events, of=of: named(0, *[one for one in events[0][1]["digests"] if one["of"] != of])(events),
        )
    bad(
        "a copy that failed",
        "the trail does not begin with redaction:rendered",
        edit_trail=lambda trail: trail,
        edit_events=lambda events: [("item:received", events[0][1])],
    )
    bad("the original's receipt is missing", "the trail does not begin with item:received", edit_parent=lambda events: events[1:])
    bad("a receipt that names no file", "the event item:received does not name exactly one digest of `original`", edit_parent=named(0))
    bad("the plan was never drawn", told, edit_parent=lambda events: [*events[:2], *events[3:]])
    bad("the plan was never approved", approved, edit_parent=lambda events: events[:4])
    bad("approved before it was drawn", approved, edit_parent=lambda events: [*events[:2], events[4], events[2], events[3]])
    bad("another plan was approved", approved, edit_parent=named(4, digest("plan", OTHER)))
    area.ok("public", "drawn twice and approved twice", made(public(edit_parent=lambda events: [*events, *events[2:]])))
    area.ok("public", "approved, and drawn again", made(public(edit_parent=lambda events: [*events, events[2]])))
    area.no(
        "public",
        "without the original's trail",
        (7, TRAIL),
        "a package for the public has exactly two trails: the copy's and the original's",
        made(public(edit_trail=lambda trail: trail | {"trails": trail["trails"][:1]})),
    )


def _cut(trail: Json) -> Json:
    trail["trails"][1]["entries"].pop()
    return trail


def _clip(area: Packages) -> None:
    def bad(name: str, reason: str, **bent: Any) -> None:
        area.no("clip", name, (7, TRAIL), reason, made(derived("court", **bent)))

    bad("another clip was cut", "the file is not the clip that was cut", edit_events=redigest("clipped"))
    bad(
        "a clip of another original",
        "the copy was made from another original than the one whose trail is here",
        edit_events=redigest("original"),
    )
    bad(
        "a clip from another end of the trail",
        "the original's trail does not end where the copy was made from it",
        edit_events=redigest("parent_head"),
    )
    bad(
        "a clip without the original's trail",
        "a package of a clip has exactly two trails: the clip's and the original's",
        edit_trail=lambda trail: trail | {"trails": trail["trails"][:1]},
    )
    bad(
        "a clip that was rendered",
        "the trail does not begin with item:clipped",
        edit_events=lambda events: [("redaction:rendered", events[0][1])],
    )
    of = lambda kind: lambda manifest: manifest | {"files": [manifest["files"][0] | {"of": kind}]}  # noqa: E731
    bad("a clip that passes for the original", "a package for court has exactly one trail", edit_manifest=of("original"))
    more = {
        "edit_files": lambda files: files | {"data/footage/b": b"x"},
        "edit_manifest": lambda manifest: (
            manifest
            | {"files": [*manifest["files"], manifest["files"][0] | {"path": "data/footage/b", "sha256": sha(b"x").hex(), "size": 1}]}
        ),
    }
    area.no(
        "clip",
        "two files of a clip",
        (5, MANIFEST),
        "a package with sample proofs has exactly one file of footage",
        made(derived("court", **more)),
    )


def _opened(area: Packages) -> None:
    def bad(name: str, reason: str, *, at: tuple[int, str] = (7, TRAIL), **bent: Any) -> None:
        area.no("opened copy", name, at, reason, made(opened(**bent)))

    for of, path, other in (
        ("opened", FOOTAGE, "another copy was opened"),
        ("original", ENCRYPTED, "opened from another original"),
        ("key", KEY_OBJECT, "opened with another key object"),
    ):
        reason = f"the file is not the one that the opening names as `{of}`"
        bad(other, reason, at=(7, path), edit_events=redigest(of))
        none = lambda events, of=of: named(0, *[one for one in events[0][1]["digests"] if one["of"] != of])(events)  # noqa: E731
        bad(
            f"an opening that names no {of}",
            f"the event item:opened does not name exactly one digest of `{of}`",
            edit_events=none,
        )
    bad(
        "an opening at another end of the trail",
        "the original's trail does not end where the copy was made from it",
        edit_events=redigest("parent_head"),
    )
    bad(
        "the trail of another original",
        "the copy was made from another original than the one whose trail is here",
        edit_parent=named(0, digest("original", OTHER)),
    )
    bad("an opening that failed", "the trail does not begin with item:opened", edit_events=outcome(0, {"failed": "no"}))
    bad(
        "a clip that passes for an opened copy",
        "the trail does not begin with item:opened",
        edit_events=lambda es: [("item:clipped", es[0][1])],
    )
    bad(
        "an opened copy without the original's trail",
        "a package of an opened copy has exactly two trails: the copy's and the original's",
        edit_trail=lambda trail: trail | {"trails": trail["trails"][:1]},
    )
    bad(
        "the encrypted original of another item",
        "the encrypted original is another item than the one whose trail is here",
        at=(7, ENCRYPTED),
        edit_manifest=_files(lambda files: [files[0], files[1] | {"item": NOBODY}, files[2]]),
    )
    _opened_files(bad)


def _files(edit: Callable[[list[Json]], list[Json]]) -> Callable[[Json], Json]:
    return lambda manifest: manifest | {"files": edit(manifest["files"])}


def _without(*paths: str) -> dict[str, Any]:
    return {
        "edit_files": lambda files: {path: data for path, data in files.items() if path not in paths},
        "edit_manifest": _files(lambda files: [file for file in files if file["path"] not in paths]),
    }


def _opened_files(bad: Callable[..., None]) -> None:
    """What the manifest must list (step 5)."""
    reason = "a package of an opened copy holds the copy, the encrypted original and the key object, in this order"
    bad("an opened copy without the original", reason, at=(5, MANIFEST), **_without(ENCRYPTED))
    bad("an opened copy without its key object", reason, at=(5, MANIFEST), **_without(KEY_OBJECT))
    bad("an opened copy alone", reason, at=(5, MANIFEST), **_without(ENCRYPTED, KEY_OBJECT))
    bad("the original before the opened copy", reason, at=(5, MANIFEST), edit_manifest=_files(lambda files: [files[1], files[0], files[2]]))
    other = "the file is of another item or kind than the package"
    bad("an original and its key object, and no copy", other, at=(5, ENCRYPTED), **_without(FOOTAGE))
    bad(
        "an opened copy of another item",
        other,
        at=(5, FOOTAGE),
        edit_manifest=_files(lambda files: [files[0] | {"item": NOBODY}, *files[1:]]),
    )
    bad(
        "the original and the key object of one item",
        other,
        at=(5, ENCRYPTED),
        edit_manifest=_files(lambda files: [files[0], files[1], files[2] | {"item": files[1]["item"]}]),
    )
    bad(
        "the key object passes for the package's item",
        other,
        at=(5, FOOTAGE),
        edit_manifest=_files(lambda files: [*files[:2], files[2] | {"item": files[0]["item"]}]),
    )


def _withheld(area: Packages) -> None:
    lacks = in_first(
        lambda rows: [rows[0] | {"openings": {name: pair for name, pair in rows[0]["openings"].items() if name != "actor"}}, *rows[1:]]
    )
    area.no(
        "court",
        "court withholds an actor",
        (8, TRAIL),
        "a package of the profile court withholds `actor` of the event at 1",
        made(court(edit_trail=lacks)),
    )
    less = lambda extra: extra | {"openings": {name: pair for name, pair in extra["openings"].items() if name != "actor"}}  # noqa: E731
    area.no(
        "court",
        "court withholds an actor of its own entry",
        (8, PROOF),
        "a package for court withholds fields of its own entry",
        made(court(edit_extra=less)),
    )
    said = "what the manifest says is withheld is not what is withheld"
    area.no(
        "court",
        "court says that it withholds",
        (8, MANIFEST),
        said,
        made(court(edit_manifest=lambda manifest: manifest | {"withheld": ["who acted"]})),
    )
    area.no(
        "public",
        "public says that it withholds nothing",
        (8, MANIFEST),
        said,
        made(public(edit_manifest=lambda manifest: manifest | {"withheld": []})),
    )

    def keep(log: Any) -> Any:
        _LOGS[:] = [log]
        return log

    def open_(trail: Json) -> Json:
        log = _LOGS.pop()
        entry = trail["trails"][0]["entries"][0]
        entry["openings"] = entry["openings"] | {"actor": log.records[entry["index"]].openings["actor"]}
        return trail

    area.no(
        "public",
        "public opens an actor",
        (8, TRAIL),
        "a package of the profile public opens `actor` of the event at 11",
        made(public(edit_log=keep, edit_trail=open_)),
    )
