"""Searching by place: boxes by the index, then the distance on a sphere, in SQL that both databases do."""

import math
from functools import reduce
from operator import or_

from django.db.models import F, FloatField, Q, Value
from django.db.models.functions import Cast, Cos, Power, Radians, Sin
from django.db.models.lookups import LessThanOrEqual

from vestige.access.judge import Plan
from vestige.catalog import models
from vestige.catalog.plans import condition
from vestige.evidence.tracks import RADIUS_M, STEP_M, Near, boxes

_E7 = 1e7


def came_near(near: Near, prefix: str, tracks: Plan) -> Q:
    """Recordings with a place of their own, or a point of a track of one of their items, within reach: of those whose tracks `tracks` shows."""
    own = models.Recording.objects.filter(*_within(near, near.metres)).values("id")
    passed = (
        models.TrackPoint.objects.filter(*_within(near, near.metres + STEP_M))
        .filter(condition(tracks, "item__recording__"))
        .values("item__recording")
    )
    return Q(**{f"{prefix}id__in": own}) | Q(**{f"{prefix}id__in": passed})


def _within(near: Near, reach_m: float) -> tuple[Q, LessThanOrEqual]:
    """The conditions on a row with latitude and longitude."""
    found = boxes(near, reach_m)
    inside = [Q(latitude_e7__range=(south, north), longitude_e7__range=(west, east)) for south, north, west, east in found]
    here = math.radians(near.latitude_e7 / _E7)
    high, turn = _half("latitude_e7", near.latitude_e7), _half("longitude_e7", near.longitude_e7)
    there = Cos(Radians(_degrees("latitude_e7")))
    part = Power(Sin(high), 2.0) + Value(math.cos(here), FloatField()) * there * Power(Sin(turn), 2.0)
    return reduce(or_, inside), LessThanOrEqual(part, Value(math.sin(reach_m / RADIUS_M / 2) ** 2, FloatField()))


def _degrees(column: str) -> Cast:
    return Cast(F(column), FloatField()) / Value(_E7, FloatField())  # type: ignore[return-value]  # combined expressions are untyped


def _half(column: str, middle: int) -> Radians:
    """Half the angle between a column and a number, in radians."""
    return Radians((Cast(F(column), FloatField()) - Value(float(middle), FloatField())) / Value(2 * _E7, FloatField()))
