"""How `fsck` reads a long log: in parts, by several processes, which together find what one finds."""

import os
import time
from pathlib import Path

import pytest
from django.db import connection
from tests.agency import CONSOLE, Agency, make_agency

from vestige.actions import intake
from vestige.catalog import checking_log, triggers
from vestige.catalog.apart import answers
from vestige.catalog.models import Event
from vestige.custody.events import FIELDS, EventType
from vestige.errors import Unavailable
from vestige.evidence.changes import Statement


@pytest.fixture
def agency(either_database: str, tmp_path: Path) -> Agency:
    """A new home on each database."""
    agency = make_agency(tmp_path)
    assert connection.vendor == either_database
    return agency


def test_a_long_log_is_read_by_several_processes_that_find_what_one_finds(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    path = agency.home.config.home.with_name("note.bin")
    path.write_bytes(b"an item with a trail through all parts")
    item = intake.receive(agency.ports, agency.actor("evidence custodian"), intake.Sent(path), lambda _: None).item
    for number in range(60):
        with agency.ports.catalog.writing(CONSOLE) as transaction:
            transaction.record(Statement(EventType.FIXITY_CHECKED, item=item, data={"number": number}))
    agency.ports.catalog.checkpoint()
    monkeypatch.setattr(checking_log, "_ALONE", 10)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    assert list(agency.ports.catalog.faults()) == []
    first, capitals, garbled, broken = (Event.objects.filter(item=item).order_by("seq")[place] for place in (3, 20, 40, 50))
    salt = capitals.openings.fields.partition('"salt":"')[2][:32]
    assert salt != salt.upper()
    with triggers.lifted(["catalog_event", "catalog_openings"]), connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_event SET item = NULL WHERE seq = %s", (first.seq,))
        cursor.execute("UPDATE catalog_openings SET fields = '{}' WHERE event_id = %s", (broken.seq,))
        cursor.execute(
            "UPDATE catalog_openings SET fields = replace(fields, %s, %s) WHERE event_id = %s", (salt, salt.upper(), capitals.seq)
        )
        if connection.vendor == "sqlite":  # the other takes no such text
            cursor.execute("UPDATE catalog_event SET actor = CAST(x'66ff' AS TEXT) WHERE seq = %s", (garbled.seq,))
    several = sorted((fault.object, fault.what) for fault in agency.ports.catalog.faults())
    monkeypatch.setattr(checking_log, "_ALONE", 10_000)
    assert several == sorted((fault.object, fault.what) for fault in agency.ports.catalog.faults())
    assert (f"event {first.id}", "the item in the table is not the item in the entry") in several
    assert (f"event {capitals.id}", "the openings are not written as they were") in several
    if connection.vendor == "sqlite":
        assert (f"event {garbled.id}", "the object or the actor in the table is not the one in the entry") in several
    assert any(name == f"event {broken.id}" for name, _ in several)
    assert any(what.startswith("the trail of the item is broken") for _, what in several)


def test_a_helper_that_raises_or_is_killed_is_told(agency: Agency) -> None:
    assert agency.ports.catalog.agency()
    with answers("math", "factorial", [(3,), (-1,)]) as given:
        assert next(given) == 6
        with pytest.raises(ValueError, match="negative"):
            next(given)
    with answers("os", "_exit", [(0,)]) as given, pytest.raises(Unavailable, match="ended from outside"):
        next(given)


def test_openings_that_were_made_to_be_slow_to_read_are_taken_apart_at_once() -> None:
    from vestige.catalog import checking_log

    part = "".join(f'"{name}":{{"salt":"{"0" * 32}","value":0}},' * 40 for name in FIELDS)
    begun = time.process_time()
    assert checking_log._whole((1, "0" * 32, "item:shown", 1, b"", b"", None, "{" + part * 20 + "}")) is None
    assert time.process_time() - begun < 1
