import json
from dataclasses import replace
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from tests.budget import examples
from tests.redaction.values import DETECTOR, LENGTH, mask, plan, plans

from vestige.errors import BadInput
from vestige.redaction.geometry import Box, Picture, Span
from vestige.redaction.plan import Keyframe, Kind, Mask, Mute, Origin, Plan, Quality
from vestige.redaction.reading import plan_from_bytes, plan_from_json


@given(plans())
@settings(max_examples=examples(300), deadline=None)
def test_a_plan_comes_back_from_its_json_and_its_bytes_are_rfc_8785(drawn: Plan) -> None:
    assert plan_from_json(drawn.to_json()) == drawn
    assert plan_from_bytes(drawn.canonical()) == drawn
    assert drawn.canonical() == rfc8785.dumps(drawn.to_json())  # type: ignore[arg-type]
    assert plan_from_bytes(drawn.canonical()).digest() == drawn.digest()
    salted = replace(drawn, salt="a5" * 16)
    assert plan_from_bytes(salted.canonical()) == salted
    assert salted.digest() != drawn.digest()
    assert (drawn.to_json()["format"], salted.to_json()["format"]) == ("vestige-redaction/1", "vestige-redaction/2")


def test_any_change_changes_the_digest() -> None:
    whole = plan(mask(), mutes=(Mute(Span(0, 10), "b6"),))
    others = [
        replace(whole, masks=(mask(exemption="b7C"),)),
        replace(whole, masks=(mask(span=(0, 1001)),)),
        replace(whole, masks=(mask(box=Box(10, 10, 20, 21)),)),
        replace(whole, mutes=()),
        replace(whole, frames=51),
        replace(whole, picture=Picture(200, 120, 90)),
        replace(whole, quality=Quality.STANDARD, detector=DETECTOR),
    ]
    assert len({one.digest() for one in [whole, *others]}) == len(others) + 1


def test_a_plan_that_hides_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match="hides nothing"):
        plan()


def test_a_box_outside_the_picture_is_refused() -> None:
    with pytest.raises(BadInput, match="leaves the picture of 200 x 120"):
        plan(mask(box=Box(190, 10, 20, 20)))


def test_a_span_after_the_end_is_refused() -> None:
    with pytest.raises(BadInput, match="after the recording's end"):
        plan(mask(span=(0, LENGTH + 1)))
    with pytest.raises(BadInput, match="a mute ends"):
        plan(mutes=(Mute(Span(0, LENGTH + 1), "b6"),))


def test_two_masks_of_one_id_are_refused() -> None:
    with pytest.raises(BadInput, match="same id"):
        plan(mask("b1"), mask("b1"))


def test_an_exemption_that_the_policy_does_not_know_is_named() -> None:
    drawn = plan(mask(exemption="b6"), mask("b2", exemption="b9"))
    drawn.require_exemptions({"b6", "b9"})
    with pytest.raises(BadInput, match="no exemption b9"):
        drawn.require_exemptions({"b6", "b7C"})


@pytest.mark.parametrize("code", ["", " b6", "b6\n", "x" * 61, "<b>"])
def test_an_exemption_that_is_not_well_formed_is_refused(code: str) -> None:
    with pytest.raises(BadInput, match="exemption"):
        mask(exemption=code)


@pytest.mark.parametrize("times", [(), (5, 5), (7, 6), (-1, 4), (4, 100)])
def test_a_track_that_is_empty_out_of_order_or_outside_its_span_is_refused(times: tuple[int, ...]) -> None:
    track = tuple(Keyframe(at, Box(0, 0, 1, 1)) for at in times)
    with pytest.raises(BadInput):
        Mask("b1", Kind.BOX, Span(0, 100), "b6", Origin("person", "A"), track)


def test_a_plan_names_its_detector_exactly_where_a_machine_looked() -> None:
    with pytest.raises(BadInput, match="names its detector"):
        replace(plan(mask()), quality=Quality.STANDARD)
    with pytest.raises(BadInput, match="names its detector"):
        replace(plan(mask()), detector=DETECTOR)


def _broken() -> list[tuple[str, Any]]:
    whole: dict[str, Any] = plan(mask(), mutes=(Mute(Span(0, 10), "b6"),)).to_json()

    def put(path: str, value: object) -> dict[str, Any]:
        copy = json.loads(json.dumps(whole))
        at = copy
        *way, last = path.split("/")
        for step in way:
            at = at[int(step) if step.isdigit() else step]
        at[last] = value
        return copy

    return [
        ("a list", []),
        ("another format", put("format", "vestige-redaction/2")),
        ("one key more", put("more", 1)),
        ("one key less", {key: value for key, value in whole.items() if key != "mutes"}),
        ("a float", put("duration_ms", 2000.0)),
        ("a boolean", put("frames", bool(1))),
        ("text for a number", put("picture/width", "200")),
        ("a bad id", put("item", "x")),
        ("an id in capitals", put("item", str(whole["item"]).upper() + "A")),
        ("a bad digest", put("source", "AB" * 32)),
        ("a bad quality", put("quality", "best")),
        ("a bad kind", put("masks/0/kind", "plate")),
        ("a short keyframe", put("masks/0/track", [[0, 1, 2, 3]])),
        ("no track", put("masks/0/track", [])),
        ("a backward mute", put("mutes/0/to_ms", 0)),
        ("a detector of nothing", put("detector", {})),
        ("masks that are no list", put("masks", {})),
        ("an origin of nowhere", put("masks/0/origin/kind", "dog")),
    ]


@pytest.mark.parametrize("value", [value for _, value in _broken()], ids=[name for name, _ in _broken()])
def test_json_that_is_no_plan_is_refused(value: object) -> None:
    with pytest.raises(BadInput):
        plan_from_json(value)


def test_bytes_that_are_not_canonical_are_refused() -> None:
    data = plan(mask()).canonical()
    with pytest.raises(BadInput, match="canonical"):
        plan_from_bytes(json.dumps(json.loads(data)).encode())
    with pytest.raises(BadInput, match="not JSON"):
        plan_from_bytes(data[:-1])
    with pytest.raises(BadInput):
        plan_from_bytes(b"[" * 100_000)
