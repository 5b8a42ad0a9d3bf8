"""Trust files, witnesses and their quorum; formats 1 and 2 of a package side by side."""

import json
from pathlib import Path

import pytest
from verifier.tests.checks import PROFILES, Json, Make, refused
from verifier.tests.writer import Key, Made, Plan, b64, key, make, witness

from vestige_verify.cli import main
from vestige_verify.errors import VerificationError
from vestige_verify.notes import parse_checkpoint, parse_key, parse_witness, verify_cosignatures
from vestige_verify.package import verify
from vestige_verify.trust import Trust, parse_trust

WITNESSES = (witness(1), witness(2), witness(3))
# The example of the tlog-cosignature page; its key is not published, so that only the form can be read.
EXAMPLE = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""


def trust(log: str, *witnesses: Key, quorum: int | None = None) -> Trust:
    lines = [f"log {log}", *(f"witness w{n} {one.vkey}" for n, one in enumerate(witnesses))]
    return parse_trust("\n".join([*lines, *([] if quorum is None else [f"quorum {quorum}"])]))


def cosigned(tmp_path: Path, **plan: Json) -> Made:
    return make(tmp_path / "package", Plan(witnesses=WITNESSES, **plan))


def test_the_example_of_the_page_is_read() -> None:
    checkpoint = parse_checkpoint(EXAMPLE.encode())
    assert [(line.name, line.key_id.hex(), int.from_bytes(line.blob[:8])) for line in checkpoint.lines] == [
        ("witness.example.com/w1", "8d66cf3f", 1679315147)
    ]
    with pytest.raises(VerificationError, match="nobody names"):
        verify_cosignatures(checkpoint, [parse_witness(witness(1).vkey)])


def test_a_quorum_that_cosigned_is_checked_and_said(tmp_path: Path) -> None:
    package = cosigned(tmp_path)
    for trusted, wanted in ((WITNESSES, None), (WITNESSES[:2], 2), (WITNESSES, 1), ((*WITNESSES, witness(9)), 3)):
        findings = verify(package.folder, trust(package.vkey, *trusted, quorum=wanted))
        assert findings.fault is None, findings.fault
        assert findings.checked == ["witnesses"]
        assert [seen.time for seen, _ in findings.witnesses] == [1_790_000_100, 1_790_000_101, 1_790_000_102]
        assert [known for _, known in findings.witnesses] == [one in trusted for one in WITNESSES]


def test_fewer_than_the_quorum_are_refused_and_those_that_are_not_there_named(tmp_path: Path) -> None:
    package = cosigned(tmp_path, cosigners=WITNESSES[:1])
    for trusted, wanted in ((WITNESSES, None), (WITNESSES, 2), ((witness(9),), 1)):
        refused(
            verify(package.folder, trust(package.vkey, *trusted, quorum=wanted)), step=9, file="package.tlog-proof", reason="not there: w"
        )
    assert verify(package.folder, trust(package.vkey, *WITNESSES, quorum=1)).verified


def test_a_quorum_of_none_and_a_key_alone_check_no_witness(tmp_path: Path) -> None:
    package = cosigned(tmp_path)
    none = trust(package.vkey, *WITNESSES, quorum=0)
    for trusted, why in ((none, "demands none"), ((parse_key(package.vkey),), "only from this package"), ((), "only from this package")):
        findings = verify(package.folder, trusted)
        assert findings.verified
        assert findings.checked == []
        assert why in findings.unchecked["witnesses"]


def test_a_line_by_somebody_whom_nobody_names_is_refused(tmp_path: Path) -> None:
    package = cosigned(tmp_path, cosigners=(*WITNESSES, witness(9)))
    refused(verify(package.folder, ()), step=9, file="package.tlog-proof", reason="witness.example/9")
    assert verify(package.folder, trust(package.vkey, witness(9))).verified


def other_name(text: str) -> str:
    return text.replace("witness.example/1", "witness.example/7")


def other_time(text: str) -> str:
    line = text.splitlines()[-1]
    stamp = WITNESSES[2].cosign(text, 5).split(" ")[2].strip()
    mixed = WITNESSES[2].cosign(text, 6).split(" ")[2].strip()
    assert stamp != mixed
    return text.replace(line.split(" ")[2], mixed[:16] + stamp[16:])


def beyond(text: str) -> str:
    return "\n".join([*text.splitlines()[:-1], WITNESSES[2].cosign(text, 2**63)])


@pytest.mark.parametrize(
    ("edit", "step"),
    [
        (other_name, 9),
        (other_time, 9),
        (beyond, 9),
        (lambda text: text + WITNESSES[0].cosign(text, 7), 9),
        (lambda text: text + WITNESSES[0].cosign(text.replace("\n", "\nmore ", 1), 7), 9),
        (lambda text: text + f"— witness.example/1 {b64(bytes(75))}\n", 2),
        (lambda text: text + f"— witness.example/1 {b64(bytes(76))}\n", 9),
        (lambda text: text + key(1).sign("x\n").split("\n")[-2] + "\n", 2),
        (lambda text: "\n".join([*text.splitlines()[:4], text.splitlines()[5], text.splitlines()[4], ""]), 2),
    ],
)
def test_a_line_that_does_not_hold_is_refused(tmp_path: Path, edit: Json, step: int) -> None:
    package = cosigned(tmp_path, edit_checkpoint=edit)
    refused(verify(package.folder, trust(package.vkey, *WITNESSES, quorum=0)), step=step, file="package.tlog-proof")


def test_a_cosignature_has_no_place_in_a_trail_or_in_format_1(made: Make) -> None:
    def bent(trail: Json) -> Json:
        return trail | {"checkpoint": trail["checkpoint"] + WITNESSES[0].cosign(trail["checkpoint"], 7)}

    refused(made(witnesses=WITNESSES, edit_trail=bent), step=6, file="data/trail.json")
    refused(made(format=1, cosigners=WITNESSES), step=9, file="package.tlog-proof")


@pytest.mark.parametrize("profile", PROFILES)
def test_format_1_is_still_read_and_neither_passes_for_the_other(made: Make, profile: str) -> None:
    assert made(profile=profile, format=1).verified
    page = {"verify.html": b"<!doctype html>"}
    refused(made(profile=profile, format=1, edit_tags=lambda tags: tags | page), step=4, file="verify.html")
    refused(made(profile=profile, edit_tags=lambda tags: {k: v for k, v in tags.items() if k != "verify.html"}), step=4, file="verify.html")
    refused(
        made(profile=profile, format=1, edit_files=lambda files: files | {"data/samples.json": b"{}"}), step=4, file="data/samples.json"
    )
    refused(made(profile=profile, format=1, stamp=lambda _text: b"x"), step=4, file="package.tsr")
    renamed = {"format": "vestige-package/1"}
    refused(made(profile=profile, edit_manifest=lambda manifest: manifest | renamed), step=5, file="data/manifest.json")


def test_sample_proofs_in_no_form_are_refused(made: Make) -> None:
    findings = made(profile="public", edit_files=lambda files: files | {"data/samples.json": b"{}"})
    refused(findings, step=11, file="data/samples.json")


LOG, ONE, TWO = f"log {key(1).vkey}", f"witness a {witness(1).vkey}", f"witness b {witness(2).vkey}"


def test_a_trust_file_has_these_lines() -> None:
    read = parse_trust(f"# clerks\r\n\n{LOG}\n {key(2).vkey} \n{ONE}\n{TWO}\nquorum 1\n")
    witnesses = (("a", parse_witness(witness(1).vkey)), ("b", parse_witness(witness(2).vkey)))
    assert read == Trust((parse_key(key(1).vkey), parse_key(key(2).vkey)), witnesses, 1)
    assert parse_trust(f"{LOG}\n{ONE}\n{TWO}").quorum == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no key of a log"),
        (f"{ONE}\nquorum 1", "no key of a log"),
        (f"{LOG}\n{ONE}\nquorum 2", "cannot be reached"),
        (f"{LOG}\nquorum 0\nquorum 0", "said twice"),
        (f"{LOG}\n{ONE}\nquorum -1", "line 3"),
        (f"{LOG}\n{ONE}\nquorum 9999", "line 3"),
        (f"{LOG}\n{ONE}\n{ONE}", "counted twice"),
        (f"{LOG}\n{ONE}\n{ONE.replace(' a ', ' b ')}", "counted twice"),
        (f"{LOG}\n{ONE}\n{TWO.replace(' b ', ' a ')}", "counted twice"),
        (f"{LOG}\nwitness a {Key('w.example', key(1).private, 4).vkey}", "own witness"),
        (f"{LOG}\nwitness a {key(2).vkey}", "line 2: the verifier key is not one of a witness"),
        (f"log {witness(1).vkey}", "line 1: the verifier key is not an Ed25519 key"),
        (f"{LOG}\nwitness {witness(1).vkey}", "line 2"),
        (f"{LOG}\n\nwitnesses 2", "line 3"),
        (f"{LOG}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\nmonitor x y", "line 5"),
        (f"{LOG}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "in PEM"),
        (f"{LOG}\n-----BEGIN CERTIFICATE-----\nAAAA\n", "line 2"),
    ],
)
def test_a_trust_file_of_another_form_is_wrong_use(
    packages: dict[str, Made], tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    with pytest.raises(VerificationError, match=reason):
        parse_trust(text)
    (tmp_path / "trust").write_text(text, "utf-8")
    assert main([str(packages["court"].folder), "--trust", str(tmp_path / "trust")]) == 2
    assert reason in capsys.readouterr().err


def answers(package: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[Json, str]:
    (tmp_path / "trust").write_text("\n".join(words), "utf-8")
    main([str(package.folder), "--trust", str(tmp_path / "trust"), "--json"])
    answer = json.loads(capsys.readouterr().out)
    main([str(package.folder), "--trust", str(tmp_path / "trust")])
    return answer, capsys.readouterr().out


def test_words_and_json_tell_who_cosigned_when_and_who_is_trusted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = cosigned(tmp_path, cosigners=WITNESSES[:2])
    answer, text = answers(package, tmp_path, capsys, f"log {package.vkey}", ONE)
    assert answer["witnesses"] == [
        {"name": "witness.example/1", "time": 1_790_000_100_000, "trusted": True},
        {"name": "witness.example/2", "time": 1_790_000_101_000, "trusted": False},
    ]
    assert "witnesses" in answer["checked"]
    assert "witnesses" not in answer["not_checked"]
    assert "witness.example/1 at 2026-09-21 14:15:00 UTC\n" in text
    assert "witness.example/2 at 2026-09-21 14:15:01 UTC (its key is known only from this package)" in text
    assert "- witnesses: as many" in text.split("Not checked:")[0]
    answer, text = answers(package, tmp_path, capsys, f"log {package.vkey}", ONE, TWO, f"witness c {witness(3).vkey}")
    assert (answer["verdict"], answer["witnesses"], answer["step"]) == ("refused", [], 9)
    assert "3 of the witnesses that you trust must have cosigned the log, and 2 did; not there: c" in text


def test_a_time_beyond_the_calendar_is_told_as_a_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def late(text: str) -> str:
        return "\n".join([*text.splitlines()[:-1], WITNESSES[2].cosign(text, 2**63 - 1)])

    package = cosigned(tmp_path, edit_checkpoint=late)
    assert main([str(package.folder)]) == 0
    assert f"witness.example/3 at {(2**63 - 1) * 1000} ms since 1970" in capsys.readouterr().out
