"""What the child may answer: a JSON Schema for each task. Anything else is hostile and refused."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import jsonschema

from vestige.errors import MediaFailed

_TEXT = {"type": "string", "maxLength": 500}
_WORD = {"type": "string", "maxLength": 60}
_MS = {"type": "integer", "minimum": 0, "maximum": 31_622_400_000}
_WHEN = {"type": ["integer", "null"], "minimum": 0, "maximum": 4_102_444_800_000}
_COUNT = {"type": "integer", "minimum": 0, "maximum": 100_000_000}
_PIXELS = {"type": "integer", "minimum": 0, "maximum": 32_768}
_HEX = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_DEGREES_E7 = {"type": "integer", "minimum": -1_800_000_000, "maximum": 1_800_000_000}


def _object(required: Mapping[str, Any], **optional: Any) -> dict[str, Any]:  # noqa: ANN401  # pieces of a schema
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": {**required, **optional}}


_STREAM = _object(
    {"kind": {"enum": ["audio", "video", "other"]}, "codec": _WORD},
    width=_PIXELS,
    height=_PIXELS,
    rotation={"enum": [0, 90, 180, 270]},
    fps_milli={"type": "integer", "minimum": 0, "maximum": 10_000_000},
    pixel_format=_WORD,
    rate=_COUNT,
    channels=_COUNT,
    frames=_COUNT,
)
_FACTS = _object(
    {
        "kind": {"enum": ["audio", "document", "image", "unknown", "video"]},
        "opens": {"type": "boolean"},
        "error": _TEXT,
        "container": _WORD,
        "mime": _WORD,
        "playable": {"type": "boolean"},
        "duration_ms": _MS,
        "streams": {"type": "array", "maxItems": 64, "items": _STREAM},
        "groups_sampled": {"type": "integer", "minimum": 0, "maximum": 10},
        "groups_decoded": {"type": "integer", "minimum": 0, "maximum": 10},
        "container_time": _WHEN,
        "telemetry_time": _WHEN,
        "device": {"type": "object", "additionalProperties": _TEXT, "maxProperties": 8},
    },
    place={"type": ["array", "null"], "items": _DEGREES_E7, "minItems": 2, "maxItems": 2},
    declared_frames=_COUNT,
)
_INDEX = {
    "oneOf": [
        _object({"missing": _TEXT}),
        _object({"root": _HEX, "version": {"const": 1}, "samples": _COUNT, "streams": {"type": "integer", "minimum": 1, "maximum": 1000}}),
    ]
}
_PICTURE = _object({"kind": _WORD, "width": _PIXELS, "height": _PIXELS, "at_ms": _MS})

SCHEMAS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "accession": _object({"facts": _FACTS, "index": _INDEX}),
        "prepare": _object({"blobs": {"type": "array", "maxItems": 64, "items": _PICTURE}}),
        "proxy": _object({"width": _PIXELS, "height": _PIXELS, "duration_ms": _MS, "frames": _COUNT}),
    }
)


def check_answer(task: str, value: object, blobs: int) -> dict[str, object]:
    """The answer, if it is one. Raises MediaFailed for one that is not of the task's form, or that names other blobs than came."""
    wrong = next(jsonschema.Draft202012Validator(SCHEMAS[task]).iter_errors(value), None)
    if wrong is not None or not isinstance(value, dict):
        place = "/".join(map(str, wrong.path)) if wrong else ""
        raise MediaFailed(
            f"the media child's answer to {task} is not of its form at {place or 'its top'}: {wrong.message[:200] if wrong else ''}"
        )
    named = value.get("blobs", [])
    if not isinstance(named, list) or len(named) != blobs:
        raise MediaFailed(f"the media child named {len(named) if isinstance(named, list) else 0} pictures and sent {blobs}")
    return value
