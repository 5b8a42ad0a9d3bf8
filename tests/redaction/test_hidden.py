"""What leaves of a plan: it hides the same, it names nobody, and the stranger's reader, written apart, makes the same of it."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.redaction.values import DETECTOR, LENGTH, mask, plan, plans

from vestige.disclosure.redaction_log import redaction_log_csv
from vestige.policy.load import load_pack
from vestige.redaction.geometry import Box, Span
from vestige.redaction.hidden import hidden_digests, hidden_json
from vestige.redaction.log import rows, whole_share
from vestige.redaction.masks import hidden_boxes
from vestige.redaction.plan import Keyframe, Kind, Mask, Mute, Origin, Plan, Quality
from vestige_verify import redaction_log
from vestige_verify.hidden import Hidden, Sweep, parse, share

SALT = "5a" * 16
POLICY = load_pack("us-federal")
GROUNDS = st.sampled_from(["b6", "b7c"])


def read(salted: Plan) -> Hidden:
    return parse(hidden_json(salted) or b"")


@st.composite
def salted(draw: st.DrawFn) -> Plan:
    drawn = draw(plans())
    masks = tuple(replace(one, exemption=draw(GROUNDS)) for one in drawn.masks)
    return replace(drawn, salt=SALT, masks=masks, mutes=tuple(replace(one, exemption=draw(GROUNDS)) for one in drawn.mutes))


@given(salted(), st.sets(st.integers(0, LENGTH - 1), min_size=1, max_size=30))
@settings(max_examples=examples(400), deadline=None)
def test_the_stranger_reads_the_same_boxes_for_every_frame(drawn: Plan, times: set[int]) -> None:
    sweep = Sweep(read(drawn).masks)
    for start, end in pairwise([*sorted(times), LENGTH]):
        ours = {(box.x, box.y, box.right, box.bottom) for box in hidden_boxes(drawn, start, end)}
        assert sweep.during(start, end) == ours


@given(salted())
@settings(max_examples=examples(300), deadline=None)
def test_the_stranger_adds_up_the_shares_of_the_redaction_log(drawn: Plan) -> None:
    must = read(drawn)
    ours = sorted((row.from_ms, row.to_ms, row.share) for row in rows(drawn) if row.kind != "sound")
    assert sorted((one.from_ms, one.to_ms, share(must, [one], one.to_ms - one.from_ms)) for one in must.masks) == ours
    assert share(must, must.masks, must.duration_ms) == whole_share(drawn)
    redaction_log.require_same(redaction_log_csv(drawn, POLICY), must)


def test_nothing_leaves_but_where_and_when() -> None:
    track = tuple(Keyframe(at, Box(33 + at // 80, 40, 7, 9)) for at in range(0, 400, 40))
    face = Mask("f17", Kind.FACE, Span(0, 1000), "b7c", Origin("model", "centerface", "1.5.0", 913), track)
    drawn = plan(face, mask("b1", (200, 900), Box(1, 2, 3, 4)), mutes=(Mute(Span(5, 10), "b6"),))
    whole = replace(drawn, salt=SALT, quality=Quality.STANDARD, detector=DETECTOR)
    value = json.loads(hidden_json(whole) or b"")
    assert value == {
        "duration_ms": LENGTH,
        "format": "vestige-hidden/1",
        "frames": 50,
        "masks": [
            {"from_ms": 0, "to_ms": 1000, "track": [[0, 32, 32, 16, 32], [360, 32, 32, 16, 32]]},
            {"from_ms": 200, "to_ms": 900, "track": [[200, 0, 0, 16, 16]]},
        ],
        "mutes": [[5, 10]],
        "picture": {"height": 120, "rotation": 0, "width": 200},
    }


def test_two_people_who_draw_the_same_let_the_same_leave() -> None:
    one = replace(plan(mask()), salt=SALT)
    other = replace(one, salt="01" * 16, masks=(replace(mask("b9", exemption="b7c"), origin=Origin("person", "Z9")),))
    assert hidden_digests(one) == hidden_digests(other)
    assert one.digest() != other.digest()


def test_nothing_leaves_of_a_plan_without_a_salt() -> None:
    assert hidden_json(plan(mask())) is None
    assert hidden_digests(plan(mask())) == ()


@pytest.mark.parametrize("salt", ["5a", "5A" * 16, "5a" * 17])
def test_a_salt_has_sixteen_bytes(salt: str) -> None:
    with pytest.raises(Exception, match="salt of a plan"):
        replace(plan(mask()), salt=salt)
