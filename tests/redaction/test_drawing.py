from typing import Any

import pytest

from vestige.errors import BadInput
from vestige.redaction.drawing import footage_of, hand_masks, picture_of, sightings_of
from vestige.redaction.geometry import Box, Picture, Span
from vestige.redaction.tracks import Sighting


def _answer(**changed: Any) -> dict[str, Any]:
    whole = {
        "width": 200, "height": 120, "rotation": 90, "duration_ms": 160, "frames": 4, "times": [0, 40, 80, 120], "cuts": [80],
        "found": [[40, [[1, 2, 3, 4, 700]]], [120, [[5, 6, 7, 8, 300], [9, 9, 9, 9, 310]]]], "sizes": [640], "runtime": "r",
    }  # fmt: skip
    return whole | changed


def test_an_answer_becomes_frames_cuts_and_sightings() -> None:
    footage = footage_of(_answer())
    assert (footage.picture, footage.times, footage.cuts) == (Picture(200, 120, 90), (0, 40, 80, 120), frozenset({2}))
    seen = sightings_of(_answer())
    assert seen == [[], [Sighting(Box(1, 2, 3, 4), 700)], [], [Sighting(Box(5, 6, 7, 8), 300), Sighting(Box(9, 9, 9, 9), 310)]]


@pytest.mark.parametrize(
    "changed",
    [{"found": [[41, [[1, 2, 3, 4, 700]]]]}, {"found": [[40, [[199, 2, 3, 4, 700]]]]}, {"found": [[40, [[1, 2, 0, 4, 700]]]]}],
    ids=["at no frame's time", "outside the picture", "empty"],
)
def test_a_hostile_answer_about_faces_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        sightings_of(_answer(**changed))


@pytest.mark.parametrize("changed", [{"times": [0, 80, 40, 120]}, {"times": [0, 40]}, {"times": [], "frames": 0}, {"width": 0}])
def test_a_hostile_answer_about_frames_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        footage_of(_answer(**changed))


def test_a_box_by_hand_is_given_as_it_is_seen() -> None:
    (one,) = hand_masks([(Box(60, 10, 40, 30), Span(10, 90))], Picture(200, 120, 90), 160, "b6", "A1")
    assert (one.id, one.track[0].box, one.track[0].at_ms, one.origin.name) == ("b1", Box(10, 20, 30, 40), 10, "A1")


def test_a_box_by_hand_outside_picture_or_recording_is_refused() -> None:
    with pytest.raises(BadInput, match="displayed picture"):
        hand_masks([(Box(100, 10, 40, 30), Span(10, 90))], picture_of(_answer()), 160, "b6", "A1")
    with pytest.raises(BadInput, match="after the recording's end"):
        hand_masks([(Box(0, 0, 40, 30), Span(10, 161))], picture_of(_answer()), 160, "b6", "A1")
