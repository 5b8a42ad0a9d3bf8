"""A plan from JSON: every key must be there and no other; a value of the wrong kind is named and refused."""

import json
from uuid import UUID

from vestige.errors import BadInput
from vestige.evidence.values import Digest
from vestige.redaction.geometry import Box, Picture, Span
from vestige.redaction.plan import FORMAT, UNSALTED, Detector, Keyframe, Kind, Mask, Mute, Origin, Plan, Quality

_LONGEST = 256 * 1024 * 1024
_KEYFRAME_NUMBERS = 5


def plan_from_json(value: object) -> Plan:
    """The plan that `Plan.to_json` gave. Raises BadInput for anything else."""
    salted = isinstance(value, dict) and value.get("format") == FORMAT
    row = _object(value, "the plan", "detector duration_ms format frames item masks mutes picture quality" + " salt" * salted + " source")
    if row["format"] not in {FORMAT, UNSALTED}:
        raise BadInput(f"this is no {FORMAT} but {row['format']!r:.60}")
    picture = _object(row["picture"], "the picture", "height rotation width")
    return Plan(
        item=_uuid(row["item"]),
        source=_digest(row["source"]),
        picture=Picture(_int(picture["width"]), _int(picture["height"]), _int(picture["rotation"])),
        duration_ms=_int(row["duration_ms"]),
        frames=_int(row["frames"]),
        masks=tuple(_mask(mask) for mask in _array(row["masks"], "the masks")),
        mutes=tuple(_mute(mute) for mute in _array(row["mutes"], "the mutes")),
        quality=_quality(row["quality"]),
        detector=None if row["detector"] is None else _detector(row["detector"]),
        salt=_salt(row["salt"]) if salted else "",
    )


def plan_from_bytes(data: bytes) -> Plan:
    """The plan whose canonical JSON this is. Raises BadInput if it is not JSON, not a plan or not canonical."""
    if len(data) > _LONGEST:
        raise BadInput(f"a plan of {len(data)} bytes is too long")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the plan is not JSON: {error}") from error
    plan = plan_from_json(value)
    if plan.canonical() != data:
        raise BadInput("the plan is not in canonical form")
    return plan


def _object(value: object, what: str, names: str) -> dict[str, object]:
    if not isinstance(value, dict) or sorted(value) != names.split():
        raise BadInput(f"{what} must be an object with exactly the keys {names}")
    return value


def _array(value: object, what: str) -> list[object]:
    if not isinstance(value, list):
        raise BadInput(f"{what} must be an array")
    return value


def _int(value: object) -> int:
    if type(value) is not int:
        raise BadInput(f"a whole number is expected, not {value!r:.60}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadInput(f"text is expected, not {value!r:.60}")
    return value


def _uuid(value: object) -> UUID:
    text = _text(value)
    try:
        found = UUID(text)
    except ValueError as error:
        raise BadInput(f"not an item's id: {text[:60]!r}") from error
    if str(found) != text:
        raise BadInput(f"not an item's id in its canonical form: {text[:60]!r}")
    return found


def _salt(value: object) -> str:
    text = _text(value)
    if not text:
        raise BadInput("a plan of format 2 has a salt")
    return text


def _digest(value: object) -> Digest:
    try:
        return Digest(_text(value))
    except ValueError as error:
        raise BadInput(str(error)) from error


def _quality(value: object) -> Quality:
    try:
        return Quality(_text(value))
    except ValueError as error:
        raise BadInput(f"the quality is one of {', '.join(Quality)}, not {value!r:.40}") from error


def _kind(value: object) -> Kind:
    try:
        return Kind(_text(value))
    except ValueError as error:
        raise BadInput(f"a mask hides one of {', '.join(Kind)}, not {value!r:.40}") from error


def _detector(value: object) -> Detector:
    row = _object(value, "the detector", "model runtime sha256 sizes threshold version")
    sizes = tuple(_int(size) for size in _array(row["sizes"], "the detector's sizes"))
    return Detector(_text(row["model"]), _text(row["version"]), _text(row["sha256"]), _int(row["threshold"]), sizes, _text(row["runtime"]))


def _mask(value: object) -> Mask:
    row = _object(value, "a mask", "exemption from_ms id kind origin to_ms track")
    origin = _object(row["origin"], "a mask's origin", "kind name score version")
    return Mask(
        id=_text(row["id"]),
        kind=_kind(row["kind"]),
        span=Span(_int(row["from_ms"]), _int(row["to_ms"])),
        exemption=_text(row["exemption"]),
        origin=Origin(_text(origin["kind"]), _text(origin["name"]), _text(origin["version"]), _int(origin["score"])),
        track=tuple(_keyframe(key) for key in _array(row["track"], "a mask's track")),
    )


def _keyframe(value: object) -> Keyframe:
    numbers = [_int(number) for number in _array(value, "a keyframe")]
    if len(numbers) != _KEYFRAME_NUMBERS:
        raise BadInput("a keyframe is five numbers: time, x, y, width, height")
    return Keyframe(numbers[0], Box(*numbers[1:]))


def _mute(value: object) -> Mute:
    row = _object(value, "a mute", "exemption from_ms to_ms")
    return Mute(Span(_int(row["from_ms"]), _int(row["to_ms"])), _text(row["exemption"]))
