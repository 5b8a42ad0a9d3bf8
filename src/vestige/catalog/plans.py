"""Access plans as statements of the database: one branch a rule, put together by UNION. An OR of relations would make SQLite read the table.

Each branch walks an index of its own in the wanted order and ends at the limit; what several of them find is one row.
"""

from collections.abc import Sequence
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import F, Model, Q, QuerySet

from vestige.access.judge import Plan, Rule
from vestige.access.roles import Relation
from vestige.evidence.access import AccessClass, Mark, bits

_M = TypeVar("_M", bound=Model)
_MOST_BRANCHES = 100
"""Units of a branch each; whoever supervises more sees a large share of all, which is found fastest by walking all."""


def branches(plan: Plan, prefix: str) -> list[Q]:
    """A condition for each rule (and each unit of a few); `prefix` leads from the table to the recording (`recording__`, or nothing)."""
    found: list[Q] = []
    for rule in _widest(plan.rules):
        found += [_limits(rule, prefix) & one for one in _relation(plan, rule, prefix)]
    return found


def condition(plan: Plan, prefix: str) -> Q:
    """The plan as one condition: for finding a single row."""
    found = branches(plan, prefix)
    return reduce(or_, found) if found else Q(pk__in=[])


def seen(rows: "QuerySet[_M]", plan: Plan, prefix: str, order: str, limit: int) -> "QuerySet[_M]":
    """Of these rows the first that the plan shows, by id (`id` or `-id`)."""
    ways = branches(plan, prefix)
    if len(ways) <= 1:
        return rows.filter(ways[0] if ways else Q(pk__in=[])).order_by(order)[:limit]
    bare = rows.select_related(None).prefetch_related(None)
    parts = [bare.filter(way).order_by(order).values_list("id", flat=True)[:limit] for way in ways]
    return rows.filter(id__in=_united([part.query.sql_with_params() for part in parts], order, limit)).order_by(order)


def _united(parts: "Sequence[tuple[str, tuple[Any, ...]]]", order: str, limit: int) -> list[UUID]:
    union = " UNION ".join(f"SELECT id FROM ({sql}) AS b{number}" for number, (sql, _) in enumerate(parts))  # noqa: S608  # Django's own SQL
    direction = "DESC" if order.startswith("-") else "ASC"
    with connection.cursor() as cursor:
        cursor.execute(f"{union} ORDER BY id {direction} LIMIT %s", [*chain.from_iterable(values for _, values in parts), limit])
        return [value if isinstance(value, UUID) else UUID(str(value)) for (value,) in cursor.fetchall()]


def _widest(rules: Sequence[Rule]) -> list[Rule]:
    """Without those that another one contains."""
    kept: list[Rule] = []
    for rule in sorted(set(rules), key=lambda one: (one.relation is not Relation.ANY, -len(one.classes), -len(one.marks), one.role)):
        if not any(_contains(one, rule) for one in kept):
            kept.append(rule)
    return kept


def _contains(wide: Rule, narrow: Rule) -> bool:
    return wide.relation in {Relation.ANY, narrow.relation} and wide.classes >= narrow.classes and wide.marks >= narrow.marks


def _limits(rule: Rule, prefix: str) -> Q:
    limits = Q()
    if rule.classes != frozenset(AccessClass):
        limits &= Q(**{f"{prefix}access_class__in": sorted(rule.classes)})
    if others := bits(frozenset(Mark) - rule.marks):
        limits &= Q(**{f"{prefix}marks__isnull": True}) | Q(**{f"{prefix}marks": F(f"{prefix}marks").bitand(~others)})
    return limits


def _relation(plan: Plan, rule: Rule, prefix: str) -> list[Q]:
    if not rule.classes:
        return []
    if rule.relation is Relation.RECORDED:
        return [Q(**{f"{prefix}officer": plan.person})] if plan.person else []
    if rule.relation is Relation.SUPERVISES:
        units = sorted(plan.units)
        if len(units) > _MOST_BRANCHES:
            return [Q(**{f"{prefix}unit__in": units})]
        return [Q(**{f"{prefix}unit": unit}) for unit in units]
    return [Q()]
