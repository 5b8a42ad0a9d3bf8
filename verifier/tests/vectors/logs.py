"""Published logs (custody format, section 4: C2SP tlog-tiles)."""

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import rfc8785
from verifier.tests import tiles
from verifier.tests.vectors.plain import FORM
from verifier.tests.vectors.store import Area, Json, against, plain, repeat
from verifier.tests.vectors.successions import LIES, OLD, OLDER, STATEMENTS, trusting
from verifier.tests.vectors.worlds import LOG_KEY, Files, indexed
from verifier.tests.writer import b64, key, leaf, root, sha, witness

CHECKPOINT, SINCE, SUCCESSION = "checkpoint", "the older checkpoint", "succession"
LOG = key(1)
FEW, MANY = 3, 258
BUNDLE, TILE = f"tile/entries/000.p/{FEW}", f"tile/0/000.p/{FEW}"


def entries(count: int) -> list[bytes]:
    """Entries with the same eleven commitments, so that a full bundle stays small; the id and the time differ."""
    first = tiles.entry(random.Random("an entry of the vectors"))
    old = first[first.index(b'"id":"') + 6 :][:8]
    return [
        first.replace(b'"id":"' + old, b'"id":"%08x' % n).replace(b"1790000000000", b"%d" % (1_790_000_000_000 + n)) for n in range(count)
    ]


def published(count: int, lines: list[tuple[int, int]] | None = None, logged: list[bytes] | None = None) -> Files:
    with tempfile.TemporaryDirectory() as folder:
        tiles.publish(Path(folder), LOG, logged or entries(count), [(witness(n), time) for n, time in lines or []])
        return indexed(Path(folder))


def checkpoint(count: int, logged: list[bytes] | None = None) -> str:
    return tiles.checkpoint(LOG, [leaf(data) for data in logged or entries(count)])


def logs() -> Area:
    bases = {
        "empty": published(0),
        "three": published(FEW),
        "258": published(MANY),
        "witnessed": published(FEW, [(1, 1_790_000_001), (2, 1_790_000_002)]),
        "replaced": published(FEW) | {SUCCESSION: rfc8785.dumps(STATEMENTS)},
    }
    rows = {name: {"trust": LOG_KEY, "files": {path: plain(data) for path, data in files.items()}} for name, files in bases.items()}
    area = Area(
        "Published logs: each case is its base with some files changed. `since` is a content, an older checkpoint that the log must continue. "
        "Steps: 1 signature, 2 entries, 3 tiles, 4 root, 5 older checkpoint, 6 witnesses.",
        {"bases": rows},
    )

    def changed(base: str, files: Files) -> Files:
        before = bases[base]
        gone: Files = dict.fromkeys(sorted(before.keys() - files.keys()))
        return gone | {path: _change(before.get(path, b""), data) for path, data in files.items() if before.get(path) != data}

    def bad(name: str, at: tuple[int, str], reason: str, files: Files, base: str = "three", **more: Json) -> None:
        area.bad(name, reason, at=at, base=base, files=changed(base, files), **more)

    for base in bases:
        area.good(f"the base: {base}", base=base)
    _signature(area, bad, bases["three"])
    _entries(bad, bases)
    _tiles(area, bad, bases)
    _older(area)
    _witnesses(area, bad)
    _replaced(area, bad, bases["three"])
    return area


def _change(before: bytes, data: Json) -> Json:
    return against(before, data) if isinstance(data, bytes) else data


Bad = Callable[..., None]


def _signature(area: Area, bad: Bad, whole: Files) -> None:
    stranger = "the log is signed by another key than the one that you trust"
    area.bad("another key", stranger, at=(1, "checkpoint"), base="three", trust=f"log {key(2).vkey}\n")
    note = whole["checkpoint"].decode()
    bad(
        "no checkpoint",
        (1, "checkpoint"),
        "the file is missing or cannot be read",
        {path: data for path, data in whole.items() if path != "checkpoint"},
    )
    bad("a checkpoint that is none", (1, "checkpoint"), "the checkpoint is not three lines", whole | {"checkpoint": b"nothing"})
    bad(
        "a checkpoint of another size",
        (1, "checkpoint"),
        "the checkpoint's signature is not valid",
        whole | {"checkpoint": note.replace("\n3\n", "\n2\n").encode()},
    )
    bad(
        "a checkpoint that is too large",
        (1, "checkpoint"),
        "the file is larger than 1048576 bytes",
        whole | {"checkpoint": repeat("x", (1 << 20) + 1)},
    )
    bad(
        "a checkpoint that is a link",
        (1, "checkpoint"),
        "the file is missing or cannot be read",
        whole | {"checkpoint": {"link": "other"}, "other": note.encode()},
        needs="links",
    )
    bad(
        "a checkpoint that is a pipe",
        (1, "checkpoint"),
        "only plain files are allowed",
        whole | {"checkpoint": {"pipe": True}},
        needs="links",
    )


def _entries(bad: Bad, bases: dict[str, Files]) -> None:
    whole, at = bases["three"], (2, BUNDLE)
    one = len(entries(1)[0]) + 2
    bundle = whole[BUNDLE]
    bad("no bundle", at, "the file is missing or cannot be read", {path: data for path, data in whole.items() if path != BUNDLE})
    bad("a bundle that is cut", at, "the bundle ends within entry 2", whole | {BUNDLE: bundle[:-1]})
    bad("a bundle that ends within a length", at, "the bundle ends within entry 2", whole | {BUNDLE: bundle[: 2 * one + 1]})
    bad("an entry too many", at, "there is more in the bundle than its entries", whole | {BUNDLE: bundle + bundle[:one]})
    bad("a byte behind", at, "there is more in the bundle than its entries", whole | {BUNDLE: bundle + b"x"})
    bad(
        "an entry of an unknown type",
        at,
        "entry 0: the entry's type 'item:vanish' is unknown",
        whole | {BUNDLE: _retyped(bundle, one, b"item:vanish")},
    )
    bad("an entry with a space", at, "entry 0: this is no JSON", whole | {BUNDLE: bundle[:2] + b" " + bundle[3:]})
    bad(
        "two entries swapped",
        (3, TILE),
        "the tile is not that of the entries",
        whole | {BUNDLE: bundle[one : 2 * one] + bundle[:one] + bundle[2 * one :]},
    )
    bad(
        "an entry of another type",
        (3, TILE),
        "the tile is not that of the entries",
        whole | {BUNDLE: bundle.replace(b"item:shown", b"trail:read", 1)},
    )
    bad("a bundle that is too large", at, "the file is larger than 16777472 bytes", whole | {BUNDLE: repeat("x", 256 * 65_537 + 1)})
    many = bases["258"]
    bad(
        "a full bundle with more",
        (2, "tile/entries/000"),
        "there is more in the bundle than its entries",
        many | {"tile/entries/000": many["tile/entries/000"] + b"x"},
        "258",
    )
    bad(
        "the second bundle is missing",
        (2, "tile/entries/001.p/2"),
        "the file is missing or cannot be read",
        {path: data for path, data in many.items() if path != "tile/entries/001.p/2"},
        "258",
    )


def _retyped(bundle: bytes, one: int, kind: bytes) -> bytes:
    entry = bundle[2:one].replace(b"item:shown", kind)
    return len(entry).to_bytes(2, "big") + entry + bundle[one:]


def _tiles(area: Area, bad: Bad, bases: dict[str, Files]) -> None:
    whole, many = bases["three"], bases["258"]
    wrong = "the tile is not that of the entries"
    bad("no tile", (3, TILE), "the file is missing or cannot be read", {path: data for path, data in whole.items() if path != TILE})
    bad("a tile of other hashes", (3, TILE), wrong, whole | {TILE: bytes(96)})
    bad("a tile that is cut", (3, TILE), wrong, whole | {TILE: whole[TILE][:-1]})
    bad("a tile with a hash too many", (3, TILE), wrong, whole | {TILE: whole[TILE] + bytes(32)})
    bad("a tile that is too large", (3, TILE), "the file is larger than 8192 bytes", whole | {TILE: repeat("x", 8193)})
    bad("a tile of the second level of another hash", (3, "tile/1/000.p/1"), wrong, many | {"tile/1/000.p/1": bytes(32)}, "258")
    lied = tiles.checkpoint(LOG, [leaf(bytes([n])) for n in range(FEW)])
    bad(
        "a checkpoint over other entries",
        (4, "checkpoint"),
        "the entries lead to another root than the checkpoint's",
        whole | {"checkpoint": lied.encode()},
    )
    earlier = {path: data for path, data in many.items() if not path.endswith(".p/2")} | {"checkpoint": checkpoint(200).encode()}
    area.good(
        "a checkpoint of 200, and the full bundle and tile that came since",
        base="258",
        files={path: against(many.get(path, b""), data) for path, data in earlier.items() if many.get(path) != data}
        | dict.fromkeys(sorted(many.keys() - earlier.keys())),
    )


def _older(area: Area) -> None:
    for count in (1, 2, 3):
        area.good(f"continues a checkpoint of {count}", base="three", since=checkpoint(count))
    area.good("continues a checkpoint of 256", base="258", since=checkpoint(256))

    def bad(name: str, reason: str, since: str) -> None:
        area.bad(name, reason, at=(5, SINCE), base="three", since=since)

    other = entries(3)[::-1]
    bad("another log of one size", "the log forked or was rewritten: its first 3 entries are not those", checkpoint(3, other))
    bad("another beginning", "the log forked or was rewritten: its first 2 entries are not those", checkpoint(2, other[:2]))
    bad("a larger log", "the log has 3 entries, and an older checkpoint has 4: it was cut or rolled back", checkpoint(4))
    bad(
        "the empty log",
        "the older checkpoint is of an empty log, from which nothing can be proven",
        LOG.sign(f"{LOG.name}\n0\n{b64(root([]))}\n"),
    )
    bad("of another log", "the checkpoint is of another log than the key", key(2).sign(f"{key(2).name}\n1\n{b64(sha(b''))}\n"))
    bad("an older checkpoint that is none", "the checkpoint is not three lines", "nothing")
    bad("a signature that is not valid", "the checkpoint's signature is not valid", checkpoint(2).replace("\n2\n", "\n1\n"))


def _witnesses(area: Area, bad: Bad) -> None:
    trust = LOG_KEY + "".join(f"witness w{n} {witness(n).vkey}\n" for n in (1, 2))
    area.good("both witnesses", base="witnessed", trust=trust)
    area.good("one witness, and a stranger who is passed over", base="witnessed", trust=LOG_KEY + f"witness w1 {witness(1).vkey}\n")
    demand = "of the witnesses that you trust must have cosigned the log, and"
    area.bad(
        "a witness who did not",
        f"3 {demand} 2 did; not there: w3",
        at=(6, "checkpoint"),
        base="witnessed",
        trust=f"{trust}witness w3 {witness(3).vkey}\n",
    )
    note = checkpoint(FEW)
    twice = note + witness(1).cosign(note, 5) * 2
    bad(
        "a line twice",
        (6, "checkpoint"),
        "the checkpoint bears two lines of the witness",
        published(FEW) | {"checkpoint": twice.encode()},
        "witnessed",
        trust=trust,
    )
    forged = note + witness(1).cosign(note.replace("\n3\n", "\n2\n"), 5)
    bad(
        "a cosignature of another checkpoint",
        (6, "checkpoint"),
        "the cosignature of witness.example/1 is not valid",
        published(FEW) | {"checkpoint": forged.encode()},
        "witnessed",
        trust=trust,
    )


def _replaced(area: Area, bad: Bad, whole: Files) -> None:
    """The log's key was replaced: `succession` beside the checkpoint."""
    for name, trust in {
        "oldest key": trusting(OLDER),
        "key before the last": trusting(OLD),
        "oldest and a stranger": trusting(OLDER, key(2)),
    }.items():
        area.good(f"trusting the {name}", base="replaced", trust=trust)
    text = f"{LOG.name}\n1\n{b64(root([leaf(entries(1)[0])]))}\n"
    area.good("continues a checkpoint that an older key signed", base="replaced", trust=trusting(OLDER), since=OLD.sign(text))
    area.bad(
        "an older checkpoint by a key that the log never had",
        "the checkpoint is signed by another key",
        at=(5, SINCE),
        base="replaced",
        trust=trusting(OLDER),
        since=key(2).sign(text).replace(key(2).name, LOG.name),
    )
    stranger = "the log is signed by another key than the one that you trust"
    area.bad("a stranger's key, and statements", stranger, at=(1, CHECKPOINT), base="replaced", trust=trusting(key(2)))

    def lied(name: str, reason: str, data: Json, at: str = SUCCESSION, **more: Json) -> None:
        bad(f"statements: {name}", (1, at), reason, whole | {SUCCESSION: data}, "replaced", trust=trusting(OLD), **more)

    bad("statements: none", (1, CHECKPOINT), stranger, whole, "replaced", trust=trusting(OLD))
    lied("an empty list", stranger, b"[]", CHECKPOINT)
    lied("no list", "`succession` is no list", b"{}")
    lied("a list of a number", "`succession` is no text", b"[1]")
    lied("no JSON", "this is no JSON", b"[")
    lied("spelt with a space", FORM, rfc8785.dumps(STATEMENTS).replace(b'","', b'", "'))
    lied("too large", "the file is larger than 1048576 bytes", repeat("x", (1 << 20) + 1))
    lied("a link", "the file is missing or cannot be read", {"link": "checkpoint"}, needs="links")
    for name, (statements, reason) in LIES.items():
        if name != "out of order":  # the last one is looked at first: it does not lead to the key that signed
            lied(name, reason, rfc8785.dumps(statements))
