"""A stranger checks what left: the independent verifier on real packages, and on every way to alter them."""

import hashlib
import json
import os
import random
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.agency import Agency, make_agency
from tests.budget import examples, how_far
from vestige.actions import intake, release
from vestige.actions.intake import Sent
from vestige.assembly import log_key
from vestige.custody.tree import consistency_proof, inclusion_proof, leaf_hash, subtrees
from vestige_verify import VerificationError
from vestige_verify.cli import main
from vestige_verify.merkle import verify_consistency, verify_inclusion


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agency, Path]:
    folder = tmp_path_factory.mktemp("verifier")
    agency = make_agency(folder)
    path = folder / "note.bin"
    path.write_bytes(b"no kind of footage" * 100)
    custodian = agency.actor("evidence custodian")
    outcome = intake.receive(agency.ports, custodian, Sent(path), lambda _: None)
    release.export(agency.ports, custodian, outcome.number, folder / "package")
    return agency, folder / "package"


@pytest.fixture
def package(made: tuple[Agency, Path], tmp_path: Path) -> Path:
    shutil.copytree(made[1], tmp_path / "package")
    return tmp_path / "package"


def asked(capsys: pytest.CaptureFixture[str], package: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """The verifier's exit status and its JSON answer."""
    code = main([str(package), "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_a_package_passes_unpinned_with_the_warning_pinned_with_its_key_and_fails_with_another(
    made: tuple[Agency, Path], package: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own = log_key(made[0].home)
    code, answer = asked(capsys, package)
    assert (code, answer["verdict"], answer["signer"], answer["console_acts"]) == (0, "verified", "unpinned", True)
    assert main([str(package)]) == 0
    assert "known only from this package" in capsys.readouterr().out.splitlines()[0]
    code, answer = asked(capsys, package, "--key", own)
    assert (code, answer["signer"], answer["key"]) == (0, "pinned", own)
    stranger = log_key(make_agency(tmp_path / "other").home)
    assert asked(capsys, package, "--key", stranger)[0] == 1
    assert main([str(package), "--key", "nonsense"]) == 2
    assert main([str(tmp_path / "nowhere")]) == 2


def test_any_flipped_bit_in_any_file_is_refused_and_the_place_is_named(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw = random.Random(os.urandom(8))
    tried = 0
    for path in sorted(path for path in package.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        for _ in range(examples(80)):
            at, bit = draw.randrange(len(whole)), 1 << draw.randrange(8)
            path.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
            code, answer = asked(capsys, package)
            assert (code, answer["verdict"]) == (1, "refused"), f"byte {at} of {path.name}, bit {bit}"
            assert answer["step"] or answer["file"]
            tried += 1
        path.write_bytes(whole)
    assert asked(capsys, package)[0] == 0
    how_far(f"{tried} bits flipped, {tried} refused")


def rehash(package: Path) -> None:
    """What a forger can do: recompute every manifest and the sum of the payload."""
    payload = sorted(path for path in (package / "data").rglob("*") if path.is_file())
    (package / "manifest-sha256.txt").write_text("".join(_line(package, path) for path in payload))
    info = package / "bag-info.txt"
    oxum = f"Payload-Oxum: {sum(path.stat().st_size for path in payload)}.{len(payload)}"
    info.write_text(re.sub(r"Payload-Oxum: .*", oxum, info.read_text()))
    tags = ("README.txt", "bag-info.txt", "bagit.txt", "manifest-sha256.txt", "verify.html")
    (package / "tagmanifest-sha256.txt").write_text("".join(_line(package, package / name) for name in tags))


def _line(package: Path, path: Path) -> str:
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(package).as_posix()}\n"


def test_any_file_altered_with_all_manifests_recomputed_is_refused(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made_anew = {"tagmanifest-sha256.txt", "manifest-sha256.txt"}
    for path in sorted(path for path in package.rglob("*") if path.is_file() and path.name not in made_anew):
        whole = path.read_bytes()
        path.write_bytes(whole + b" ")
        rehash(package)
        assert asked(capsys, package)[0] == 1, path.name
        path.write_bytes(whole)


@pytest.mark.parametrize("name", ["extra.txt", "data/extra.txt", "data/footage/extra.bin"])
def test_an_added_file_is_refused_and_named(package: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (package / name).write_bytes(b"x")
    code, answer = asked(capsys, package)
    assert code == 1
    assert name in json.dumps(answer)


def test_a_missing_file_and_a_link_are_refused(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = next((package / "data" / "footage").iterdir())
    kept = package.parent / "kept"
    target.rename(kept)
    assert asked(capsys, package)[0] == 1
    target.symlink_to(kept)
    assert asked(capsys, package)[0] == 1


def test_proofs_of_the_writer_pass_and_wrong_ones_are_refused() -> None:
    draw = random.Random(9)
    for size in [*range(1, 40), 255, 256, 257, 1000]:
        leaves = [leaf_hash(bytes([n & 255, n >> 8])) for n in range(size)]
        tree = subtrees(leaves)
        root, index, cut = tree(0, size), draw.randrange(size), draw.randint(1, size)
        proof = inclusion_proof(index, size, tree)
        verify_inclusion(leaves[index], index, size, proof, root)
        verify_consistency(cut, size, consistency_proof(cut, size, tree), tree(0, cut), root)
        wrong = [
            (index, size, [*proof, root]),
            (size, size, proof),
            (-1, size, proof),
            (index, 0, proof),
            (index, size, [b"short", *proof]),
        ]
        wrong += [(index, size, proof[:-1])] if proof else []
        for at, of, path in wrong:
            with pytest.raises(VerificationError):
                verify_inclusion(leaves[index], at, of, path, root)
        with pytest.raises(VerificationError):
            verify_consistency(0, size, [], leaf_hash(b""), root)
        with pytest.raises(VerificationError):
            verify_consistency(size + 1, size, [], root, root)
        with pytest.raises(VerificationError):
            verify_consistency(size, size, [root], root, root)
