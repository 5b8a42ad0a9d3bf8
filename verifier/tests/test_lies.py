"""Packages that are signed and bagged correctly and wrong in one point: each is refused where the format page says."""

from collections.abc import Callable
from pathlib import Path

import pytest
from verifier.tests.checks import FOOTAGE, Json, Make, refused
from verifier.tests.writer import FIELDS, Made, Plan, b64, digest, key, make, sha, tag_manifest, witness

from vestige_verify.package import verify


@pytest.mark.parametrize(("profile", "number", "count"), [("court", 0, 4), ("public", 0, 1), ("public", 1, 5)])
def test_no_event_can_be_dropped(made: Make, profile: str, number: int, count: int) -> None:
    for n in range(count):

        def edit(trail: Json, n: int = n) -> Json:
            assert len(trail["trails"][number]["entries"]) == count
            del trail["trails"][number]["entries"][n]
            return trail

        refused(made(profile=profile, edit_trail=edit), file="data/trail.json")


def bend(**changes: Json) -> Callable[[Json], Json]:
    """Changes keys of the first trail's second event."""

    def edit(trail: Json) -> Json:
        trail["trails"][0]["entries"][1] |= changes
        return trail

    return edit


def test_events_reordered_inserted_doubled_or_changed(made: Make, packages: dict[str, Made]) -> None:
    log = packages["court"].log

    def swap(trail: Json) -> Json:
        entries = trail["trails"][0]["entries"]
        entries[1], entries[2] = entries[2], entries[1]
        return trail

    def double(trail: Json) -> Json:
        trail["trails"][0]["entries"].insert(1, trail["trails"][0]["entries"][1])
        return trail

    def insert(trail: Json) -> Json:
        trail["trails"][0]["entries"].insert(2, log.proven(log.records[3], 17, FIELDS))
        return trail

    def retype(trail: Json) -> Json:
        entry = trail["trails"][0]["entries"][1]
        entry["entry"] = entry["entry"].replace("item:accessioned", "item:quarantined")
        return trail

    def restamp(trail: Json) -> Json:
        entry = trail["trails"][0]["entries"][1]
        entry["entry"] = entry["entry"].replace('"time":179', '"time":178')
        return trail

    for edit in (swap, double, insert, retype, restamp, bend(index=0), bend(index=2), bend(proof=[]), bend(index=2**53 - 1)):
        refused(made(edit_trail=edit), step=6, file="data/trail.json", reason="event ")


@pytest.mark.parametrize("name", FIELDS)
def test_no_opening_can_be_changed_or_left_out(made: Make, name: str) -> None:
    def value(trail: Json) -> Json:
        trail["trails"][0]["entries"][1]["openings"][name]["value"] = "forged"
        return trail

    def salt(trail: Json) -> Json:
        trail["trails"][0]["entries"][1]["openings"][name]["salt"] = "00" * 16
        return trail

    def leave_out(trail: Json) -> Json:
        trail["trails"][0]["entries"][1]["openings"].pop(name)
        return trail

    refused(made(edit_trail=value), step=6)
    refused(made(edit_trail=salt), step=6, reason=name)
    refused(made(edit_trail=leave_out), step=6 if name in {"item", "previous", "role", "digests"} else 8)


def test_court_withholds_nothing_in_the_proof_either(made: Make) -> None:
    def edit(extra: Json) -> Json:
        del extra["openings"]["actor"]
        return extra

    refused(made(edit_extra=edit), step=8, file="package.tlog-proof")


def test_public_opens_no_more_than_it_may(made: Make) -> None:
    def edit(trail: Json) -> Json:
        trail["trails"][0]["entries"][0]["openings"]["actor"] = {"salt": "00" * 16, "value": None}
        return trail

    refused(made(profile="public", edit_trail=edit), step=6)
    refused(made(profile="public", edit_manifest=lambda manifest: manifest | {"withheld": []}), step=8, file="data/manifest.json")


def test_a_trail_checkpoint_of_another_key_is_refused(made: Make) -> None:
    forged = key(1)
    forged.private = key(2).private
    refused(made(signer=forged), step=6, reason="another key")


def test_a_forked_log_is_refused(made: Make) -> None:
    """The trail's checkpoint is signed by the right key, over a tree that the proof's checkpoint does not contain."""
    log_key = key(1)

    def fork(trail: Json) -> Json:
        body = trail["checkpoint"].split("\n\n")[0].split("\n")
        body[2] = b64(sha(b"a tree of lies"))
        return trail | {"checkpoint": log_key.sign("\n".join(body) + "\n")}

    refused(made(edit_trail=fork), step=6, reason="fork")
    refused(made(edit_extra=lambda extra: extra | {"consistency": []}), step=6, reason="consistency")
    refused(made(edit_extra=lambda extra: extra | {"consistency": [*extra["consistency"], b64(bytes(32))]}), step=6, reason="consistency")


def test_a_checkpoint_with_more_lines_is_refused(made: Make) -> None:
    log_key = key(1)

    def extended(text: str) -> str:
        return log_key.sign(text.split("\n\n", maxsplit=1)[0] + "\nextension\n")

    refused(made(edit_checkpoint=extended), step=2)


def test_the_proof_of_another_event_is_refused(made: Make) -> None:
    refused(made(edit_package_type=lambda _kind: "item:shown"), step=2, reason="package:created")
    refused(made(edit_package_type=lambda _kind: "item:vanished"), step=2, reason="unknown")
    refused(made(edit_package=lambda values: values | {"outcome": {"failed": "disk full"}}), step=2)
    refused(made(edit_package=lambda values: values | {"digests": values["digests"] * 2}), step=3)
    refused(made(edit_package=lambda values: values | {"digests": []}), step=3)
    refused(made(edit_package=lambda values: values | {"previous": "00" * 32}), step=6, reason="end")
    refused(made(edit_package=lambda values: values | {"item": "00000000-0000-4000-8000-000000000000"}), step=6, file="package.tlog-proof")


def test_a_footage_that_was_never_accessioned_is_refused(made: Make) -> None:
    for n in (0, 1):

        def other(events: Json, n: int = n) -> Json:
            kind, values = events[n]
            events[n] = (kind, values | {"digests": [digest("original", sha(b"other"))]})
            return events

        refused(made(edit_events=other), step=7)
    refused(made(edit_events=lambda events: events[:1]), step=7)
    refused(made(edit_events=lambda events: events[1:]), step=7)
    refused(
        made(edit_events=lambda events: [events[0], (events[1][0], events[1][1] | {"outcome": {"refused": "no"}}), *events[2:]]), step=7
    )


TRAIL_EDITS: list[tuple[Callable[[Json], Json], str]] = [
    (lambda t: t | {"trails": []}, "canonical form"),
    (lambda t: t | {"more": 1}, "canonical form"),
    (lambda t: t | {"format": "vestige-trail/2"}, "canonical form"),
    (lambda t: t | {"checkpoint": None}, "no text"),
    (lambda t: t | {"checkpoint": "nothing"}, "checkpoint"),
    (lambda t: t | {"trails": t["trails"] * 2}, "two trails"),
    (lambda t: t | {"trails": [t["trails"][0] | {"more": 1}]}, "canonical form"),
    (lambda t: t | {"trails": [t["trails"][0] | {"entries": []}]}, "no JSON"),
    (lambda t: t | {"trails": [t["trails"][0] | {"entries": [None]}]}, "event 1"),
    (lambda t: t | {"trails": [t["trails"][0] | {"item": "00000000-0000-4000-8000-000000000000"}]}, "another item"),
    (lambda t: t | {"trails": [t["trails"][0] | {"item": "ITEM"}]}, "uuid"),
]


@pytest.mark.parametrize("number", range(len(TRAIL_EDITS)))
def test_a_trail_of_another_form_is_refused(made: Make, number: int) -> None:
    edit, reason = TRAIL_EDITS[number]
    refused(made(edit_trail=edit), step=6, file="data/trail.json", reason=reason)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("actor", None),
        ("actor", {"kind": "robot", "id": "1", "name": "R"}),
        ("role", ["b", "a"]),
        ("role", "console"),
        ("object", "x"),
        ("purpose", {"reason": "x"}),
        ("address", 1),
        ("session", []),
        ("outcome", "failure"),
        ("outcome", {"refused": "a", "failed": "b"}),
        ("outcome", {"refused": 1}),
        ("digests", {}),
        ("digests", [{"algorithm": "md5", "of": "original", "value": "0" * 64}]),
        ("digests", [{"algorithm": "sha256", "of": "original", "value": "0" * 63}]),
        ("data", []),
        ("data", None),
    ],
)
def test_a_field_of_another_shape_is_refused_though_the_log_committed_to_it(made: Make, field: str, value: Json) -> None:
    refused(made(edit_events=lambda events: [*events, ("item:shown", {field: value})]), step=6, reason="event 5")


def test_a_quarantined_item_may_leave_for_court(made: Make) -> None:
    assert made(edit_events=lambda events: [events[0], ("item:quarantined", events[1][1])]).verified


def test_a_copy_must_come_from_an_approved_plan_of_this_original(made: Make) -> None:
    def redigest(of: str) -> Callable[[Json], Json]:
        def edit(events: Json) -> Json:
            kind, values = events[0]
            digests = [digest(of, sha(b"other")) if entry["of"] == of else entry for entry in values["digests"]]
            return [(kind, values | {"digests": digests}), *events[1:]]

        return edit

    for of in ("rendered", "original", "plan", "parent_head"):
        refused(made(profile="public", edit_events=redigest(of)), step=7)
        doubled = made(profile="public", edit_events=lambda events: [(events[0][0], {"digests": events[0][1]["digests"] * 2})])
        refused(doubled, step=7, reason="exactly one")
    unplanned, unapproved, unasked = (lambda e: [*e[:2], *e[3:]]), (lambda e: e[:4]), (lambda e: [*e[:2], e[4], e[2], e[3]])
    for edit, reason in ((unplanned, "tell of the plan"), (unapproved, "not approved"), (unasked, "not approved")):
        refused(made(profile="public", edit_parent=edit), step=7, reason=reason)
    refused(made(profile="public", edit_trail=lambda trail: trail | {"trails": trail["trails"][:1]}), step=7, reason="two trails")


def test_a_profile_cannot_pass_for_the_other(made: Make) -> None:
    refused(made(edit_manifest=lambda manifest: manifest | {"profile": "public"}), step=5)
    refused(made(edit_manifest=lambda manifest: manifest | {"profile": "secret"}), file="data/manifest.json")


MANIFEST_EDITS: list[Callable[[Json], Json]] = [
    lambda m: m | {"format": "vestige-package/1"},
    lambda m: m | {"format": "vestige-package/3"},
    lambda m: m | {"log": m["log"] | {"witnesses": [key(2).vkey]}},
    lambda m: m | {"log": m["log"] | {"witnesses": [witness(2).vkey, witness(1).vkey]}},
    lambda m: m | {"log": m["log"] | {"witnesses": [witness(1).vkey] * 2}},
    lambda m: m | {"log": m["log"] | {"witnesses": None}},
    lambda m: m | {"more": 1},
    lambda m: {name: value for name, value in m.items() if name != "withheld"},
    lambda m: m | {"package": "00000000-0000-4000-8000-000000000000"},
    lambda m: m | {"item": "00000000-0000-4000-8000-000000000000"},
    lambda m: m | {"console_acts": 1},
    lambda m: m | {"created": -1},
    lambda m: m | {"created": True},
    lambda m: m | {"files": []},
    lambda m: m | {"files": m["files"] * 2},
    lambda m: m | {"files": [m["files"][0] | {"size": m["files"][0]["size"] + 1}]},
    lambda m: m | {"files": [m["files"][0] | {"sha256": "0" * 64}]},
    lambda m: m | {"files": [m["files"][0] | {"path": "data/footage/../trail.json"}]},
    lambda m: m | {"files": [m["files"][0] | {"path": "/etc/passwd"}]},
    lambda m: m | {"files": [m["files"][0] | {"path": "data/footage/\x00"}]},
    lambda m: m | {"files": [m["files"][0] | {"of": "rendered"}]},
    lambda m: m | {"log": m["log"] | {"fingerprint": "0000"}},
    lambda m: m | {"log": m["log"] | {"origin": "vestige.log/other"}},
    lambda m: m | {"log": {"origin": key(2).name, "key": key(2).vkey, "fingerprint": key(2).fingerprint}},
    lambda m: [m],
    lambda m: m | {"withheld": ["something"]},
]


@pytest.mark.parametrize("number", range(len(MANIFEST_EDITS)))
def test_a_manifest_that_lies_is_refused_though_the_log_vouches_for_it(made: Make, number: int) -> None:
    findings = made(edit_manifest=MANIFEST_EDITS[number])
    assert findings.fault is not None
    assert findings.fault.step in {5, 6, 8}
    assert findings.fault.file in {"data/manifest.json", "bag-info.txt", FOOTAGE, "data/trail.json"} or "/" in str(findings.fault.file)


TWISTS: dict[str, Callable[[bytes], bytes]] = {
    "a space": lambda data: data.replace(b":", b": ", 1),
    "a line feed at the end": lambda data: data + b"\n",
    "carriage returns": lambda data: data + b"\r\n",
    "a byte after the end": lambda data: data + b"x",
    "a byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "another order": lambda data: b'{"zz":0,' + data[1:],
    "a key twice": lambda data: data[:1] + data[1:].split(b",", 1)[0] + b"," + data[1:],
    "a float": lambda data: data.replace(b'{"', b'{"0":1.0,"', 1),
    "an exponent": lambda data: data.replace(b'{"', b'{"0":1e2,"', 1),
    "not a number": lambda data: data.replace(b'{"', b'{"0":NaN,"', 1),
    "minus nought": lambda data: data.replace(b'{"', b'{"0":-0,"', 1),
    "a huge number": lambda data: data.replace(b'{"', b'{"0":' + b"9" * 100_000 + b',"', 1),
    "2^53": lambda data: data.replace(b'{"', b'{"0":9007199254740992,"', 1),
    "an escape": lambda data: data.replace(b"vestige", b"v\\u0065stige", 1),
    "a lone surrogate": lambda data: data.replace(b'{"', b'{"0":"\\ud800","', 1),
    "deep nesting": lambda data: data.replace(b'{"', b'{"0":' + b"[" * 200_000 + b"]" * 200_000 + b',"', 1),
    "no UTF-8": lambda data: data.replace(b"vestige", b"v\xffstige", 1),
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "nothing": lambda _data: b"",
    "half": lambda data: data[: len(data) // 2],
}


@pytest.mark.parametrize("twist", TWISTS)
def test_json_that_is_not_canonical_is_refused_everywhere(made: Make, twist: str) -> None:
    findings = made(edit_manifest_bytes=TWISTS[twist])
    refused(findings, step=5, file="data/manifest.json")
    refused(made(edit_trail_bytes=TWISTS[twist]), step=6, file="data/trail.json")
    refused(
        made(edit_extra_bytes=lambda data: TWISTS[twist](data.replace(b'"openings"', b'"vestige"', 1))), step=2, file="package.tlog-proof"
    )


@pytest.mark.parametrize("twist", [name for name in TWISTS if name not in {"an escape", "no UTF-8", "UTF-16"}])
def test_an_entry_that_is_not_canonical_is_refused(made: Make, twist: str) -> None:
    def edit(events: Json) -> Json:
        return [events[0], (events[1][0], events[1][1] | {"edit": TWISTS[twist]}), *events[2:]]

    refused(made(edit_events=edit), step=6, reason="event 2")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b'"type":"item:', b'"type":"ITEM:'),
        (b'"time":1', b'"time":-1'),
        (b'"time":1', b'"time":"1'),
        (b'"actor"', b'"Actor"'),
        (b'"id":"', b'"id":"x'),
    ],
)
def test_an_entry_of_another_form_is_refused(made: Make, before: bytes, after: bytes) -> None:
    def edit(events: Json) -> Json:
        return [events[0], (events[1][0], events[1][1] | {"edit": lambda data: data.replace(before, after, 1)}), *events[2:]]

    refused(made(edit_events=edit), step=6, reason="event 2")


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text + "\n",
        lambda text: text.removesuffix("\n"),
        lambda text: " " + text,
        lambda text: text.replace("index ", "index 0"),
        lambda text: text.replace("index ", "index +"),
        lambda text: text.replace("index ", "index " + "9" * 50_000),
        lambda text: text.replace("@v1", "@v2"),
        lambda text: text.replace("extra ", "Extra "),
        lambda text: text.replace("=\n", "\n"),
        lambda text: text.replace("—", "-"),
        lambda text: text.replace("\n\n", "\n\n\n", 1),
        lambda text: "\n".join([*text.split("\n")[:3], *([b64(bytes(32))] * 70), *text.split("\n")[3:]]),
        lambda text: text[: text.index("index")] + text[text.index("index") :].replace("\n", "\nAAAA\n", 1),
        lambda _text: "",
        lambda _text: "\x00" * 1000,
    ],
)
def test_the_proof_file_has_one_form(made: Make, edit: Callable[[str], str]) -> None:
    findings = made(edit_proof=edit)
    assert findings.fault is not None
    assert findings.fault.step in {1, 2}
    assert findings.fault.file == "package.tlog-proof"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0" * 64 + "  data/../../etc/passwd\n", "line"),
        ("0" * 64 + "  /etc/passwd\n", "line"),
        ("0" * 64 + "  data/a\x00b\n", "line"),
        ("0" * 64 + " \n", "line"),
        ("0" * 64 + "  data/missing\n", "missing"),
        ("A" * 64 + "  data/trail.csv\n", "line"),
        ("x\r\n", "lines"),
        ("x", "lines"),
    ],
)
def test_a_manifest_of_the_bag_that_lies_is_refused_though_the_log_vouches_for_it(tmp_path: Path, line: str, reason: str) -> None:
    """The bag is closed with the wrong line in it, and the log vouches for that."""
    folder = tmp_path / "package"
    plan = Plan()
    log_edit: dict[str, Json] = {}

    def close(values: Json) -> Json:
        manifest = folder / "manifest-sha256.txt"
        manifest.write_bytes(manifest.read_bytes() + line.encode())
        text = tag_manifest(folder)
        (folder / "tagmanifest-sha256.txt").write_text(text, "utf-8")
        log_edit["done"] = True
        return values | {"digests": [digest("package", sha(text.encode()))]}

    plan.edit_package = close
    refused(verify(make(folder, plan).folder, ()), step=4, reason=reason)
    assert log_edit
