"""Whole packages: the valid ones pass; no bit and no file can be changed without a refusal that names it."""

import os
import random
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.budget import examples
from verifier.tests.checks import FOOTAGE, PROFILES, Copy, Json, Make, refused
from verifier.tests.writer import FIELDS, Made, Plan, digest, key, make, rebag, retag, sha

from vestige_verify import bag
from vestige_verify.notes import parse_key
from vestige_verify.package import verify


def files_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("profile", PROFILES)
def test_a_valid_package_is_verified(packages: dict[str, Made], profile: str) -> None:
    package = packages[profile]
    for trusted in ((), (parse_key(package.vkey),), (parse_key(key(9).vkey), parse_key(package.vkey))):
        findings = verify(package.folder, trusted)
        assert findings.fault is None, findings.fault
        assert findings.key == parse_key(package.vkey)
        assert findings.manifest is not None
        assert findings.manifest.item == package.item


@pytest.mark.parametrize("profile", PROFILES)
def test_a_package_of_version_1_is_still_verified_and_holds_no_page(tmp_path: Path, profile: str) -> None:
    package = make(tmp_path / "package", Plan(format=1, profile=profile))
    assert verify(package.folder, ()).verified
    (package.folder / "verify.html").write_text("<title>Not of that time</title>", "utf-8")
    refused(verify(package.folder, ()), step=4, file="verify.html", reason="added")


def test_a_package_holds_the_page_that_its_version_asks_for_though_the_log_vouches_for_the_folder(tmp_path: Path) -> None:
    """The bag is closed with, or without, the page, and the log vouches for that."""
    for version, spoil, reason in ((1, _add_page, "does not hold"), (2, _remove_page, "must hold")):
        folder = tmp_path / str(version)

        def close(values: Json, folder: Path = folder, spoil: Callable[[Path], None] = spoil) -> Json:
            spoil(folder)
            return values | {"digests": [digest("package", sha(retag(folder).encode()))]}

        refused(verify(make(folder, Plan(format=version, edit_package=close)).folder, ()), step=4, file="verify.html", reason=reason)


def _add_page(folder: Path) -> None:
    (folder / "verify.html").write_text("<title>Check</title>", "utf-8")


def _remove_page(folder: Path) -> None:
    (folder / "verify.html").unlink()


@pytest.mark.parametrize(
    ("version", "witnesses", "reason"),
    [(1, [], "keys"), (2, None, "keys"), (2, ["b", "a"], "sorted"), (2, ["a", "a"], "sorted"), (2, [1], "text")],
)
def test_the_witnesses_that_a_manifest_names_are_a_sorted_list(made: Make, version: int, witnesses: list[Json] | None, reason: str) -> None:
    def edit(manifest: Json) -> Json:
        log = {name: value for name, value in manifest["log"].items() if name != "witnesses"}
        return manifest | {"log": log if witnesses is None else log | {"witnesses": witnesses}}

    refused(made(format=version, edit_manifest=edit), step=5, file="data/manifest.json", reason=reason)


def test_withheld_fields_are_counted(packages: dict[str, Made]) -> None:
    assert verify(packages["court"].folder, ()).withheld.total() == 0
    public = verify(packages["public"].folder, ())
    assert set(public.withheld) == set(FIELDS) - {"item", "previous", "role", "digests"}
    assert set(public.withheld.values()) == {public.events + 1}


@pytest.mark.parametrize("profile", PROFILES)
def test_no_bit_can_be_flipped(packages: dict[str, Made], copy: Copy, profile: str) -> None:
    folder = copy(profile)
    names = files_of(folder)
    assert "package.tlog-proof" in names
    assert "README.txt" in names

    @settings(max_examples=examples(3000), deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(names), st.randoms(use_true_random=False), st.integers(0, 7))
    def flipped(name: str, numbers: random.Random, bit: int) -> None:
        whole = (folder / name).read_bytes()
        spoilt = bytearray(whole)
        spoilt[numbers.randrange(len(whole))] ^= 1 << bit
        (folder / name).write_bytes(spoilt)
        try:
            for trusted in ((), (parse_key(packages[profile].vkey),)):
                refused(verify(folder, trusted))
        finally:
            (folder / name).write_bytes(whole)

    flipped()
    assert verify(folder, ()).verified


@pytest.mark.parametrize("profile", PROFILES)
def test_no_bit_of_the_proof_can_be_flipped_at_all(packages: dict[str, Made], copy: Copy, profile: str) -> None:
    folder = copy(profile)
    whole = (folder / "package.tlog-proof").read_bytes()
    pinned = (parse_key(packages[profile].vkey),)
    for at in range(0, len(whole), 1 if len(whole) < examples(3000) else 7):
        for bit in (0, 2, 5, 7):
            spoilt = bytearray(whole)
            spoilt[at] ^= 1 << bit
            (folder / "package.tlog-proof").write_bytes(spoilt)
            refused(verify(folder, pinned), file="package.tlog-proof")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("again", ["as it is", "bagged again"])
def test_files_altered_added_removed_renamed_or_linked_are_refused_and_named(copy: Copy, profile: str, again: str) -> None:
    for name in files_of(copy(profile)):
        for spoil in (_append, _empty, _remove, _rename, _link, _cut):
            folder = copy(profile)
            spoil(folder / name)
            if again == "bagged again":
                tags = ("bag-info.txt", "bagit.txt", "README.txt", "verify.html")
                if name.endswith("manifest-sha256.txt") or not all((folder / tag).exists() for tag in tags):
                    continue  # making the manifests again has healed them, or cannot be done
                rebag(folder)
            refused(verify(folder, ()))


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _remove(path: Path) -> None:
    path.unlink()


def _rename(path: Path) -> None:
    path.rename(path.with_name(path.name + ".bak"))


def _link(path: Path) -> None:
    target = path.parents[2] / f"{path.name}.elsewhere"
    shutil.move(path, target)
    path.symlink_to(target)
    assert path.exists()


@pytest.mark.parametrize(
    "added", ["extra.txt", "data/extra.txt", "data/footage/second.mp4", "fetch.txt", "manifest-md5.txt", "more/x", "data/.hidden"]
)
@pytest.mark.parametrize("again", ["as it is", "bagged again"])
def test_an_added_file_is_refused_and_named(copy: Copy, added: str, again: str) -> None:
    folder = copy("court")
    (folder / added).parent.mkdir(exist_ok=True)
    (folder / added).write_bytes(b"x")
    if again == "as it is":
        refused(verify(folder, ()), step=4)
        assert str(verify(folder, ()).fault.file).split("/")[0] == added.split("/", maxsplit=1)[0]  # type: ignore[union-attr]
    else:
        rebag(folder)
        refused(verify(folder, ()))


def test_an_altered_file_is_named(copy: Copy) -> None:
    for name in files_of(copy("court")):
        folder = copy("court")
        path = folder / name
        path.write_bytes(path.read_bytes()[:-2] + b"xy")
        fault = verify(folder, ()).fault
        assert fault is not None
        assert fault.file == name, (name, fault.__dict__)


def test_altering_and_recomputing_every_manifest_is_refused_at_the_log(copy: Copy) -> None:
    folder = copy("court")
    (folder / FOOTAGE).write_bytes(b"other footage")
    rebag(folder)
    refused(verify(folder, ()), step=3, file="tagmanifest-sha256.txt")


def test_folders_links_and_pipes(copy: Copy, tmp_path: Path) -> None:
    folder = copy("court")
    (folder / "data" / "empty").mkdir()
    refused(verify(folder, ()), step=4, file="data/empty")
    folder = copy("court")
    os.mkfifo(folder / "data" / "pipe")
    refused(verify(folder, ()), step=4, file="data/pipe")
    folder = copy("court")
    shutil.move(folder / "data", tmp_path / "elsewhere")
    (folder / "data").symlink_to(tmp_path / "elsewhere")
    refused(verify(folder, ()), step=4, file="data", reason="links")


def test_a_file_name_that_is_no_text_is_refused(copy: Copy) -> None:
    for name in (b"\xff.mp4", b"a\nb", b"a\x1b[31mb", b"back\\slash"):
        folder = copy("court")
        with open(os.fsencode(folder / "data") + b"/" + name, "wb") as file:  # noqa: PTH123 - a name in bytes
            file.write(b"x")
        refused(verify(folder, ()), step=4)


def test_a_stranger_passes_unpinned_and_fails_pinned(tmp_path: Path) -> None:
    ours, stranger = make(tmp_path / "a", Plan(seed=1)), make(tmp_path / "b", Plan(seed=2))
    assert verify(stranger.folder, ()).verified
    refused(verify(stranger.folder, (parse_key(ours.vkey),)), step=1, file="package.tlog-proof")


def test_the_same_name_with_another_key_fails_pinned(tmp_path: Path) -> None:
    forged = make(tmp_path / "a", Plan(seed=1))
    other = key(1)
    other.private = key(2).private
    refused(verify(forged.folder, (parse_key(other.vkey),)), step=1)


def test_the_proof_of_one_package_is_none_for_another(copy: Copy, tmp_path: Path) -> None:
    other = make(tmp_path / "other", Plan(footage=b"other footage"))
    folder = copy("court")
    shutil.copy(other.folder / "package.tlog-proof", folder / "package.tlog-proof")
    refused(verify(folder, ()), step=3)


def test_the_trail_of_another_package_is_none_for_this(made: Make, packages: dict[str, Made]) -> None:
    theirs = (packages["court"].folder / "data/trail.json").read_bytes()
    refused(made(seed=2, edit_trail_bytes=lambda _data: theirs), step=6, reason="another log")


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(["package.tlog-proof", "data/manifest.json", "bag-info.txt", "manifest-sha256.txt"]), data=st.binary(max_size=300)
)
def test_noise_in_a_file_never_breaks_the_check(packages: dict[str, Made], copy: Copy, name: str, data: bytes) -> None:
    folder = copy("court")
    (folder / name).write_bytes(data)
    refused(verify(folder, ()))
    shutil.rmtree(folder)
    assert packages


@pytest.mark.filterwarnings("ignore:'count' is passed as positional argument:DeprecationWarning")  # in the bagit library, from Python 3.13
@pytest.mark.parametrize("profile", PROFILES)
def test_the_bag_is_one_for_the_library_of_congress_too(packages: dict[str, Made], profile: str) -> None:
    bagit.Bag(str(packages[profile].folder)).validate()


def test_a_tag_manifest_as_the_library_writes_it_is_read(tmp_path: Path) -> None:
    """The `bagit` library puts one space into tag manifests and two into payload manifests."""
    folder = tmp_path / "package"

    def close(values: Json) -> Json:
        tag = folder / "tagmanifest-sha256.txt"
        tag.write_bytes(tag.read_bytes().replace(b"  ", b" "))
        return values | {"digests": [digest("package", sha(tag.read_bytes()))]}

    assert verify(make(folder, Plan(edit_package=close)).folder, ()).fault is None


def test_a_large_file_is_read_in_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(300 << 20)
    tracemalloc.start()
    count = sum(len(chunk) for chunk in bag.chunks(tmp_path, "large"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 300 << 20
    assert peak < 8 << 20
