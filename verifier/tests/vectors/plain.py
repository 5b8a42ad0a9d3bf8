"""Small formats: canonical JSON, commitments, entries, parameter sets."""

import hashlib

import rfc8785
from verifier.tests.vectors.store import Area, Json, plain, repeat
from verifier.tests.writer import FIELDS, FOUR, leaf, sha

FORM = "the JSON is not in its one canonical form"
SALT = bytes(range(16))


def canonical() -> Area:
    area = Area("Canonical JSON (custody format, Notation). `data` is a content; a program must read it whole, or refuse it.")
    good = {
        "null": "null",
        "true": "true",
        "an empty text": '""',
        "nought": "0",
        "a negative integer": "-1",
        "the largest integer": "9007199254740991",
        "the smallest integer": "-9007199254740991",
        "empty object and array": "[{},[]]",
        "keys in order": '{"":0,"A":1,"a":2,"aa":3,"é":4}',
        "keys in the order of UTF-16, not of code points": '{"\U0001f600":1,"\ufb00":2}',
        "all short escapes": '"\\b\\t\\n\\f\\r\\"\\\\/"',
        "a control character": '"\\u0000\\u001f\x7f"',
        "signs beyond the first plane": '"naïve \U0001f600 \u2028 \ufeff"',
        "nesting of 90": "[" * 90 + "]" * 90,
    }
    for name, text in good.items():
        area.good(name, data=text)
    bad = {
        "nothing": ("", "this is no JSON"),
        "half an object": ('{"a":', "this is no JSON"),
        "no word": ("nul", "this is no JSON"),
        "no comma": ("[1 2]", "this is no JSON"),
        "a comma too many": ("[1,]", "this is no JSON"),
        "a text that does not end": ('"a', "this is no JSON"),
        "a control character as it is": ('"a\nb"', "this is no JSON"),
        "a byte order mark": ("\ufeff{}", "this is no JSON"),
        "single quotes": ("'a'", "this is no JSON"),
        "more after the end": ("{}{}", "there is more after the end of the JSON"),
        "a line feed after the end": ("{}\n", "there is more after the end of the JSON"),
        "a space within": ('{"a": 1}', FORM),
        "a space before": (" 1", "this is no JSON"),
        "keys in another order": ('{"b":1,"a":2}', FORM),
        "a key twice": ('{"a":1,"a":1}', FORM),
        "a key twice with two values": ('{"a":1,"a":2}', FORM),
        "keys in the order of code points, not of UTF-16": ('{"\ufb00":2,"\U0001f600":1}', f"{FORM}: keys out of order, or one twice"),
        "a key twice beyond the first plane": ('{"\U0001f600":1,"\U0001f600":1}', f"{FORM}: keys out of order, or one twice"),
        "a needless escape beyond the first plane": ('["\\u0041","\U0001f600"]', FORM),
        "minus nought": ("-0", FORM),
        "a slash escaped": ('"\\/"', FORM),
        "a letter escaped": ('"\\u0061"', FORM),
        "a pair of surrogates escaped": ('"\\ud83d\\ude00"', FORM),
        "hex digits of an escape in capitals": ('"\\u001F"', FORM),
        "a long escape that has a short one": ('"\\u000a"', FORM),
        "a lone surrogate": ('"\\ud800"', FORM),
        "a fraction": ("1.0", "the JSON holds a number that is no integer: 1.0"),
        "a fraction in a list": ("[0.5]", "the JSON holds a number that is no integer: 0.5"),
        "an exponent": ("1e2", "the JSON holds a number that is no integer: 1e2"),
        "not a number": ("NaN", "the JSON holds a number that is no integer: NaN"),
        "infinity": ("-Infinity", "the JSON holds a number that is no integer: -Infinity"),
        "2^53": ("9007199254740992", "the JSON holds an integer beyond 2^53-1"),
        "-2^53": ("-9007199254740992", "the JSON holds an integer beyond 2^53-1"),
    }
    for name, (text, reason) in bad.items():
        area.bad(name, reason, data=text)
    area.bad("a huge integer", "the JSON holds an integer beyond 2^53-1", data=repeat("9", 100_000))
    area.bad("deep nesting", "the JSON is nested too deeply", data=[repeat("[", 200_000), repeat("]", 200_000)])
    for name, data in {
        "a byte that is no UTF-8": b'"\xff"',
        "an overlong form": b'"\xc0\xaf"',
        "a surrogate in UTF-8": b'"\xed\xa0\x80"',
    }.items():
        area.bad(name, "the JSON is not Unicode text in UTF-8", data=plain(data))
    area.bad("UTF-16", "the JSON is not Unicode text in UTF-8", data=plain('"a"'.encode("utf-16")))
    return area


def _committed(values: dict[str, Json]) -> tuple[dict[str, str], dict[str, Json]]:
    shown = {name: {"salt": SALT.hex(), "value": value} for name, value in values.items()}
    return {name: sha(SALT + rfc8785.dumps(value)).hex() for name, value in values.items()}, shown


HONEST: dict[str, Json] = {
    "actor": {"id": "7", "kind": "person", "name": "Noëlle Ortiz \U0001f600"},
    "role": ["officer", "redactor"],
    "item": "00000000-0000-4000-8000-000000000000",
    "previous": "ab" * 32,
    "object": {"id": "1", "kind": "device"},
    "purpose": {"case": None, "reason": "trial"},
    "address": "192.0.2.7",
    "session": "00" * 8,
    "outcome": "success",
    "digests": [{"algorithm": "sha256", "of": "original", "value": "cd" * 32}],
    "data": {"set": []},
}
SHAPES: list[tuple[str, Json, str]] = [
    ("actor", None, "an object with the keys id, kind, name is missing"),
    ("actor", {"id": "1", "kind": "robot", "name": "R"}, "`actor.kind` is none of: person, console, system, device"),
    ("actor", {"id": 1, "kind": "person", "name": "R"}, "`actor.id` is no text"),
    ("actor", {"id": "1", "kind": "person"}, "an object must have exactly the keys id, kind, name; wrong: 'name'"),
    (
        "actor",
        {"badge": "1", "id": "1", "kind": "person", "name": "R"},
        "an object must have exactly the keys id, kind, name; wrong: 'badge'",
    ),
    ("role", "console", "`role` is no list"),
    ("role", [1], "`role` is no text"),
    ("role", ["b", "a"], "`role` is not a sorted list of role names"),
    ("role", ["a", "a"], "`role` is not a sorted list of role names"),
    ("item", "00000000-0000-4000-8000-00000000000A", "`item` is no uuid"),
    ("item", "", "`item` is no uuid"),
    ("previous", "AB" * 32, "`previous` is no SHA-256 in hex"),
    ("object", "x", "an object with the keys id, kind is missing"),
    ("object", {"id": "1", "kind": 2}, "`object.kind` is no text"),
    ("purpose", {"reason": "x"}, "an object must have exactly the keys case, reason"),
    ("purpose", {"case": 1, "reason": "x"}, "`address, session or case` is no text"),
    ("address", 1, "`address, session or case` is no text"),
    ("session", [], "`address, session or case` is no text"),
    ("outcome", "failure", "`outcome` is neither success nor a refusal nor a failure"),
    ("outcome", None, "`outcome` is neither success nor a refusal nor a failure"),
    ("outcome", {}, "`outcome` is neither success nor a refusal nor a failure"),
    ("outcome", {"failed": "a", "refused": "b"}, "`outcome` is neither success nor a refusal nor a failure"),
    ("outcome", {"refused": 1}, "`outcome` is no text"),
    ("digests", {}, "`digests` is no list"),
    ("digests", [{"algorithm": "md5", "of": "original", "value": "00" * 32}], "`algorithm` is none of: sha256"),
    ("digests", [{"algorithm": "sha256", "of": 1, "value": "00" * 32}], "`of` is no text"),
    ("digests", [{"algorithm": "sha256", "of": "original", "value": "0" * 63}], "`digests` is no SHA-256 in hex"),
    ("data", None, "`data` is no object"),
    ("data", [], "`data` is no object"),
]


def commitments() -> Area:
    area = Area(
        "Commitments and openings (custody format, section 2): `openings` must have the shape of openings, match `commitments` and hold item, "
        "previous, role and digests."
    )
    said, shown = _committed(HONEST)
    area.good("all eleven fields", commitments=said, openings=shown)
    area.good("the four that must be open", commitments=said, openings={name: shown[name] for name in FOUR})
    for name in FIELDS:
        rest = {field: pair for field, pair in shown.items() if field != name}
        if name in FOUR:
            area.bad(f"{name} is not opened", f"the fields {name} are not opened", commitments=said, openings=rest)
        else:
            area.good(f"{name} is not opened", commitments=said, openings=rest)
        other = f"the opened `{name}` is not what the log committed to"
        area.bad(f"another {name}", other, commitments=said, openings=shown | {name: shown[name] | {"value": "forged"}})
        area.bad(f"another salt of {name}", other, commitments=said, openings=shown | {name: shown[name] | {"salt": "00" * 16}})
    for name in ("item", "previous", "object", "purpose", "address", "session"):
        told, opened = _committed(HONEST | {name: None})
        area.good(f"{name} is null", commitments=told, openings=opened)
    for word in ("refused", "failed"):
        told, opened = _committed(HONEST | {"outcome": {word: "the disk is full"}})
        area.good(f"an outcome that is {word}", commitments=told, openings=opened)
    for number, (name, value, reason) in enumerate(SHAPES):
        told, opened = _committed(HONEST | {name: value})
        area.bad(f"shape {number}: {name}", reason, commitments=told, openings=opened)
    area.bad("openings that are no object", "`openings` is no object", commitments=said, openings=[])
    area.bad("a field that there is not", "there is no field 'badge'", commitments=said, openings=shown | {"badge": shown["actor"]})
    area.bad(
        "an opening that is no pair", "an object with the keys salt, value is missing", commitments=said, openings=shown | {"data": None}
    )
    for name, salt in {"in capitals": "AB" * 16, "too short": "00" * 15, "no text": 0}.items():
        area.bad(
            f"a salt {name}", "a salt is not 16 bytes in hex", commitments=said, openings=shown | {"data": {"salt": salt, "value": {}}}
        )
    return area


def entries() -> Area:
    area = Area("Entries (custody format, sections 1 and 5): `entry` is a content, the bytes of an entry; `leaf` its leaf hash.")
    told = "".join(f'"{name}":"{hashlib.sha256(name.encode()).hexdigest()}",' for name in sorted(FIELDS))[:-1]
    form = f'{{"fields":{{{told}}},"id":"01a0b1c2-d3e4-7f00-8a11-223344556677","time":1790000000000,"type":"item:shown","v":1}}'
    for name, before, after in (
        ("an entry", "", ""),
        ("time 0", '"time":1790000000000', '"time":0'),
        ("the latest time", '"time":1790000000000', '"time":9007199254740991'),
        ("another type", "item:shown", "person:sign_in_failed"),
    ):
        text = form.replace(before, after) if before else form
        area.good(name, entry=text, leaf=leaf(text.encode()).hex())
    edits: list[tuple[str, str, str, str]] = [
        ("version 2", '"v":1', '"v":2', "the entry is not of version 1"),
        ("version true", '"v":1', '"v":true', "the entry is not of version 1"),
        ("an id of version 4", "-7f00-", "-4f00-", "the entry's id is no uuid of version 7"),
        ("an id of another variant", "-8a11-", "-ca11-", "the entry's id is no uuid of version 7"),
        ("an id in capitals", "01a0b1c2", "01A0B1C2", "the entry's id is no uuid of version 7"),
        ("an id that is a number", '"id":"01a0b1c2-d3e4-7f00-8a11-223344556677"', '"id":7', "the entry's id is no uuid of version 7"),
        ("an unknown type", "item:shown", "item:vanished", "the entry's type 'item:vanished' is unknown"),
        ("a type in capitals", "item:shown", "ITEM:SHOWN", "the entry's type 'ITEM:SHOWN' is unknown"),
        ("a type that is none", '"type":"item:shown"', '"type":null', "the entry's type 'None' is unknown"),
        ("a negative time", '"time":1790000000000', '"time":-1', "`time` is no whole number from 0"),
        ("a time in text", '"time":1790000000000', '"time":"1790000000000"', "`time` is no whole number from 0"),
        ("a time that is true", '"time":1790000000000', '"time":true', "`time` is no whole number from 0"),
        ("a key too many", '"v":1', '"v":1,"w":1', "an object must have exactly the keys fields, id, time, type, v; wrong: 'w'"),
        ("a key too few", ',"v":1', "", "an object must have exactly the keys fields, id, time, type, v; wrong: 'v'"),
        ("a field by another name", '"actor"', '"Actor"', "an object must have exactly the keys actor, role"),
        (
            "a commitment in capitals",
            hashlib.sha256(b"data").hexdigest(),
            hashlib.sha256(b"data").hexdigest().upper(),
            "`data` is no SHA-256 in hex",
        ),
        ("a commitment that is null", f'"{hashlib.sha256(b"data").hexdigest()}"', "null", "`data` is no SHA-256 in hex"),
        ("a space", '"v":1', '"v": 1', FORM),
        ("a needless escape", "item:shown", "\\u0069tem:shown", FORM),
        ("another order", '"time":1790000000000,"type":"item:shown"', '"type":"item:shown","time":1790000000000', FORM),
        ("a line feed at the end", '"v":1}', '"v":1}\n', "there is more after the end of the JSON"),
    ]
    for name, before, after, reason in edits:
        area.bad(name, reason, entry=form.replace(before, after))
    area.bad("nothing", "this is no JSON", entry="")
    area.bad("a list", "an object with the keys fields, id, time, type, v is missing", entry="[]")
    return area


def parameters() -> Area:
    area = Area(
        "Decoder configurations of H.264 (package format, Sample proofs): hex of `released` may add parameter sets to those of `original`, and "
        "nothing else."
    )

    def avcc(sequence: list[str], picture: list[str], *, head: str = "0142001fff", tail: str = "") -> str:
        def group(units: list[str]) -> str:
            return "".join(f"{len(unit) // 2:04x}{unit}" for unit in units)

        return f"{head}{0xE0 | len(sequence):02x}{group(sequence)}{len(picture):02x}{group(picture)}{tail}"

    sps = ["6742001f80aabb", "6742001f40aabb"]  # ids 0 and 1
    pps = ["6880cc", "6840cc", "6860cc"]  # ids 0, 1 and 2
    own = avcc(sps[:1], pps[:1])
    area.good("the same", original=own, released=own)
    area.good("one of each added", original=own, released=avcc(sps, pps[:2]))
    area.good("three picture sets", original=own, released=avcc(sps[:1], pps))
    area.good("the same with a tail", original=avcc(sps[:1], pps[:1], tail="fdf8f800"), released=avcc(sps[:1], pps[:1], tail="fdf8f800"))
    way, lacks = "the picture is decoded in another way", "the picture lacks a parameter set of the original"
    area.bad("another level", way, original=own, released=avcc(sps[:1], pps[:1], head="01420020ff"))
    area.bad("another tail", way, original=own, released=avcc(sps[:1], pps[:1], tail="00"))
    area.bad("a sequence set lacks", lacks, original=own, released=avcc([], pps[:1]))
    area.bad("another picture set in its place", lacks, original=own, released=avcc(sps[:1], ["6880dd"]))
    area.bad("an added set first", lacks, original=own, released=avcc(sps[::-1], pps[:1]))
    twice = "a parameter set that was added to the picture takes the place of one of the original's"
    area.bad("a sequence set of the same id", twice, original=own, released=avcc([sps[0], "6742001f80ffff"], pps[:1]))
    area.bad("a picture set of the same id", twice, original=own, released=avcc(sps[:1], [pps[0], "6880ff"]))
    cut = "a decoder configuration is cut off"
    area.bad("nothing", cut, original=own, released="")
    area.bad("cut within a set", cut, original=own, released=own[:20])
    area.bad("a set of one byte", cut, original=own, released=avcc(["67"], pps[:1]))
    area.bad("cut before the picture sets", cut, original=own, released=own[: -len("01000368" + "80cc") + 0])
    area.bad("a set without an id", "a parameter set has no id", original=own, released=avcc([sps[0], "6742001f00000001"], pps[:1]))
    return area
