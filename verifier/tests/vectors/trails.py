"""Packages: `data/trail.json` (package format, step 6), signed and bagged correctly."""

from collections.abc import Callable
from typing import Any

from verifier.tests.vectors.bags import ABOUT
from verifier.tests.vectors.manifests import NOBODY, SPELLINGS
from verifier.tests.vectors.plain import FORM, SHAPES
from verifier.tests.vectors.store import Json, plain, repeat
from verifier.tests.vectors.worlds import PROOF, TRAIL, Files, Packages, court, made, public
from verifier.tests.writer import FIELDS, FOUR, Log, b64, key, leaf, sha

CHAIN = "it does not follow the event before it: one is missing, changed or out of order"
END = "the trail does not end with the event before the package's: its end is missing or changed"
LOG = key(1)
Entries = Callable[[list[Json]], list[Json]]


def in_first(edit: Entries) -> Callable[[Json], Json]:
    """Changes the entries of the first trail."""

    def edited(trail: Json) -> Json:
        trail["trails"][0]["entries"] = edit(trail["trails"][0]["entries"])
        return trail

    return edited


def bend(number: int = 1, **changes: Json) -> Callable[[Json], Json]:
    """Changes keys of an entry of the first trail."""
    return in_first(lambda entries: [*entries[:number], entries[number] | changes, *entries[number + 1 :]])


def of(name: str, pair: Json) -> Callable[[Json], Json]:
    """Another opening in the first trail's second entry."""
    return in_first(lambda rows: [rows[0], rows[1] | {"openings": rows[1]["openings"] | {name: pair}}, *rows[2:]])


def replaced(before: str, after: str) -> Callable[[Json], Json]:
    return in_first(lambda rows: [rows[0], rows[1] | {"entry": rows[1]["entry"].replace(before, after)}, *rows[2:]])


def moved(record: int, to: int) -> Callable[[Log], Log]:
    """An entry stands elsewhere in the log than it was written."""

    def edit(log: Log) -> Log:
        log.records.insert(to, log.records.pop(record))
        for n, one in enumerate(log.records):
            one.index = n
        return log

    return edit


def trails(bases: dict[str, Files]) -> Packages:
    area = Packages(ABOUT, bases)

    def bad(name: str, reason: str, *, file: str = TRAIL, base: str = "court", **bent: Any) -> None:
        plan = public(**bent) if base == "public" else court(**bent)
        area.no(base, name, (6, file), reason, made(plan))

    _events(bad)
    _documents(bad)
    _checkpoints(bad)
    _ends(bad)
    _shapes(area, bad)
    _large(area)
    return area


def _events(bad: Callable[..., None]) -> None:
    """Events dropped, doubled, in another order, changed."""
    for n in range(3):
        reason = f"event {1 if n == 0 else n + 1} of the trail: {CHAIN}"
        bad(f"event {n + 1} is missing", reason, edit_trail=in_first(lambda rows, n=n: rows[:n] + rows[n + 1 :]))
    bad("the last event is missing", END, edit_trail=in_first(lambda rows: rows[:-1]))
    bad("two events swapped", f"event 2 of the trail: {CHAIN}", edit_trail=in_first(lambda rows: [rows[0], rows[2], rows[1], *rows[3:]]))
    bad("an event twice", f"event 2 of the trail: {CHAIN}", edit_trail=in_first(lambda rows: [rows[0], *rows]))
    bad("backwards", f"event 1 of the trail: {CHAIN}", edit_trail=in_first(lambda rows: rows[::-1]))
    bad(
        "an event of another type",
        "event 2 of the trail: the inclusion proof leads to another root",
        edit_trail=replaced("item:accessioned", "item:quarantined"),
    )
    bad(
        "an event of another time",
        "event 2 of the trail: the inclusion proof leads to another root",
        edit_trail=replaced('"time":179', '"time":178'),
    )
    bad("another index", "event 2 of the trail: the inclusion proof leads to another root", edit_trail=bend(index=3))
    bad(
        "an index beyond the log",
        "event 2 of the trail: a tree of 5 entries has no entry 9007199254740991",
        edit_trail=bend(index=2**53 - 1),
    )
    bad("no proof", "event 2 of the trail: the inclusion proof is too short", edit_trail=bend(proof=[]))
    bad("a proof too long", "event 2 of the trail: the proof is too long", edit_trail=bend(proof=[b64(bytes(32))] * 65))
    bad(
        "a hash of 31 bytes in a proof",
        "event 2 of the trail: a hash of the proof is not 32 bytes long",
        edit_trail=bend(proof=[b64(bytes(31))]),
    )
    bad("an event of the past", "event 2 of the trail: it stands in the log before the event that it follows", edit_log=moved(2, 1))
    stray = "event 3 of the trail: it belongs to another item"
    bad("an event of another item", stray, edit_log=_stray, edit_trail=_with_stray)
    bad("an entry that is no text", "event 2 of the trail: `entry` is no text", edit_trail=bend(entry=1))
    bad("an index that is no number", "event 2 of the trail: `index` is no whole number from 0", edit_trail=bend(index="2"))
    bad("openings that are none", "event 2 of the trail: `openings` is no object", edit_trail=bend(openings=None))
    bad("a proof that is none", "event 2 of the trail: `proof` is no list", edit_trail=bend(proof="x"))
    bad("a proof of numbers", "event 2 of the trail: `proof` is no text", edit_trail=bend(proof=[1]))
    bad(
        "an event with more",
        "event 2 of the trail: an object must have exactly the keys entry, index, openings, proof; wrong: 'more'",
        edit_trail=bend(more=1),
    )
    bad("an unknown field is opened", "event 2 of the trail: there is no field 'badge'", edit_trail=of("badge", None))
    for name in FIELDS:
        bad(
            f"another opening of {name}",
            f"event 2 of the trail: the opened `{name}` is not what the log committed to",
            edit_trail=of(name, {"salt": "00" * 16, "value": "x"}),
        )
    for name in FOUR:
        bad(
            f"{name} is not opened",
            f"event 2 of the trail: the fields {name} are not opened, as they must be in every package",
            edit_trail=in_first(
                lambda rows, name=name: [
                    rows[0],
                    rows[1] | {"openings": {field: pair for field, pair in rows[1]["openings"].items() if field != name}},
                    *rows[2:],
                ]
            ),
        )


_KEPT: list[Log] = []


def _stray(log: Log) -> Log:
    """An entry of another item that follows the first two events of the trail: the log commits to what no honest writer writes."""
    log.add("item:shown", item=NOBODY, previous=log.records[2].hash.hex())
    _KEPT[:] = [log]
    return log


def _with_stray(trail: Json) -> Json:
    log = _KEPT.pop()
    rows = trail["trails"][0]["entries"]
    trail["trails"][0]["entries"] = [*rows[:2], log.proven(log.records[-1], len(log.records), FIELDS)]
    return trail


def _documents(bad: Callable[..., None]) -> None:
    def edit(change: Callable[[Json], Json]) -> dict[str, Any]:
        return {"edit_trail": change}

    bad("a key too many", f'{FORM}: \',"format":"vestige-trail/1","trails":[\' is missing', **edit(lambda trail: trail | {"else": 1}))
    bad(
        "another format",
        f'{FORM}: \',"format":"vestige-trail/1","trails":[\' is missing',
        **edit(lambda trail: trail | {"format": "vestige-trail/2"}),
    )
    bad("no trails", f"{FORM}: '{{\"entries\":[' is missing", **edit(lambda trail: trail | {"trails": []}))
    bad(
        "a trail with more",
        f"{FORM}: '{{\"entries\":[' is missing",
        **edit(lambda trail: trail | {"trails": [trail["trails"][0] | {"also": 1}]}),
    )
    bad("a trail without events", "this is no JSON", **edit(lambda trail: trail | {"trails": [trail["trails"][0] | {"entries": []}]}))
    bad(
        "an event that is null",
        "event 1 of the trail: an object with the keys entry, index, openings, proof is missing",
        **edit(in_first(lambda _rows: [None])),
    )
    bad("a trail twice", "the same item has two trails", **edit(lambda trail: trail | {"trails": trail["trails"] * 2}))
    bad(
        "a trail of another item",
        f"the trail of item {NOBODY} holds the events of another item",
        **edit(lambda trail: trail | {"trails": [trail["trails"][0] | {"item": NOBODY}]}),
    )
    bad("a trail whose item is none", "`item` is no uuid", **edit(lambda trail: trail | {"trails": [trail["trails"][0] | {"item": "x"}]}))
    bad(
        "the original's trail first",
        "the first trail is not that of the package's item",
        base="public",
        **edit(lambda trail: trail | {"trails": trail["trails"][::-1]}),
    )
    for name, (spell, reason) in SPELLINGS.items():
        known = {"a space": "this is no JSON", "a byte order mark": FORM, "nothing": f"{FORM}: '{{\"checkpoint\":' is missing"}
        known |= {"a key twice": f'{FORM}: \',"format":"vestige-trail/1","trails":[\' is missing'}
        bad(f"spelt with {name}", known.get(name, reason), edit_trail_bytes=spell)
    bad(
        "a fraction for an index",
        "the JSON holds a number that is no integer: 1.0",
        edit_trail_bytes=lambda data: data.replace(b'"index":1', b'"index":1.0', 1),
    )
    bad("an entry with a lone surrogate", FORM, edit_trail_bytes=lambda data: data.replace(b'"entry":"', b'"entry":"\\ud800', 1))


def _checkpoints(bad: Callable[..., None]) -> None:
    """The checkpoint that the trail brings, and the way from it to the proof's."""
    bad("a checkpoint that is none", "the checkpoint is not three lines", edit_trail=lambda trail: trail | {"checkpoint": "nothing"})
    bad("a checkpoint that is null", "`checkpoint` is no text", edit_trail=lambda trail: trail | {"checkpoint": None})
    other = key(1)
    other.private = key(2).private
    bad("a checkpoint of another key of that name", "the checkpoint is signed by another key", signer=other)
    bad("a checkpoint of another log", "the checkpoint is signed by another key", signer=key(2))

    def fork(trail: Json) -> Json:
        body = trail["checkpoint"].split("\n\n")[0].split("\n")
        return trail | {"checkpoint": LOG.sign("\n".join([*body[:2], b64(sha(b"a tree of lies"))]) + "\n")}

    bad("a forked log", "the consistency proof leads to other roots: the log has forked or was rewritten", file=PROOF, edit_trail=fork)
    for name, change, reason in (
        ("no consistency proof", lambda _hashes: [], "the consistency proof is empty"),
        ("a hash too many in the consistency proof", lambda hashes: [*hashes, b64(bytes(32))], "the consistency proof is too long"),
        ("a hash too few in the consistency proof", lambda hashes: hashes[:-1], "the consistency proof is too short"),
    ):
        bad(name, reason, file=PROOF, edit_extra=lambda extra, change=change: extra | {"consistency": change(extra["consistency"])})

    def later(trail: Json) -> Json:
        origin, _, root = trail["checkpoint"].split("\n\n")[0].split("\n")
        return trail | {"checkpoint": LOG.sign(f"{origin}\n9\n{root}\n")}

    bad("a trail's checkpoint later than the proof's", "a log of 6 entries cannot follow one of 9", file=PROOF, edit_trail=later)

    def empty(trail: Json) -> Json:
        return trail | {"checkpoint": LOG.sign(f"{LOG.name}\n0\n{b64(sha(b''))}\n")}

    bad("a trail's checkpoint of the empty log", "consistency with an empty log proves nothing", file=PROOF, edit_trail=empty)

    def same(trail: Json) -> Json:
        return trail | {"checkpoint": LOG.sign(f"{LOG.name}\n6\n{b64(sha(b'a tree of lies'))}\n")}

    fork_ = "two checkpoints of the same size have different roots: the log has forked"
    bad("two trees of one size", fork_, file=PROOF, edit_trail=same, edit_extra=lambda extra: extra | {"consistency": []})
    bad("a proof between equal sizes", "two checkpoints of the same size need no consistency proof", file=PROOF, edit_trail=same)


def _ends(bad: Callable[..., None]) -> None:
    """Where the package's event ties in."""
    bad("the package follows another event", END, edit_package=lambda values: values | {"previous": "00" * 32})
    bad("the package follows none", END, edit_package=lambda values: values | {"previous": None})
    bad("an event after the one that the package follows", END, edit_package=lambda values: values | {"previous": values_before(values)})
    about = "the log's entry for the package is about another item"
    bad("the package is about another item", about, file=PROOF, edit_package=lambda values: values | {"item": NOBODY})
    bad("the package is about no item", about, file=PROOF, edit_package=lambda values: values | {"item": None})


def values_before(_values: Json) -> str:
    """A hash that is in no trail."""
    return leaf(b"an event that is not shown").hex()


def _shapes(area: Packages, bad: Callable[..., None]) -> None:
    """The log committed to a value that a field cannot have. (`commitments.json` has each of them by itself.)"""
    for number, (name, value, reason) in enumerate(SHAPES):
        if name in {"role", "outcome", "digests", "data", "purpose"}:
            bad(
                f"shape {number}: {name}",
                f"event 5 of the trail: {reason}",
                edit_events=lambda events, name=name, value=value: [*events, ("item:shown", {name: value})],
            )
    entry: list[tuple[str, bytes, bytes, str]] = [
        ("version 2", b'"v":1', b'"v":2', "the entry is not of version 1"),
        ("an id of version 4", b"-7", b"-4", "the entry's id is no uuid of version 7"),
        ("an unknown type", b"item:accessioned", b"item:vanished", "the entry's type 'item:vanished' is unknown"),
        ("a negative time", b'"time":1', b'"time":-1', "`time` is no whole number from 0"),
        ("a space", b'"v":1', b'"v": 1', FORM),
        ("a line feed behind", b'"v":1}', b'"v":1}\n', "there is more after the end of the JSON"),
    ]
    for name, before, after, reason in entry:
        edit = lambda data, before=before, after=after: data.replace(before, after, 1) if before != b"-7" else _reversion(data)  # noqa: E731 - a row's own edit
        bad(
            f"entry: {name}",
            f"event 2 of the trail: {reason}",
            edit_events=lambda events, edit=edit: [events[0], (events[1][0], events[1][1] | {"edit": edit}), *events[2:]],
        )
    for name, change in {
        "an accession with a note": lambda events: [
            events[0],
            (events[1][0], events[1][1] | {"data": {"note": "naïve \U0001f600"}}),
            *events[2:],
        ],
        "a refusal in the trail": lambda events: [*events, ("access:refused", {"outcome": {"refused": "not on duty"}})],
        "everything told of an event": lambda events: [
            *events,
            (
                "item:shown",
                {
                    "purpose": {"case": "24-7", "reason": "trial"},
                    "object": {"id": "1", "kind": "case"},
                    "address": "2001:db8::1",
                    "session": "00" * 8,
                },
            ),
        ],
    }.items():
        area.ok("court", name, made(court(edit_events=change)))
    area.ok("court", "others' events between", made(court(others=3)))
    area.ok("public", "others' events between, public", made(public(others=3)))
    area.ok("court", "a log that goes on", made(court(others=9)))


def _reversion(data: bytes) -> bytes:
    at = data.index(b'"id":"') + len(b'"id":"') + 14
    return data[:at] + b"4" + data[at + 1 :]


def _large(area: Packages) -> None:
    """Values without end; the bag's manifests and the log vouch for them."""
    for name, reason, head, filler, times in (
        ("a text without end", "the JSON holds a value that is too large, or that does not end", '{"checkpoint":"', "x", 17 << 20),
        ("deep nesting", "the JSON is nested too deeply", '{"checkpoint":', "[", 200_000),
    ):
        files = made(court(edit_trail_bytes=lambda _data, head=head, filler=filler, times=times: (head + filler * times).encode()))
        area.no("court", name, (6, TRAIL), reason, files | {TRAIL: [plain(head.encode()), repeat(filler, times)]})
