"""The same bytes from another sender: a new item that shares the sealed object under its own key file, and tells nobody of the first."""

import hashlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from tests.agency import CONSOLE, Agency, make_agency
from vestige.access.roles import Role
from vestige.actions import intake, items, people, release
from vestige.actions.checking import check
from vestige.actions.intake import Outcome, Sent
from vestige.errors import NotFound, Refused, Unavailable
from vestige.evidence.items import EvidenceItem, ItemFilter
from vestige.evidence.people import Actor, system
from vestige.ingest.card import Card, Wishes, read_card
from vestige.vault.intake import Intake


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "note.bin"
    path.write_bytes(b"no kind of footage" * 1000)
    return path


def take(agency: Agency, path: Path, device: str | None = None, actor: Actor | None = None) -> Outcome:
    return intake.receive(agency.ports, actor or agency.actor("evidence custodian"), Sent(path, device=device), lambda _: None)


def item_of(agency: Agency, outcome: Outcome) -> EvidenceItem:
    found = agency.ports.catalog.item(str(outcome.item))
    assert found is not None
    return found


def faults(agency: Agency) -> list[tuple[str, str]]:
    return [(fault.object, fault.what) for fault in check(agency.ports, CONSOLE)]


def stored(agency: Agency) -> list[Path]:
    home = agency.home.config.home
    return sorted(path for folder in ("vault", "keys") for path in (home / folder).rglob("*") if path.is_file())


def exported(agency: Agency, outcome: Outcome, out: Path) -> str:
    release.export(agency.ports, agency.actor("evidence custodian"), outcome.number, out)
    [path] = (out / "data" / "footage").iterdir()
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_another_sender_s_same_bytes_are_a_new_item_with_one_object_two_keys_and_two_indexes(
    agency: Agency, footage: Path, tmp_path: Path
) -> None:
    path = footage / "hamilton_short.mp4"
    first, again, other = take(agency, path, "CAM1"), take(agency, path, "CAM1"), take(agency, path, "CAM2")
    assert (again.status, again.item) == ("duplicate", first.item)
    assert (other.status, other.reason) == ("accessioned", "")
    assert other.item != first.item
    assert other.recording != first.recording
    one, two = item_of(agency, first), item_of(agency, other)
    assert agency.ports.catalog.objects() == {one.sealed: [one.id, two.id]}
    assert len(stored(agency)) == 3
    assert one.facts == two.facts
    assert agency.ports.catalog.index_key(one.id) != agency.ports.catalog.index_key(two.id)
    assert [entry.type for entry in agency.ports.catalog.trail(two.id)] == ["item:received", "item:accessioned"]
    assert agency.ports.catalog.intakes() == []
    assert faults(agency) == []
    assert exported(agency, first, tmp_path / "1") == exported(agency, other, tmp_path / "2") == first.sha256.value
    assert take(agency, path, "CAM2").item == other.item


def test_a_third_sender_shares_as_long_as_anybody_s_copy_reads_back(agency: Agency, path: Path) -> None:
    first, other = take(agency, path, "CAM1"), take(agency, path, "CAM2")
    agency.key_file(first.item).unlink()
    third = take(agency, path, "CAM3")
    assert item_of(agency, third).sealed == item_of(agency, other).sealed
    assert [where for where, _ in faults(agency)] == [f"item {first.item}"]


@pytest.mark.parametrize("harm", ["flipped", "cut", "lost", "no key", "bad key"])
def test_what_does_not_read_back_is_not_shared_but_kept_anew(agency: Agency, path: Path, tmp_path: Path, harm: str) -> None:
    first = take(agency, path, "CAM1")
    sealed, key = agency.sealed(first.item), agency.key_file(first.item)
    whole = sealed.read_bytes()
    harms: dict[str, Callable[[], object]] = {
        "flipped": lambda: sealed.write_bytes(whole[:60] + bytes([whole[60] ^ 1]) + whole[61:]),
        "cut": lambda: sealed.write_bytes(whole[:-1]),
        "lost": sealed.unlink,
        "no key": key.unlink,
        "bad key": lambda: key.write_bytes(b"{"),
    }
    harms[harm]()
    other = take(agency, path, "CAM2")
    assert item_of(agency, other).sealed != item_of(agency, first).sealed
    assert exported(agency, other, tmp_path / "out") == first.sha256.value
    assert take(agency, path, "CAM1").item not in {first.item, other.item}
    assert {what for where, what in faults(agency) if str(other.item) in what + where} == set()


def test_an_object_that_is_lost_names_every_item_and_a_key_only_its_own(agency: Agency, path: Path) -> None:
    first, other = take(agency, path, "CAM1"), take(agency, path, "CAM2")
    sealed, key = agency.sealed(first.item), agency.key_file(other.item)
    whole, text = sealed.read_bytes(), key.read_bytes()
    sealed.unlink()
    named = f"the sealed object is missing: the bytes of item {first.item}, item {other.item}"
    assert faults(agency) == [(f"object {sealed.name}", named)]
    sealed.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert [where for where, _ in faults(agency)] == [f"item {first.item}", f"item {other.item}"]
    sealed.write_bytes(whole)
    key.write_bytes(text.replace(sealed.name.encode(), str(other.item).encode()))
    [(where, what)] = faults(agency)
    assert (where, f"opens object {other.item}" in what) == (f"item {other.item}", True)
    key.write_bytes(text)
    assert faults(agency) == []


def test_who_may_not_see_the_first_item_learns_nothing_of_it(agency: Agency, path: Path) -> None:
    one, added = agency.actor("officer"), people.add(agency.ports, CONSOLE, "O2", "Another", [Role.OFFICER])
    two = Actor("person", str(added.id), "Another (O2)", added.roles, "console")
    alone_path = path.with_name("alone.bin")
    alone_path.write_bytes(b"nobody else's")
    first, other, alone = take(agency, path, actor=one), take(agency, path, actor=two), take(agency, alone_path, actor=two)
    assert item_of(agency, first).sealed == item_of(agency, other).sealed
    assert [item.id for item in items.list_items(agency.ports, two, ItemFilter())] == [other.item, alone.item]
    with pytest.raises((NotFound, Refused)):
        items.show_item(agency.ports, two, first.number)
    seen = []
    for outcome in (other, alone):
        trail = [entry.opened for entry in agency.ports.catalog.trail(outcome.item)]
        assert str(first.item) not in json.dumps([outcome.as_json(), trail])
        [change] = [c for c in trail[0]["data"]["set"] if c["noun"] == "item"]  # type: ignore[index]
        assert UUID(change["columns"]["object"]).version == 4
        assert change["columns"]["object"] != str(outcome.item)
        seen.append((outcome.as_json().keys(), outcome.status, outcome.reason, trail[0]["data"].keys(), change["columns"].keys()))  # type: ignore[attr-defined]
    assert seen[0] == seen[1]


def test_the_card_is_erased_of_a_shared_file_too(agency: Agency, path: Path) -> None:
    take(agency, path, "CAM1")
    custodian = agency.actor("evidence custodian")
    [outcome] = read_card(agency.ports, custodian, Card.find([path]), Wishes(device="CAM2", erase=True), lambda _: None)
    assert isinstance(outcome, Outcome)
    assert outcome.erased
    assert not path.exists()
    assert faults(agency) == []


def test_a_sharing_intake_that_fails_at_the_end_leaves_the_shared_object(
    agency: Agency, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = take(agency, path, "CAM1")
    before = stored(agency)
    monkeypatch.setattr(type(agency.ports.catalog), "shared", lambda *_: False)
    with pytest.raises(Unavailable, match="taken away meanwhile"):
        take(agency, path, "CAM2")
    monkeypatch.undo()
    assert stored(agency) == before
    assert agency.ports.catalog.intakes() == []
    assert [item.id for item in items.list_items(agency.ports, agency.actor("auditor"), ItemFilter())] == [first.item]
    assert faults(agency) == []


def sweep(agency: Agency, left: list[tuple[UUID, UUID]]) -> int:
    return intake.sweep_left(agency.ports, system("intake"), left)


@pytest.mark.parametrize("sharing", [False, True])
def test_a_sweeper_whose_list_is_old_takes_nothing_that_was_committed_since(
    agency: Agency, path: Path, monkeypatch: pytest.MonkeyPatch, *, sharing: bool
) -> None:
    if sharing:
        take(agency, path, "CAM1")
    lists: list[list[tuple[UUID, UUID]]] = []
    done = Intake.done
    monkeypatch.setattr(Intake, "finish", _noting(Intake.finish, agency, lists))
    monkeypatch.setattr(Intake, "share", _noting(Intake.share, agency, lists))
    monkeypatch.setattr(Intake, "done", lambda self: (done(self), sweep(agency, lists[0]))[0])
    other = take(agency, path, "CAM2")
    [[(noted, _)]] = lists
    assert noted == other.item
    assert sweep(agency, lists[0]) == 0
    assert faults(agency) == []


def _noting(real: Callable[..., object], agency: Agency, lists: list[list[tuple[UUID, UUID]]]) -> Callable[..., object]:
    def noting(*args: object) -> object:
        lists.append(agency.ports.catalog.intakes())
        assert sweep(agency, lists[-1]) == 0
        done = real(*args)
        assert sweep(agency, lists[-1]) == 0
        return done

    return noting


def test_a_sweep_that_names_a_committed_object_or_item_is_refused_by_the_catalog(agency: Agency, path: Path) -> None:
    first, other = take(agency, path, "CAM1"), take(agency, path, "CAM2")
    before = stored(agency)
    sealed = item_of(agency, first).sealed
    for item, named in ((first.item, sealed), (other.item, sealed), (UUID(int=7), sealed), (other.item, UUID(int=7))):
        agency.ports.catalog.begin_intake(item, named, "forged", 0)
        assert sweep(agency, [(item, named)]) == 0
        agency.ports.catalog.end_intake(item)
    assert stored(agency) == before


def test_a_note_whose_writer_died_before_it_wrote_is_swept(agency: Agency) -> None:
    agency.ports.catalog.begin_intake(UUID(int=1), UUID(int=2), "gone", 0)
    assert sweep(agency, agency.ports.catalog.intakes()) == 1
    assert agency.ports.catalog.intakes() == []
    assert faults(agency) == []


def test_two_senders_at_the_same_moment_lose_nothing_and_one_sender_twice_gives_one_item(
    agency: Agency, path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inner: list[Outcome] = []

    def meanwhile(device: str) -> Callable[[Intake], int]:
        def finish(self: Intake) -> int:
            monkeypatch.undo()
            inner.append(take(agency, path, device))
            return self.finish()

        return finish

    monkeypatch.setattr(Intake, "finish", meanwhile("CAM2"))
    first = take(agency, path, "CAM1")
    assert len({first.item, inner[0].item}) == 2
    assert exported(agency, first, tmp_path / "1") == exported(agency, inner[0], tmp_path / "2")
    path.write_bytes(b"another file")
    monkeypatch.setattr(Intake, "finish", meanwhile("CAM1"))
    with pytest.raises(Unavailable, match="nothing is kept twice"):
        take(agency, path, "CAM1")
    again = take(agency, path, "CAM1")
    assert (again.status, again.item) == ("duplicate", inner[1].item)
    assert faults(agency) == []


def test_many_senders_in_threads_lose_nothing_while_a_sweeper_runs(agency: Agency, path: Path) -> None:
    from django.db import connections

    custodian, failed, taken, over = agency.actor("evidence custodian"), [], [], threading.Event()
    take(agency, path, "CAM0", custodian)

    def send(number: int) -> None:
        try:
            taken.append(take(agency, path, f"CAM{number}", custodian))
        except Unavailable as error:
            failed.append(error)
        finally:
            connections.close_all()

    def sweeps() -> None:
        while not over.is_set():
            sweep(agency, agency.ports.catalog.intakes())
        connections.close_all()

    senders, sweeper = [threading.Thread(target=send, args=(n,)) for n in range(1, 6)], threading.Thread(target=sweeps)
    for thread in (sweeper, *senders):
        thread.start()
    for thread in senders:
        thread.join()
    over.set()
    sweeper.join()
    sweep(agency, agency.ports.catalog.intakes())
    assert len(taken) + len(failed) == 5
    [sharers] = agency.ports.catalog.objects().values()
    assert len(sharers) == 1 + len(taken)
    assert faults(agency) == []
