"""What a plan hides, in the form that leaves with the copy (docs/package-format.md, `data/hidden.json`): where and when, and nothing else.

No name, no ground, no score, no detector, no identity of a mask. Boxes are grown to the block grid first: finer than that the copy itself does
not show them, and growing changes nothing of what is hidden, for the smallest box that holds two grown ones is the grown smallest box.
"""

import hashlib
import json

from vestige.errors import BadInput
from vestige.evidence.values import Digest
from vestige.redaction.geometry import Picture
from vestige.redaction.plan import Mask, Plan

FORMAT = "vestige-hidden/1"
_LONGEST = 64 * 1024 * 1024


def hidden_json(plan: Plan) -> bytes | None:
    """`data/hidden.json` of a copy that is rendered from the plan.

    None for a plan without a salt: what is left of it could be guessed from its digest. Raises BadInput for one of more than 64 MiB.
    """
    if not plan.salt:
        return None
    picture = plan.picture
    value = {
        "duration_ms": plan.duration_ms,
        "format": FORMAT,
        "frames": plan.frames,
        "masks": sorted(
            ({"from_ms": mask.span.from_ms, "to_ms": mask.span.to_ms, "track": _track(mask, picture)} for mask in plan.masks),
            key=lambda mask: (mask["from_ms"], mask["to_ms"], mask["track"]),
        ),
        "mutes": sorted([mute.span.from_ms, mute.span.to_ms] for mute in plan.mutes),
        "picture": {"height": picture.height, "rotation": picture.rotation, "width": picture.width},
    }
    data = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    if len(data) > _LONGEST:
        raise BadInput(f"what this plan hides takes {len(data)} bytes to say, more than a package may hold: redact a shorter part")
    return data


def hidden_digests(plan: Plan) -> tuple[tuple[str, Digest], ...]:
    """What an event about the plan names beside it: the digest `hidden` of what may leave of it, if anything may."""
    data = hidden_json(plan)
    return () if data is None else (("hidden", Digest(hashlib.sha256(data).hexdigest())),)


def _track(mask: Mask, picture: Picture) -> list[list[int]]:
    """The boxes of the mask on the block grid; of a row of equal ones the first and the last."""
    boxes = [key.box.aligned(picture.width, picture.height) for key in mask.track]
    ends = {0, len(boxes) - 1}
    kept = [n for n in range(len(boxes)) if n in ends or not boxes[n - 1] == boxes[n] == boxes[n + 1]]
    return [[mask.track[n].at_ms, boxes[n].x, boxes[n].y, boxes[n].w, boxes[n].h] for n in kept]
