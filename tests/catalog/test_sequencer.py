"""Any interleaving of writers, paused and resumed sequencers, crashes and restarts gives one gapless log, each item's chain whole."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests import tlog_reader
from tests.agency import CONSOLE, Agency, make_agency
from tests.budget import examples, how_far
from tests.test_home import note, take

from vestige.catalog import sequencer
from vestige.catalog.models import Checkpoint, Event, LogState, Sequenced, Waiting
from vestige.custody import notes
from vestige.custody.events import EventType
from vestige.custody.tree import Frontier
from vestige.evidence.changes import Statement


class Crash(Exception):
    """The process dies here."""


class Log(RuleBasedStateMachine):
    """Writers, sequencers that stop between reading the state and swapping it, crashes in either, restarts, and whoever reads the files."""

    agency: Agency
    items: tuple[UUID, ...]
    tried = 0
    paused = Bundle("paused")

    def __init__(self) -> None:
        super().__init__()
        self.signed: dict[int, bytes] = {}
        self.leaves = [bytes(leaf) for leaf in Sequenced.objects.order_by("index").values_list("leaf", flat=True)]

    def _record(self, count: int, which: int) -> None:
        with self.agency.ports.catalog.writing(CONSOLE) as transaction:
            for number in range(count):
                item = self.items[(which + number) % len(self.items)] if which else None
                transaction.record(Statement(EventType.ITEM_SHOWN, item=item))
            if which == 3:
                raise Crash

    def _read(self) -> tuple[LogState, list[tuple[int, bytes]]]:
        self._record(2, 1)
        return LogState.objects.get(), sequencer.next_events()

    @rule(count=st.integers(1, 5), which=st.integers(0, 3))
    def write(self, count: int, which: int) -> None:
        before = Event.objects.count()
        with contextlib.suppress(Crash):
            self._record(count, which)
        assert Event.objects.count() == before + (0 if which == 3 else count)

    @rule(target=paused)
    def begin(self) -> tuple[LogState, list[tuple[int, bytes]]]:
        """A sequencer reads the state and what waits (there is always something), and pauses."""
        return self._read()

    @rule(seen=paused, part=st.integers(1, 8))
    def resume(self, seen: tuple[LogState, list[tuple[int, bytes]]], part: int) -> None:
        """The same paused one may wake twice, as a process that was copied would."""
        state, waiting = seen
        if waiting:
            size = LogState.objects.get().size
            assert sequencer.append(state, waiting[:part]) is (size == state.size)

    @rule()
    def die_in_the_middle(self) -> None:
        """A sequencer that swapped, and wrote its indices, dies before it commits."""

        def crash(*_: object) -> None:
            raise Crash

        state, waiting = self._read()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sequencer, "full_tiles", crash)
            with pytest.raises(Crash):
                sequencer.append(state, waiting)
        assert LogState.objects.get().size == state.size

    @rule()
    def sequence(self) -> None:
        assert sequencer.sequence() == Event.objects.count()
        assert not Waiting.objects.exists()

    @rule()
    def sign(self) -> None:
        catalog = self.agency.ports.catalog
        head = notes.verify(catalog.checkpoint(), catalog.log_key())
        assert self.signed.setdefault(head.size, head.root) == head.root

    @rule()
    def publish(self) -> None:
        self.agency.ports.catalog.write_log()

    @rule()
    def restart(self) -> None:
        from django.db import connection

        connection.close()

    @invariant()
    def what_was_sequenced_stays_and_has_no_gap(self) -> None:
        rows = list(Sequenced.objects.order_by("index").values_list("index", "leaf"))
        assert [index for index, _ in rows] == list(range(len(rows)))
        leaves = [bytes(leaf) for _, leaf in rows]
        assert leaves[: len(self.leaves)] == self.leaves
        self.leaves = leaves
        state = LogState.objects.get()
        assert (state.size, bytes(state.root)) == (len(leaves), Frontier().append(leaves).root())

    def teardown(self) -> None:
        Log.tried += 1
        catalog = self.agency.ports.catalog
        catalog.write_log()
        leaves = [bytes(leaf) for leaf in Sequenced.objects.order_by("index").values_list("leaf", flat=True)]
        for size, text in Checkpoint.objects.values_list("size", "note"):
            root = Frontier().append(leaves[:size]).root()
            assert notes.verify(text, catalog.log_key()).root == root == self.signed.get(size, root)
        found = tlog_reader.read(tlog_reader.from_folder(self.agency.home.config.log))
        assert found.size == Event.objects.count() == len(set(found.entries))
        assert [f"{fault.object}: {fault.what}" for fault in (*catalog.faults(), *catalog.log_faults())] == []


@pytest.fixture
def agency() -> Iterator[Agency]:
    with tempfile.TemporaryDirectory() as folder:
        agency = make_agency(Path(folder))
        for number in range(2):
            take(agency, note(Path(folder), f"{number}.bin", f"file {number}".encode()))
        yield agency


def test_any_interleaving_gives_one_gapless_log(agency: Agency) -> None:
    from vestige.catalog.models import EvidenceItem

    Log.agency, Log.items = agency, tuple(EvidenceItem.objects.values_list("id", flat=True))
    run_state_machine_as_test(Log, settings=settings(max_examples=examples(400), stateful_step_count=25, deadline=None))  # type: ignore[no-untyped-call]
    how_far(f"{Log.tried} interleavings of up to 25 steps")
    assert Log.tried >= examples(400)
