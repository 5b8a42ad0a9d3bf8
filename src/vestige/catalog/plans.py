"""Access plans as conditions of the database."""

from django.db.models import Q

from vestige.access.plan import All, OwnedBy, Plan


def compile_plan(plan: Plan, prefix: str) -> Q:
    """The condition of a plan; `prefix` leads from the table to the recording (`recording__`, or nothing)."""
    if isinstance(plan, All):
        return Q()
    if isinstance(plan, OwnedBy):
        return Q(**{f"{prefix}officer_id": plan.person})
    return Q(pk__in=[])
