"""What each task may answer. The child read hostile bytes, so its answers are hostile too: exactly this, or MediaFailed."""

from vestige.errors import MediaFailed
from vestige.media.shapes import NotOfForm, Shape, digest, either, integer, integers, nothing_or, one_of, record, row, several, text, truth

_TEXT = text(500)
_WORD = text(60)
_MS = integer(0, 31_622_400_000)  # a year
_WHEN = nothing_or(integer(0, 4_102_444_800_000))  # until 2100
_COUNT = integer(0, 100_000_000)
_PIXELS = integer(0, 32_768)
_TURNED = one_of(0, 90, 180, 270)
_GROUPS = integer(0, 10)
_DEGREES = (integer(-900_000_000, 900_000_000), integer(-1_800_000_000, 1_800_000_000))
_PLACE = row(*_DEGREES)

_STREAM = record(
    {"kind": one_of("audio", "video", "other"), "codec": _WORD},
    width=_PIXELS,
    height=_PIXELS,
    rotation=_TURNED,
    fps_milli=integer(0, 10_000_000),
    pixel_format=_WORD,
    rate=_COUNT,
    channels=integer(0, 1024),
    frames=_COUNT,
)
_DIGESTS = several(digest, 8)
_SIGNATURES = record(
    {
        "scheme": one_of("axis", "onvif"),
        "messages": _COUNT,
        "signed": _COUNT,
        "unreadable": _COUNT,
        "legacy": truth,
        "signer": text(20),
        "keys": _DIGESTS,
        "certificates": _DIGESTS,
        "claims": record({}, hardware=_TEXT, firmware=_TEXT, serial=_TEXT, manufacturer=_TEXT),
    }
)
FACTS = record(
    {
        "kind": one_of("audio", "document", "image", "unknown", "video"),
        "opens": truth,
        "error": _TEXT,
        "container": _WORD,
        "mime": _WORD,
        "playable": truth,
        "duration_ms": _MS,
        "streams": several(_STREAM, 64),
        "groups_sampled": _GROUPS,
        "groups_decoded": _GROUPS,
        "container_time": _WHEN,
        "telemetry_time": _WHEN,
        "device": record({}, make=_TEXT, model=_TEXT, serial=_TEXT, firmware=_TEXT),
        "place": nothing_or(_PLACE),
    },
    declared_frames=_COUNT,
    signatures=several(_SIGNATURES, 2),
    telemetry_after_ms=integer(0, 3_600_000),
)
_INDEX = either(record({"missing": _TEXT}), record({"root": digest, "version": one_of(1), "samples": _COUNT, "streams": integer(1, 1000)}))
_BOX = row(_PIXELS, _PIXELS, _PIXELS, _PIXELS, integer(0, 1000))
_PICTURE = {"width": _PIXELS, "height": _PIXELS}

ACCESSION = record({"facts": FACTS, "index": _INDEX})
PREPARE = record({"blobs": several(record({"kind": _WORD, "at_ms": _MS, **_PICTURE}), 64)})
PROXY = record({"duration_ms": _MS, "frames": _COUNT, **_PICTURE})
PAGES = record({"pages": integer(1, 1_000_000), "lengths": integers(0, 64 << 20, 200)})
TIMEMAP = record({"blobs": several(record({"kind": one_of("timemap"), "pieces": _COUNT, "duration_ms": _MS}), 1)})
TRACK = record({"points": several(row(_WHEN, *_DEGREES, nothing_or(integer(0, 65_535))), 200_000)})
DETECT = record(
    {
        "rotation": _TURNED,
        "duration_ms": _MS,
        "frames": _COUNT,
        "found": several(row(_MS, several(_BOX, 1000)), 2_000_000),
        "times": integers(0, 31_622_400_000, 10_000_000),
        "cuts": integers(0, 31_622_400_000, 1_000_000),
        "sizes": several(_PIXELS, 8),
        "runtime": _WORD,
        **_PICTURE,
    }
)
_PROOF = several(record({"kind": one_of("samples")}), 1)
RENDER = record(
    {
        "anew": record({}, picture=_TEXT, sound=_TEXT),
        "audio_ms": _MS,
        "blobs": _PROOF,
        "duration_ms": _MS,
        "frames": _COUNT,
        "times_sha256": digest,
        **_PICTURE,
    }
)
CLIP = record(
    {
        "blobs": _PROOF,
        "duration_ms": _MS,
        "frames": _COUNT,
        "from_ms": _MS,
        "rotation": _TURNED,
        "samples": _COUNT,
        "sound": truth,
        "to_ms": _MS,
        **_PICTURE,
    }
)
CHECK = record(
    {
        "frames": _COUNT,
        "duration_ms": _MS,
        "masked_frames": _COUNT,
        "worst_luma": _COUNT,
        "worst_chroma": _COUNT,
        "loudest_muted": _COUNT,
        "rotation": _TURNED,
        "sound": truth,
        **_PICTURE,
    }
)


def check_answer(task: str, shape: Shape, value: object, blobs: int) -> dict[str, object]:
    """The answer, if it is one. Raises MediaFailed for one that is not of the task's form, or that names other blobs than came."""
    try:
        shape(value, "")
    except NotOfForm as error:
        raise MediaFailed(f"the media child's answer to {task} is not of its form: {error}") from error
    if not isinstance(value, dict):
        raise MediaFailed(f"the media child's answer to {task} is no object")
    named = value.get("blobs", [])
    if not isinstance(named, list) or len(named) != blobs:
        raise MediaFailed(f"the media child named {len(named) if isinstance(named, list) else 0} pictures and sent {blobs}")
    return value
