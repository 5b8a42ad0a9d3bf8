"""Packages: the trust anchor (package format, step 1), `package.tlog-proof` (2) and its cosignatures (9)."""

from collections.abc import Callable

from verifier.tests.vectors.bags import ABOUT
from verifier.tests.vectors.store import Json
from verifier.tests.vectors.worlds import LOG_KEY, MANIFEST, PROOF, Files, Packages, court, made
from verifier.tests.writer import b64, key, witness


def proof(bases: dict[str, Files]) -> Packages:
    """The proof file and the key."""
    area = Packages(ABOUT, bases)
    whole = bases["court"]
    text = whole[PROOF].decode()
    stranger = "the package is signed by another key than the one that you trust"
    area.good("two keys of logs, one of which signed", base="court", trust=f"log {key(2).vkey}\n{LOG_KEY}")
    area.good("no key from elsewhere: known only from the package", base="court", trust=None)
    area.bad("the key of another log", stranger, at=(1, PROOF), base="court", trust=f"log {key(2).vkey}\n")
    other = key(1)
    other.private = key(2).private
    area.bad("another key of the log's name", stranger, at=(1, PROOF), base="court", trust=f"log {other.vkey}\n")
    gone = {name: data for name, data in whole.items() if name != MANIFEST}
    area.no("court", "no key, and no manifest to bring one", (4, MANIFEST), "the file is missing", gone, trust=None)
    area.no("court", "no key, and a manifest that is none", (1, MANIFEST), "this is no JSON", whole | {MANIFEST: b"{"}, trust=None)
    version, lines = "this is no proof file of version 1", "the proof file's lines `extra` and `index` are malformed"
    edits: list[tuple[str, Callable[[str], str], str]] = [
        ("nothing", lambda _text: "", version),
        ("of version 2", lambda one: one.replace("@v1", "@v2"), version),
        ("carriage returns", lambda one: one.replace("\n", "\r\n"), version),
        ("no empty line", lambda one: one.replace("\n\n", "\n", 1), "this is no base64 in its one canonical form"),
        ("no index", lambda one: one.split("\n")[0] + "\n" + one.split("\n")[1] + "\n\n" + one.split("\n\n", 1)[1], version),
        ("extra in capitals", lambda one: one.replace("\nextra ", "\nExtra "), lines),
        ("extra is not there", lambda one: one.replace(one.split("\n")[1] + "\n", ""), lines),
        ("an index with a nought before", lambda one: one.replace("\nindex ", "\nindex 0"), lines),
        ("an index with a sign", lambda one: one.replace("\nindex ", "\nindex +"), lines),
        ("an index of many digits", lambda one: one.replace("\nindex ", "\nindex " + "9" * 30), lines),
        ("extra that is no base64", lambda one: one.replace("\nextra ", "\nextra *"), "this is no base64 in its one canonical form"),
        ("a hash that is no base64", lambda one: one.replace("\n\n", "\n***\n\n", 1), "this is no base64 in its one canonical form"),
        ("a hash of 3 bytes", lambda one: one.replace("\n\n", "\nAAAA\n\n", 1), "a hash of the proof is not 32 bytes long"),
        ("66 hashes", lambda one: one.replace("\n\n", f"\n{b64(bytes(32))}" * 66 + "\n\n", 1), "the proof is too long"),
        ("a hash too many", lambda one: one.replace("\n\n", f"\n{b64(bytes(32))}\n\n", 1), "the inclusion proof is too long"),
        ("a hash too few", _one_less, "the inclusion proof is too short"),
        ("another index", lambda one: one.replace("\nindex 5", "\nindex 4"), "the inclusion proof leads to another root"),
        ("an index beyond the log", lambda one: one.replace("\nindex 5", "\nindex 6"), "a tree of 6 entries has no entry 6"),
        ("an empty line too many", lambda one: one.replace("\n\n", "\n\n\n", 1), "the checkpoint is not three lines"),
        (
            "a checkpoint of another root",
            lambda one: one.replace(one.split("\n\n")[1].split("\n")[2], b64(bytes(32))),
            "the checkpoint's signature is not valid",
        ),
        ("a checkpoint of another size", lambda one: one.replace("\n6\n", "\n7\n"), "the checkpoint's signature is not valid"),
        ("a byte behind", lambda one: one + "x", "the checkpoint is not three lines"),
    ]
    for name, edit, reason in edits:
        area.no("court", name, (2, PROOF), reason, whole | {PROOF: edit(text).encode()})
    area.no(
        "court",
        "a sign beyond ASCII in it",
        (2, PROOF),
        "the proof is not plain text",
        whole | {PROOF: text.replace("extra", "éxtra").encode()},
    )
    _signed(area)
    return area


def _one_less(text: str) -> str:
    head, note = text.split("\n\n", 1)
    return head.rsplit("\n", 1)[0] + "\n\n" + note


def _signed(area: Packages) -> None:
    """Signed by the log, and wrong."""
    four = "an object must have exactly the keys consistency, entry, openings"
    for name, edit, reason in (
        ("an entry that is no text", lambda extra: extra | {"entry": None}, "`entry` is no text"),
        ("openings that are none", lambda extra: extra | {"openings": []}, "`openings` is no object"),
        ("a consistency proof that is none", lambda extra: extra | {"consistency": None}, "`proof` is no list"),
        ("a key too many in it", lambda extra: extra | {"more": 1}, four),
        ("a key too few in it", lambda extra: {key_: value for key_, value in extra.items() if key_ != "entry"}, four),
        (
            "another opening",
            lambda extra: extra | {"openings": extra["openings"] | {"digests": extra["openings"]["item"]}},
            "the opened `digests` is not what the log committed to",
        ),
        (
            "the item is not opened",
            lambda extra: extra | {"openings": {field: pair for field, pair in extra["openings"].items() if field != "item"}},
            "the fields item are not opened",
        ),
    ):
        area.no("court", f"extra: {name}", (2, PROOF), reason, made(court(edit_extra=edit)))
    area.no(
        "court",
        "extra: a space",
        (2, PROOF),
        "the JSON is not in its one canonical form",
        made(court(edit_extra_bytes=lambda data: data.replace(b":", b": ", 1))),
    )
    for name, kind in {"another event": "item:shown", "an event of a type that there is not": "package:vanished"}.items():
        reason = (
            "the proof is not for an event package:created" if kind == "item:shown" else "the entry's type 'package:vanished' is unknown"
        )
        area.no("court", name, (2, PROOF), reason, made(court(edit_package_type=lambda _kind, kind=kind: kind)))  # type: ignore[misc]
    failed = made(court(edit_package=lambda values: values | {"outcome": {"failed": "the disk is full"}}))
    area.no("court", "a package that was not made", (2, PROOF), "the proof is not for an event package:created", failed)
    more = made(court(edit_checkpoint=lambda note: key(1).sign(note.split("\n\n")[0] + "\nmore\n")))
    area.no("court", "a checkpoint with an extension", (2, PROOF), "the checkpoint is not three lines", more)
    log = key(1)
    renamed = made(court(edit_checkpoint=lambda note: log.sign(note.split("\n\n")[0].replace("vestige.log/", "example.com/") + "\n")))
    area.no("court", "a checkpoint of another origin", (2, PROOF), "the checkpoint's origin is not that of a Vestige log", renamed)


def witnesses(bases: dict[str, Files]) -> Packages:
    """Cosignatures and the reader's quorum (step 9)."""
    area = Packages(ABOUT, bases)
    seen = [witness(n) for n in (1, 2, 3)]
    names = [f"witness w{n} {one.vkey}\n" for n, one in enumerate(seen, 1)]
    stranger = f"witness w9 {witness(9).vkey}\n"
    area.good("all three are demanded", base="witnessed", trust=LOG_KEY + "".join(names))
    area.good("two of three are demanded", base="witnessed", trust=LOG_KEY + "".join(names) + "quorum 2\n")
    area.good("two of three are enough beside a stranger", base="witnessed", trust=LOG_KEY + names[0] + names[1] + stranger + "quorum 2\n")
    area.good("none is demanded", base="witnessed", trust=LOG_KEY + stranger + "quorum 0\n")
    demand = "of the witnesses that you trust must have cosigned the log, and"
    area.bad(
        "a stranger is demanded",
        f"4 {demand} 3 did; not there: w9",
        at=(9, PROOF),
        base="witnessed",
        trust=LOG_KEY + "".join(names) + stranger,
        needs="quorum",
    )
    area.bad(
        "witnesses of a log that nobody cosigned",
        f"3 {demand} 0 did; not there: w1, w2, w3",
        at=(9, PROOF),
        base="court",
        trust=LOG_KEY + "".join(names),
        needs="quorum",
    )
    named = {"witnesses": tuple(seen)}
    area.ok("witnessed", "one of the named witnesses cosigned", made(court(**named, cosigners=(seen[1],))))
    area.no(
        "witnessed",
        "one cosigned, two are demanded",
        (9, PROOF),
        f"2 {demand} 1 did; not there: w1, w3",
        made(court(**named, cosigners=(seen[1],))),
        trust=LOG_KEY + "".join(names) + "quorum 2\n",
        needs="quorum",
    )
    line = "the checkpoint bears a line by 'witness.example/9', whom nobody names"
    area.no("witnessed", "a line by somebody whom nobody names", (9, PROOF), line, made(court(**named, cosigners=(*seen, witness(9)))))
    area.no(
        "witnessed",
        "a line twice",
        (9, PROOF),
        "the checkpoint bears two lines of the witness witness.example/3",
        made(court(**named, cosigners=(*seen, seen[2]))),
    )
    area.no(
        "witnessed",
        "lines out of order",
        (9, PROOF),
        "the cosignatures are not in the order of their keys",
        made(court(**named, cosigners=(seen[1], seen[0]))),
    )
    elsewhere = made(court(**named, edit_checkpoint=lambda note: note + seen[0].cosign(note.replace("\n6\n", "\n5\n"), 9), cosigners=()))
    area.no("witnessed", "a cosignature of another checkpoint", (9, PROOF), "the cosignature of witness.example/1 is not valid", elsewhere)
    old = made(court(format=1, cosigners=(seen[0],)))
    area.no(
        "court of format 1",
        "a cosignature in format 1",
        (9, PROOF),
        "in a package of format 1 the checkpoint bears the log's signature only",
        old,
    )
    area.no(
        "witnessed",
        "a cosignature in the trail",
        (6, "data/trail.json"),
        "the checkpoint bears a line by 'witness.example/1'",
        made(court(**named, edit_trail=_cosigned)),
    )
    return area


def _cosigned(trail: Json) -> Json:
    return trail | {"checkpoint": trail["checkpoint"] + witness(1).cosign(trail["checkpoint"], 9)}
