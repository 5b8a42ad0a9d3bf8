"""The command: words, JSON, exit status, and never a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from verifier.tests.writer import Made, Plan, key, make

from vestige_verify.cli import main
from vestige_verify.words import plain

UNPINNED = "Consistent, but its signer is known only from this package; compare the fingerprint with one that you got elsewhere."


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_unpinned_the_first_line_warns(packages: dict[str, Made], capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, packages["court"].folder)
    assert status == 0
    assert out.splitlines()[0] == UNPINNED
    assert packages["court"].log.key.fingerprint in out
    assert "known only from this package" in out.split("Not checked:")[1]


def test_pinned_it_says_verified_and_what_it_did_not_check(packages: dict[str, Made], capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, packages["public"].folder, "--key", packages["public"].vkey)
    assert status == 0
    assert out.startswith("VERIFIED")
    for words in ("camera signature", "trusted time", "witnesses", "pixels and sound"):
        assert words in out.split("Not checked:")[1]
    assert "known only" not in out
    assert "outcome (7)" in out


def test_json_of_a_verified_package(packages: dict[str, Made], capsys: pytest.CaptureFixture[str]) -> None:
    package = packages["public"]
    status, out, err = run(capsys, package.folder, "--json", "--key", package.vkey)
    answer = json.loads(out)
    assert (status, err) == (0, "")
    assert (answer["verdict"], answer["signer"], answer["profile"], answer["item"]) == ("verified", "pinned", "public", package.item)
    assert (answer["key"], answer["fingerprint"]) == (package.vkey, package.log.key.fingerprint)
    assert (answer["agency"], answer["console_acts"]) == (package.plan.agency, False)
    assert [file["size"] for file in answer["files"]] == [len(package.plan.footage)]
    assert answer["withheld"] == ["actor", "object", "purpose", "address", "session", "outcome", "data"]
    assert answer["withheld_count"] == 7 * 7
    assert {"camera signature", "trusted time", "witnesses", "pixels and sound"} < set(answer["not_checked"])
    assert answer["checked"]
    assert "reason" not in answer


def test_json_of_a_refused_package(packages: dict[str, Made], capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, packages["court"].folder, "--json", "--key", key(7).vkey)
    answer = json.loads(out)
    assert status == 1
    assert (answer["verdict"], answer["signer"], answer["step"], answer["file"]) == ("refused", "pinned", 1, "package.tlog-proof")
    assert "another key" in answer["reason"]
    assert answer["checked"] == []
    assert answer["key"] is None


def test_a_refusal_in_words_names_the_file_and_the_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = make(tmp_path / "p")
    (package.folder / "README.txt").write_bytes(b"")
    status, out, _ = run(capsys, package.folder)
    assert status == 1
    assert out.startswith("REFUSED")
    assert "README.txt (step 4" in out
    assert "VERIFIED" not in out
    assert "Consistent" not in out


def test_a_home_whose_console_acts_is_said_aloud(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = make(tmp_path / "p", Plan(console_acts=True))
    _, out, _ = run(capsys, package.folder)
    assert "without a second factor" in out.splitlines()[1]
    _, out, _ = run(capsys, package.folder, "--json")
    assert json.loads(out)["console_acts"] is True


def test_a_trust_file(packages: dict[str, Made], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package, trust = packages["court"], tmp_path / "trust"
    trust.write_text(f"# the county's agencies\n\n{key(5).vkey}\n  {package.vkey}  \n", "utf-8")
    assert run(capsys, package.folder, "--trust", trust)[0] == 0
    trust.write_text(f"{key(5).vkey}\n", "utf-8")
    assert run(capsys, package.folder, "--trust", trust)[0] == 1


@pytest.mark.parametrize("text", ["", "# nothing\n", "nonsense\n", "a+b+c\n", "vestige.log/x+00000000+AAAA\n"])
def test_a_trust_file_without_a_key_is_wrong_use(
    packages: dict[str, Made], tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (tmp_path / "trust").write_text(text, "utf-8")
    status, out, err = run(capsys, packages["court"].folder, "--trust", tmp_path / "trust")
    assert (status, out) == (2, "")
    assert err.startswith("vestige-verify: ")


def test_wrong_use(packages: dict[str, Made], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, vkey = packages["court"].folder, packages["court"].vkey
    flipped = vkey.replace(vkey.split("+")[1], "00000000")
    wrong = [
        (tmp_path / "none",),
        (folder / "README.txt",),
        (folder, "--trust", tmp_path / "none"),
        (folder, "--key", "x"),
        (folder, "--key", ""),
    ]
    for arguments in [*wrong, (folder, "--key", flipped), (folder, "--trust", folder), ("\x00",), ()]:
        status, out, err = run(capsys, *arguments)
        assert (status, out) == (2, ""), arguments
        assert err
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    assert run(capsys, folder, "--trust", tmp_path / "bytes")[0] == 2
    for arguments in [(folder, "--nonsense"), (folder, "--key", vkey, "--trust", "x")]:
        with pytest.raises(SystemExit) as end:
            run(capsys, *arguments)
        assert end.value.code == 2


def test_what_a_package_says_cannot_command_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = make(tmp_path / "p", Plan(agency="A\x1b[2J\u202eB\nVERIFIED"))
    _, out, _ = run(capsys, package.folder)
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "A\\x1b[2J\\u202eB\\nVERIFIED" in out
    assert plain("é — 漢") == "é — 漢"


def test_as_a_program_in_a_poor_locale(tmp_path: Path) -> None:
    package = make(tmp_path / "p", Plan(agency="Police judiciaire, 巴黎"))
    source = str(Path(__file__).parents[1] / "src")
    environment = {"PYTHONPATH": source, "PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "vestige_verify", str(package.folder)]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    (package.folder / "data/\udcff.mp4").write_bytes(b"x")
    done = subprocess.run([*command, "--json"], env=environment, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (1, b"")
    assert json.loads(done.stdout)["step"] == 4


def test_a_closed_pipe_and_a_full_disk_make_no_traceback(tmp_path: Path) -> None:
    package = make(tmp_path / "p")
    command = [sys.executable, "-m", "vestige_verify", str(package.folder)]
    environment = {"PYTHONPATH": str(Path(__file__).parents[1] / "src"), "PATH": "/usr/bin:/bin"}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_package_without_its_manifest_is_refused_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = make(tmp_path / "p")
    (package.folder / "data/manifest.json").unlink()
    status, out, err = run(capsys, package.folder)
    assert (status, err) == (1, "")
    assert "data/manifest.json" in out
