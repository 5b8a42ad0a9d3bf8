"""Drawing a plan: from what a person pointed at, and from what the detector answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from vestige.errors import BadInput
from vestige.redaction.geometry import Box, Picture, Span
from vestige.redaction.plan import Keyframe, Kind, Mask, Origin
from vestige.redaction.tracks import Footage, Sighting


def hand_masks(drawn: Sequence[tuple[Box, Span]], picture: Picture, duration_ms: int, exemption: str, badge: str) -> tuple[Mask, ...]:
    """Masks b1, b2, ... for boxes in displayed pixels. Raises BadInput for a box outside the picture or a span outside the recording."""
    masks = []
    for number, (box, span) in enumerate(drawn, 1):
        within(span, duration_ms)
        key = Keyframe(span.from_ms, picture.to_coded(box))
        masks.append(Mask(f"b{number}", Kind.BOX, span, exemption, Origin("person", badge), (key,)))
    return tuple(masks)


def within(span: Span, duration_ms: int) -> None:
    """Refuses (BadInput) a span that reaches past the end of the recording."""
    if span.to_ms > duration_ms:
        raise BadInput(f"the span ends at {span.to_ms / 1000:.3f} s, after the recording's end at {duration_ms / 1000:.3f} s")


def picture_of(answer: Mapping[str, Any]) -> Picture:
    """The coded picture that the detector answered about."""
    return Picture(answer["width"], answer["height"], answer["rotation"])


def footage_of(answer: Mapping[str, Any]) -> Footage:
    """The frames that the detector answered about. `cuts` are times in the answer; every frame of that time begins a shot.

    Raises BadInput where the times fall, or are not as many as the frames.
    """
    times: list[int] = answer["times"]
    if len(times) != answer["frames"] or not times or times != sorted(times):
        raise BadInput("the times of the frames are not in order")
    cut = set(answer["cuts"])
    cuts = frozenset(frame for frame, at in enumerate(times) if at in cut)
    return Footage(picture_of(answer), tuple(times), max(answer["duration_ms"], times[-1] + 1), cuts)


def sightings_of(answer: Mapping[str, Any]) -> list[list[Sighting]]:
    """The faces of each frame. Raises BadInput for a box outside the picture, and for faces at a time at which there is no frame."""
    picture = picture_of(answer)
    seen: dict[int, list[Sighting]] = {}
    for at, boxes in answer["found"]:
        seen.setdefault(at, []).extend(_sighting(box, picture) for box in boxes)
    times: list[int] = answer["times"]
    if not seen.keys() <= set(times):
        raise BadInput("faces were found at a time at which there is no frame")
    return [seen.get(at, []) for at in times]


def _sighting(row: Sequence[int], picture: Picture) -> Sighting:
    x, y, w, h, score = row
    box = Box(x, y, w, h)
    if not box.inside(picture.width, picture.height):
        raise BadInput(f"a face was found outside the picture: {box}")
    return Sighting(box, score)
