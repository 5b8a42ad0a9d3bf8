"""A stranger checks what left: the independent verifier on real packages, and on every way to alter them."""

import hashlib
import json
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agency import Agency, make_agency
from tests.budget import examples
from vestige.actions import intake, release
from vestige.actions.intake import Sent
from vestige.assembly import log_key
from vestige.custody.tree import consistency_proof, inclusion_proof, leaf_hash, subtrees
from vestige_verify import VerificationError
from vestige_verify.cli import main
from vestige_verify.formats import Key
from vestige_verify.merkle import verify_consistency, verify_inclusion
from vestige_verify.package import verify


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


def files(package: Path) -> list[Path]:
    return sorted(path for path in package.rglob("*") if path.is_file())


def code(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(words)
    return int(ended.value.code or 0), capsys.readouterr().out


def test_a_package_passes_unpinned_with_the_warning_pinned_with_its_key_and_fails_with_another(
    made: tuple[Agency, Path], package: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own = log_key(made[0].home)
    found, words = code(capsys, str(package))
    assert (found, "known only from this package" in words.splitlines()[0]) == (0, True)
    assert code(capsys, str(package), "--key", own)[0] == 0
    answer = json.loads(code(capsys, str(package), "--json")[1])
    assert (answer["verdict"], answer["signer"], answer["withheld"], answer["console_acts"]) == ("verified", "unpinned", {}, True)
    stranger = log_key(make_agency(tmp_path / "other").home)
    found, words = code(capsys, str(package), "--key", stranger, "--json")
    assert (found, json.loads(words)["step"]) == (1, 1)
    assert code(capsys, str(package), "--key", "nonsense")[0] == 2
    assert code(capsys, str(tmp_path / "nowhere"))[0] == 2


def test_any_flipped_bit_in_any_file_is_refused(package: Path) -> None:
    draw = random.Random(7)
    tried = 0
    for path in files(package):
        whole = path.read_bytes()
        for _ in range(examples(40)):
            at, bit = draw.randrange(len(whole)), 1 << draw.randrange(8)
            path.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
            with pytest.raises(VerificationError) as refused:
                verify(package, [])
            assert refused.value.step
            assert refused.value.file
            tried += 1
        path.write_bytes(whole)
    verify(package, [])
    print(f"{tried} bits flipped, {tried} refused")


def rehash(package: Path) -> None:
    """What a forger can do: recompute every manifest and the sum of the payload."""
    payload = sorted(path for path in (package / "data").rglob("*") if path.is_file())
    line = lambda path: f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(package).as_posix()}\n"  # noqa: E731
    (package / "manifest-sha256.txt").write_text("".join(map(line, payload)))
    info = package / "bag-info.txt"
    oxum = f"Payload-Oxum: {sum(path.stat().st_size for path in payload)}.{len(payload)}"
    info.write_text(re.sub(r"Payload-Oxum: .*", oxum, info.read_text()))
    tags = ("README.txt", "bag-info.txt", "bagit.txt", "manifest-sha256.txt")
    (package / "tagmanifest-sha256.txt").write_text("".join(line(package / name) for name in tags))


def test_any_file_altered_with_all_manifests_recomputed_is_refused(package: Path) -> None:
    for path in files(package):
        if path.name in {"tagmanifest-sha256.txt", "manifest-sha256.txt", "package.tlog-proof"}:
            continue
        whole = path.read_bytes()
        path.write_bytes(whole + b" ")
        rehash(package)
        with pytest.raises(VerificationError):
            verify(package, [])
        path.write_bytes(whole)


def altered(told: dict[str, object]) -> Iterator[dict[str, object]]:
    text = json.dumps(told)
    for change in ("drop first", "drop last", "swap", "index", "digest", "withhold"):
        copy = json.loads(text)
        entries = copy["trails"][0]["entries"]
        if change == "drop first":
            entries.pop(0)
        elif change == "drop last":
            entries.pop()
        elif change == "swap":
            entries[0], entries[1] = entries[1], entries[0]
        elif change == "index":
            entries[0]["index"] += 1
        elif change == "digest":
            entries[0]["openings"]["digests"]["value"][0]["value"] = "0" * 64
        else:
            del entries[0]["openings"]["purpose"]
        yield copy


def test_an_event_dropped_moved_changed_or_closed_is_refused_even_when_the_log_would_name_the_bag(package: Path) -> None:
    """The trail is checked for itself: the steps after the hashes are run on altered trails."""
    from vestige_verify import package as steps
    from vestige_verify.formats import canonical, read_checkpoint, read_proof

    manifest = json.loads((package / "data" / "manifest.json").read_bytes())
    key = Key.read(manifest["log"]["key"])
    proof = read_proof((package / "package.tlog-proof").read_bytes())
    head = read_checkpoint(proof.checkpoint, key)
    told = json.loads((package / "data" / "trail.json").read_bytes())

    def judged(trail: dict[str, object]) -> None:
        trails = steps._trails(canonical(trail).encode(), key, proof, head)
        steps._closed(trails, proof, manifest)
        steps._story(trails, manifest)
        steps._count(steps.Report(key, pinned=False, manifest=manifest), trails, proof)

    judged(told)
    for copy in altered(told):
        with pytest.raises(VerificationError):
            judged(copy)


@pytest.mark.parametrize("name", ["extra.txt", "data/extra.txt", "data/footage/extra.bin"])
def test_an_added_file_is_refused_and_named(package: Path, name: str) -> None:
    (package / name).write_bytes(b"x")
    with pytest.raises(VerificationError) as refused:
        verify(package, [])
    assert refused.value.file == name or name in refused.value.reason


def test_a_missing_file_and_a_link_are_refused(package: Path) -> None:
    target = next((package / "data" / "footage").iterdir())
    kept = package.parent / "kept"
    target.rename(kept)
    with pytest.raises(VerificationError):
        verify(package, [])
    target.symlink_to(kept)
    with pytest.raises(VerificationError):
        verify(package, [])


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
