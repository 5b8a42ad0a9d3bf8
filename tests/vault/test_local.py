"""The vault on disk: what it keeps, what it gives back, and that nothing outside the store is ever touched."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import pytest
from tests.vault.sealing import files, noise, share, sweep, take_in

from vestige.errors import Fault, NotFound, Tampered, Unavailable
from vestige.evidence.values import uuid7
from vestige.vault.intake import Intake, WorkingWriter
from vestige.vault.keyring import Keyring
from vestige.vault.local import LocalVault
from vestige.vault.sealed import PLAIN_FIRST

W = TypeVar("W", Intake, WorkingWriter)
DATA = noise(PLAIN_FIRST + 1000)


def _read(vault: LocalVault, item: UUID, object_id: UUID) -> bytes:
    with vault.open(item, object_id) as reader:
        return reader.read_at(0, reader.size)


def _interrupted(writer: W, then: Callable[[W], object] = repr) -> None:
    with writer:
        writer.write(DATA)
        then(writer)
        raise RuntimeError("interrupted")


def test_the_folders_are_made_once_and_are_private(vault: LocalVault, home: Path) -> None:
    vault.create()
    assert len(list((home / "vault" / "objects").iterdir())) == 256
    assert len(list((home / "vault" / "working").iterdir())) == 256
    assert len(list((home / "keys").iterdir())) == 256
    assert {path.stat().st_mode & 0o777 for path in (home, *home.rglob("*"))} == {0o700}


def test_what_was_taken_in_is_read_back_and_lies_where_the_format_says(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, DATA)
    assert _read(vault, item, sealed_id) == DATA
    assert [str(path) for path in files(home)] == [f"keys/{str(item)[-2:]}/{item}.key", f"vault/objects/{str(sealed_id)[-2:]}/{sealed_id}"]
    assert {(home / path).stat().st_mode & 0o777 for path in files(home)} == {0o600}
    assert list(vault.objects()) == [sealed_id]
    assert list(vault.keys()) == [(item, sealed_id)]
    assert list(vault.leftovers()) == list(vault.strangers()) == []


def test_nothing_of_the_plaintext_is_on_disk(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    words = b"the words that a camera heard " * 100
    take_in(vault, item, sealed_id, words)
    with vault.working_writer(item, sealed_id, "transcript") as writer:
        writer.write(words)
    key = vault.data_key(item, sealed_id)
    for path in files(home):
        assert b"camera heard" not in (home / path).read_bytes()
        assert key not in (home / path).read_bytes()
        assert key.hex().encode() not in (home / path).read_bytes()


def test_an_intake_with_its_head_held_back_takes_patches(vault: LocalVault, item: UUID, sealed_id: UUID) -> None:
    with vault.begin(item, sealed_id, hold_first=True) as intake:
        intake.write(DATA)
        intake.patch(10, b"HEAD")
        intake.finish()
        intake.done()
    assert _read(vault, item, sealed_id) == DATA[:10] + b"HEAD" + DATA[14:]


def test_an_abandoned_intake_leaves_nothing(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    intake = vault.begin(item, sealed_id)
    intake.write(DATA)
    intake.abandon()
    intake.abandon()
    assert files(home) == []
    for act in (lambda: intake.write(b"x"), intake.finish):
        with pytest.raises(ValueError, match="no longer written"):
            act()


def test_an_intake_abandoned_after_it_was_finished_leaves_nothing(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    intake = vault.begin(item, sealed_id)
    intake.write(DATA)
    intake.finish()
    intake.abandon()
    assert files(home) == []


def test_a_block_that_fails_before_the_end_leaves_nothing(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    with pytest.raises(RuntimeError, match="interrupted"):
        _interrupted(vault.begin(item, sealed_id))
    assert files(home) == []


def test_a_block_that_fails_after_finish_leaves_the_bytes_to_the_sweeper(
    vault: LocalVault, home: Path, item: UUID, sealed_id: UUID
) -> None:
    with pytest.raises(RuntimeError, match="interrupted"):
        _interrupted(vault.begin(item, sealed_id), then=Intake.finish)
    assert _read(vault, item, sealed_id) == DATA
    assert sweep(vault, item, sealed_id)
    assert files(home) == []


def test_done_is_only_for_what_is_finished_and_finish_happens_once(vault: LocalVault, item: UUID, sealed_id: UUID) -> None:
    with vault.begin(item, sealed_id) as intake:
        with pytest.raises(ValueError, match="not finished"):
            intake.done()
        intake.finish()
        with pytest.raises(ValueError, match="finished already"):
            intake.finish()
        intake.done()
        intake.done()
    assert _read(vault, item, sealed_id) == b""


def test_an_object_that_is_written_already_is_not_begun_again(vault: LocalVault, item: UUID, sealed_id: UUID) -> None:
    with vault.begin(item, sealed_id), pytest.raises(Unavailable, match="exists"):
        vault.begin(uuid7(), sealed_id)


def test_a_stored_object_and_a_key_are_never_written_over(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, DATA)
    before = files(home)
    for other_item, other_object, why in ((uuid7(), sealed_id, "an object is"), (item, uuid7(), "a key file is")):
        intake = vault.begin(other_item, other_object)
        intake.write(b"other")
        with pytest.raises(Fault, match=f"{why} never written over"):
            intake.finish()
    assert files(home) == before
    assert _read(vault, item, sealed_id) == DATA


def test_items_share_bytes_under_key_files_of_their_own(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, DATA)
    share(vault, item, sealed_id, other := uuid7())
    assert sorted(vault.keys()) == sorted([(item, sealed_id), (other, sealed_id)])
    (home / "keys" / str(item)[-2:] / f"{item}.key").unlink()
    assert _read(vault, other, sealed_id) == DATA
    with pytest.raises(Fault, match="never written over"):
        share(vault, other, sealed_id, other)
    with pytest.raises(Fault, match="missing"):
        vault.open(item, sealed_id)


def test_a_sharing_intake_that_is_abandoned_takes_only_its_own_key(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, DATA)
    before = files(home)
    intake = vault.begin(uuid7(), uuid7())
    intake.write(DATA)
    intake.share(item, sealed_id)
    for act in (intake.finish, lambda: intake.share(item, sealed_id)):
        with pytest.raises(ValueError, match="finished already"):
            act()
    with pytest.raises(ValueError, match="no longer written"):
        intake.write(b"x")
    assert len(files(home)) == len(before) + 1
    intake.abandon()
    intake.abandon()
    assert files(home) == before
    assert _read(vault, item, sealed_id) == DATA


def test_what_cannot_be_opened_is_not_shared_and_nothing_is_left(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, DATA)
    before = files(home)
    for whose, named in ((uuid7(), sealed_id), (item, uuid7())):
        with pytest.raises(Fault), vault.begin(uuid7(), uuid7()) as intake:
            intake.share(whose, named)
    assert files(home) == before


def test_a_key_file_moved_to_another_item_does_not_open(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, DATA)
    other = uuid7()
    text = (home / "keys" / str(item)[-2:] / f"{item}.key").read_text()
    path = home / "keys" / str(other)[-2:] / f"{other}.key"
    path.write_text(text)
    with pytest.raises(Fault, match="another item"):
        vault.open(other, sealed_id)
    path.write_text(text.replace(str(item), str(other)))
    with pytest.raises(Tampered, match="data key"):
        vault.open(other, sealed_id)


def test_a_key_file_of_another_object_does_not_open(vault: LocalVault, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, DATA)
    other_item, other_object = uuid7(), uuid7()
    take_in(vault, other_item, other_object, DATA)
    with pytest.raises(Fault, match=f"opens object {sealed_id}"):
        vault.open(item, other_object)


def test_missing_bytes_and_swapped_bytes_are_faults(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, DATA)
    other_item, other_object = uuid7(), uuid7()
    take_in(vault, other_item, other_object, DATA)
    stored = home / "vault" / "objects" / str(sealed_id)[-2:] / str(sealed_id)
    other = home / "vault" / "objects" / str(other_object)[-2:] / str(other_object)
    stored.write_bytes(other.read_bytes())
    with pytest.raises(Tampered, match=f"{sealed_id}: segment 2 of 2"):
        vault.open(item, sealed_id)
    stored.unlink()
    with pytest.raises(Fault, match="missing"):
        vault.open(item, sealed_id)


def test_another_keyring_does_not_open_it(vault: LocalVault, home: Path, tmp_path: Path, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, DATA)
    stranger = LocalVault(home, Keyring.create(tmp_path / "other.keyring", uuid7()))
    with pytest.raises(Fault, match="has no key"):
        stranger.open(item, sealed_id)


def test_a_working_copy_is_replaced_whole_or_not_at_all(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, DATA)
    with vault.working_writer(item, sealed_id, "poster") as writer:
        writer.write(b"first")
    with pytest.raises(RuntimeError, match="interrupted"):
        _interrupted(vault.working_writer(item, sealed_id, "poster"))
    with vault.open_working(item, sealed_id, "poster") as reader:
        assert reader.read_at(0, 99) == b"first"
    with vault.working_writer(item, sealed_id, "poster", hold_first=True) as writer:
        writer.write(b"second")
        writer.patch(0, b"S")
    with vault.open_working(item, sealed_id, "poster") as reader:
        assert reader.read_at(0, 99) == b"Second"
    assert list(vault.workings()) == [(item, "poster")]
    vault.drop_working(item, "poster")
    vault.drop_working(item, "poster")
    with pytest.raises(NotFound, match="no working copy"):
        vault.open_working(item, sealed_id, "poster")
    assert len(files(home)) == 2


def test_a_working_copy_of_another_kind_or_item_is_tampered(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, DATA)
    share(vault, item, sealed_id, other := uuid7())
    with vault.working_writer(item, sealed_id, "poster") as writer:
        writer.write(b"a picture")
    folder = home / "vault" / "working"
    poster = (folder / str(item)[-2:] / f"{item}.poster").read_bytes()
    (folder / str(item)[-2:] / f"{item}.proxy").write_bytes(poster)
    (folder / str(other)[-2:] / f"{other}.poster").write_bytes(poster)
    for whose, kind in ((item, "proxy"), (other, "poster")):
        with pytest.raises(Tampered):
            vault.open_working(whose, sealed_id, kind)


@pytest.mark.parametrize("kind", ["", "../x", "a/b", "A", "a.b", ".a", "x" * 41, "a\n"])
def test_a_kind_that_is_no_plain_word_is_refused(vault: LocalVault, item: UUID, sealed_id: UUID, kind: str) -> None:
    acts: list[Callable[[], object]] = [
        lambda: vault.working_writer(item, sealed_id, kind),
        lambda: vault.open_working(item, sealed_id, kind),
        lambda: vault.drop_working(item, kind),
    ]
    for act in acts:
        with pytest.raises(ValueError, match="no kind"):
            act()


def test_only_a_uuid_names_a_thing(vault: LocalVault, item: UUID) -> None:
    with pytest.raises(ValueError, match="UUID only"):
        vault.open(item, "../../etc/passwd")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="UUID only"):
        vault.begin(str(item), item)  # type: ignore[arg-type]


def test_a_link_out_of_the_store_is_never_followed(vault: LocalVault, home: Path, tmp_path: Path, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, DATA)
    stored = home / "vault" / "objects" / str(sealed_id)[-2:] / str(sealed_id)
    outside = tmp_path / "outside"
    outside.mkdir()
    stored.rename(outside / stored.name)
    stored.symlink_to(outside / stored.name)
    with pytest.raises(Unavailable, match="symbolic links"):
        vault.open(item, sealed_id)
    assert list(vault.strangers()) == [stored]
    stored.unlink()
    stored.parent.rmdir()
    stored.parent.symlink_to(outside)
    with pytest.raises(Fault, match="leads out of the store"):
        vault.open(item, sealed_id)


def test_a_store_on_another_disk_is_a_store(home: Path, keyring: Keyring, tmp_path: Path, item: UUID, sealed_id: UUID) -> None:
    home.mkdir()
    (tmp_path / "big disk").mkdir()
    (home / "vault").symlink_to(tmp_path / "big disk")
    vault = LocalVault(home, keyring)
    vault.create()
    take_in(vault, item, sealed_id, DATA)
    assert _read(vault, item, sealed_id) == DATA


def test_strangers_in_the_store_are_named(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, DATA)
    wrong = [home / "vault/objects/00/readme.txt", home / f"keys/zz/{item}.key", home / f"vault/objects/{str(sealed_id)[-2:]}/x"]
    for path in wrong:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    assert sorted(vault.strangers()) == sorted(wrong)
    assert list(vault.objects()) == [sealed_id]


def test_a_bad_key_file_stops_the_list_by_name_but_not_the_check_item_by_item(vault: LocalVault, home: Path, item: UUID) -> None:
    for _ in range(3):
        take_in(vault, uuid7(), uuid7(), b"x")
    path = home / "keys" / str(item)[-2:] / f"{item}.key"
    path.write_bytes(b"{}")
    with pytest.raises(Fault, match=str(item)):
        list(vault.keys())
    good = 0
    for found in vault.items_with_key():
        if found == item:
            with pytest.raises(Fault, match=str(item)):
                vault.object_of(found)
        else:
            vault.object_of(found)
            good += 1
    assert good == 3


def test_a_folder_that_is_gone_is_unavailable_and_named(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    (home / "vault" / "tmp").rmdir()
    with pytest.raises(Unavailable, match="vault/tmp"):
        vault.begin(item, sealed_id)
    with pytest.raises(Unavailable, match="vault/tmp"):
        list(vault.leftovers())


def test_no_descriptor_is_left_open(vault: LocalVault, item: UUID, sealed_id: UUID) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    take_in(vault, item, sealed_id, DATA)
    _read(vault, item, sealed_id)
    with vault.working_writer(item, sealed_id, "poster") as writer:
        writer.write(b"x")
    vault.open_working(item, sealed_id, "poster").close()
    with vault.begin(uuid7(), uuid7()) as intake:
        intake.write(b"x")
    with pytest.raises(Fault):
        vault.open(item, uuid7())
    assert sweep(vault, uuid7(), uuid7())
    share(vault, item, sealed_id, uuid7())
    with suppress(RuntimeError), vault.begin(uuid7(), uuid7()) as intake:
        intake.share(item, sealed_id)
        raise RuntimeError
    assert len(list(Path("/proc/self/fd").iterdir())) == before
