"""A published log, whole: valid ones of many sizes, and every way to spoil one."""

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.budget import examples
from verifier.tests.tiles import checkpoint, entries, entry, place, publish
from verifier.tests.writer import b64, key, root, witness

from vestige_verify import merkle
from vestige_verify.cli import main
from vestige_verify.entries import type_and_time
from vestige_verify.errors import VerificationError
from vestige_verify.log import LogFindings, verify_log
from vestige_verify.notes import parse_key
from vestige_verify.trust import Trust, parse_trust

KEY = key(1)
TRUST = Trust(logs=(parse_key(key(2).vkey), parse_key(KEY.vkey)))
SIZE = 600
Spoil = Callable[[Path], None]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    publish(folder, KEY, entries(SIZE))
    return folder


@pytest.fixture
def copied(published: Path, tmp_path: Path) -> Path:
    return shutil.copytree(published, tmp_path / "copy")


def refusal(findings: LogFindings) -> VerificationError:
    assert findings.fault is not None, "was verified"
    assert findings.fault.file
    assert findings.fault.step
    return findings.fault


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 1000])
def test_a_log_of_any_size_is_verified(tmp_path: Path, size: int) -> None:
    publish(tmp_path, KEY, entries(size))
    findings = verify_log(tmp_path, TRUST)
    assert findings.fault is None, findings.fault.__dict__
    assert findings.types.total() == size
    assert (findings.first, findings.last) == ((1_790_000_000_000, 1_790_000_000_000 + size - 1) if size else (None, None))


def test_a_log_that_two_processes_read_and_that_has_three_levels(tmp_path: Path) -> None:
    publish(tmp_path, KEY, entries(65_536 + 300))
    assert verify_log(tmp_path, TRUST).verified
    path = tmp_path / "tile/entries" / place(200, 256)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    fault = refusal(verify_log(tmp_path, TRUST))
    assert (fault.step, fault.file) == (2, "tile/entries/200")
    assert "entry 51455" in fault.reason


def test_our_root_is_that_of_the_recursion_of_the_rfc() -> None:
    for size in range(130):
        leaves = [merkle.leaf_hash(bytes([n])) for n in range(size)]
        assert merkle.root(leaves) == root(leaves)


def test_an_index_above_a_thousand_has_the_path_of_the_specification() -> None:
    assert place(1_234_067, 256) == "x001/x234/067"
    assert place(273, 112) == "273.p/112"


def rewrite(name: str, change: Callable[[bytes], bytes]) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))

    return spoil


def other_entry(data: bytes) -> bytes:
    made = entry(random.Random(9))
    assert int.from_bytes(data[:2]) == len(made)
    return data[:2] + made + data[2 + len(made) :]


def swapped(data: bytes) -> bytes:
    length = 2 + int.from_bytes(data[:2])
    return data[length : 2 * length] + data[:length] + data[2 * length :]


def linked(folder: Path) -> None:
    (folder / "tile/0/001").rename(folder / "elsewhere")
    (folder / "tile/0/001").symlink_to(folder / "elsewhere")


def piped(folder: Path) -> None:
    (folder / "checkpoint").unlink()
    os.mkfifo(folder / "checkpoint")


@pytest.mark.parametrize(
    ("spoil", "step", "reason"),
    [
        (rewrite("checkpoint", lambda data: data.replace(b"600", b"599")), 1, "signature"),
        (rewrite("checkpoint", lambda data: data.replace(b"vestige.log", b"vestige.lag")), 1, "another key"),
        (rewrite("checkpoint", lambda _data: b""), 1, "three lines"),
        (rewrite("checkpoint", lambda _data: bytes(2 << 20)), 1, "larger"),
        (lambda folder: (folder / "checkpoint").unlink(), 1, "missing"),
        (piped, 1, "plain files"),
        (rewrite("tile/entries/001", lambda data: data[:-1]), 2, "ends within entry 511"),
        (rewrite("tile/entries/001", lambda data: data[: data.rindex(b"{") - 1]), 2, "ends within entry 511"),
        (rewrite("tile/entries/001", lambda data: data + b"x"), 2, "more in the bundle"),
        (rewrite("tile/entries/002.p/88", lambda data: data + b"\x00\x00"), 2, "more in the bundle"),
        (rewrite("tile/entries/000", lambda data: data.replace(b"item:shown", b"item:taken", 1)), 2, "entry 0: the entry's type"),
        (rewrite("tile/entries/000", lambda data: data.replace(b'"v":1', b'"v":2', 1)), 2, "entry 0"),
        (rewrite("tile/entries/000", other_entry), 3, "not that of the entries"),
        (rewrite("tile/entries/000", swapped), 3, "not that of the entries"),
        (lambda folder: (folder / "tile/entries/000").unlink(), 2, "missing"),
        (lambda folder: (folder / "tile/entries/002.p/88").unlink(), 2, "missing"),
        (rewrite("tile/0/000", lambda data: data[:-1] + bytes([data[-1] ^ 1])), 3, "not that of the entries"),
        (rewrite("tile/0/002.p/88", lambda data: data + bytes(32)), 3, "not that of the entries"),
        (rewrite("tile/1/000.p/2", lambda data: data[:32]), 3, "not that of the entries"),
        (rewrite("tile/1/000.p/2", lambda data: data + bytes(9000)), 3, "larger"),
        (lambda folder: (folder / "tile/1/000.p/2").unlink(), 3, "missing"),
        (linked, 3, "cannot be read"),
    ],
)
def test_a_spoilt_log_is_refused_and_the_file_named(copied: Path, spoil: Spoil, step: int, reason: str) -> None:
    spoil(copied)
    fault = refusal(verify_log(copied, TRUST))
    assert fault.step == step
    assert reason in fault.reason


def test_a_checkpoint_over_other_entries_is_refused(copied: Path) -> None:
    (copied / "checkpoint").write_text(KEY.sign(f"{KEY.name}\n{SIZE}\n{b64(bytes(32))}\n"), "utf-8")
    fault = refusal(verify_log(copied, TRUST))
    assert (fault.step, fault.file) == (4, "checkpoint")


def test_no_bit_of_a_log_can_be_flipped(published: Path, copied: Path) -> None:
    names = sorted(path.relative_to(published) for path in published.rglob("*") if path.is_file())
    numbers = random.Random(os.urandom(8))
    for _ in range(examples(1000)):
        name = numbers.choice(names)
        whole = (copied / name).read_bytes()
        at, bit = numbers.randrange(len(whole)), numbers.randrange(8)
        (copied / name).write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
        refusal(verify_log(copied, TRUST))
        (copied / name).write_bytes(whole)
    assert verify_log(copied, TRUST).verified


def test_a_full_bundle_and_tile_stand_in_for_partial_ones_that_are_gone(tmp_path: Path) -> None:
    logged = entries(300)
    publish(tmp_path, KEY, logged[:256])
    for path in (tmp_path / "tile/0/000", tmp_path / "tile/entries/000"):
        assert path.exists()
    leaves = [merkle.leaf_hash(data) for data in logged[:200]]
    (tmp_path / "checkpoint").write_text(checkpoint(KEY, leaves), "utf-8")
    assert verify_log(tmp_path, TRUST).verified


def test_an_older_checkpoint_must_be_continued(published: Path) -> None:
    leaves = [merkle.leaf_hash(data) for data in entries(SIZE + 1)]
    for size in (1, 2, 255, 256, 257, 599, 600):
        assert verify_log(published, TRUST, checkpoint(KEY, leaves[:size]).encode()).verified
    lies = {
        "forked": checkpoint(KEY, [*leaves[:99], leaves[100]]),
        "forked or was": checkpoint(KEY, leaves[1 : SIZE + 1]),
        "rolled back": checkpoint(KEY, leaves),
        "empty log": checkpoint(KEY, []),
        "another log": checkpoint(key(2), leaves[:5]),
        "three lines": "x",
    }
    for reason, note in lies.items():
        fault = refusal(verify_log(published, TRUST, note.encode()))
        assert fault.step == 5
        assert reason in fault.reason


def test_witnesses_of_a_log(tmp_path: Path) -> None:
    publish(tmp_path, KEY, entries(3), [(witness(1), 5), (witness(2), 6)])
    one, nine = f"witness a {witness(1).vkey}", f"witness b {witness(9).vkey}"
    findings = verify_log(tmp_path, parse_trust(f"log {KEY.vkey}\n{one}"))
    assert findings.verified
    assert ([seen.time for seen in findings.witnesses], findings.strangers) == ([5], ["witness.example/2"])
    assert "not there: b" in refusal(verify_log(tmp_path, parse_trust(f"log {KEY.vkey}\n{one}\n{nine}"))).reason
    assert verify_log(tmp_path, TRUST).strangers == ["witness.example/1", "witness.example/2"]


def test_the_command_says_what_it_checked(published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old").write_text(checkpoint(KEY, [merkle.leaf_hash(data) for data in entries(7)]), "utf-8")
    words = ["--log", str(published), "--key", KEY.vkey]
    assert main([*words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["verdict"], answer["size"], answer["types"]) == ("verified", SIZE, {"item:shown": SIZE})
    assert {"older checkpoint", "witnesses"} < set(answer["not_checked"])
    assert main([*words, "--since", str(tmp_path / "old")]) == 0
    text = capsys.readouterr().out
    assert text.startswith("VERIFIED")
    assert "- older checkpoint: the log continues" in text.split("Not checked:")[0]
    assert main(["--log", str(published), "--key", key(3).vkey, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["file"] == "checkpoint"
    assert main(["--log", str(published), "--key", key(3).vkey]) == 1
    assert capsys.readouterr().out.startswith("REFUSED")


def test_wrong_use_of_a_log(published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pinned = ["--key", KEY.vkey]
    log = ["--log", str(published)]
    none = str(tmp_path / "none")
    for words in (
        log,
        [*log, *pinned, "package"],
        [*log, *pinned, "--since", none],
        ["--log", none, *pinned],
        [],
        ["--since", none, str(tmp_path)],
    ):
        assert main(words) == 2
        assert capsys.readouterr().err.startswith("vestige-verify: ")


def test_the_quick_reading_of_an_entry_takes_nothing_that_the_slow_one_refuses() -> None:
    numbers = random.Random(3)
    whole = entry(numbers)
    assert type_and_time(whole) == ("item:shown", 1_790_000_000_000)
    assert type_and_time(whole.replace(b"1790000000000", b"9007199254740991"))[1] == 2**53 - 1
    for wrong in (b"9007199254740992", b"01790000000000", b"-1", b"1.0", b"1e3", b'"1"', b" 1"):
        with pytest.raises(VerificationError):
            type_and_time(whole.replace(b"1790000000000", wrong))
    for _ in range(examples(5000)):
        at = numbers.randrange(len(whole))
        spoilt = whole[:at] + bytes([numbers.randrange(256)]) + whole[at + 1 :]
        try:
            type_and_time(spoilt)
        except VerificationError:
            continue
        assert json.dumps(json.loads(spoilt), sort_keys=True, separators=(",", ":")).encode() == spoilt
