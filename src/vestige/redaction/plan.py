"""The redaction plan: what is hidden, where, when and why. A plan changes nothing by itself; what people approve is its digest.

Everything in it is an integer or a string, so its canonical JSON (RFC 8785) is sorted, compact JSON.
A plan names a person, and its digest leaves with the copy. So it has a salt of 16 random bytes: without it somebody who knows the rest could
try names until the digest fits. Plans of format 1 have none.
"""

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from vestige.errors import BadInput
from vestige.evidence.values import Digest
from vestige.redaction.geometry import LATEST, Box, Picture, Span, require_int

FORMAT = "vestige-redaction/2"
UNSALTED = "vestige-redaction/1"
_EXEMPTION = re.compile(r"[(A-Za-z0-9§][A-Za-z0-9§ ().:/_-]{0,59}")
_SALT = re.compile(r"[0-9a-f]{32}")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9-]{0,39}")
_WORDS = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,200}")
_MOST_MASKS = 100_000


class Kind(StrEnum):
    """What a mask hides."""

    BOX = "box"
    FACE = "face"


class Quality(StrEnum):
    """How hard the machine looked for faces; `none` where it did not look."""

    NONE = "none"
    STANDARD = "standard"
    THOROUGH = "thorough"


def _match(pattern: re.Pattern[str], value: object, what: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadInput(f"{what} is not well formed: {value!r:.80}")
    return value


@dataclass(frozen=True, slots=True)
class Detector:
    """What looked for faces: the model, its file's digest, the score from which it believed, the long sides (pixels) at which it looked."""

    model: str
    version: str
    sha256: str
    threshold: int  # permille
    sizes: tuple[int, ...]
    runtime: str

    def __post_init__(self) -> None:
        for name, value in (("name", self.model), ("version", self.version), ("runtime", self.runtime)):
            _match(_WORDS, value, f"the detector's {name}")
        _match(re.compile(r"[0-9a-f]{64}"), self.sha256, "the detector's digest")
        require_int(self.threshold, "the detector's threshold (permille)", 1, 1000)
        if not self.sizes or list(self.sizes) != sorted(set(self.sizes)):
            raise BadInput("the sizes at which a detector looked must be there, once each, in rising order")
        for size in self.sizes:
            require_int(size, "a size at which the detector looked", 32, 16384)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a mask comes from: `model` (name, version, the track's best score in permille) or `person` (badge, no version, score 0)."""

    kind: str
    name: str
    version: str = ""
    score: int = 0

    def __post_init__(self) -> None:
        if self.kind not in {"model", "person"}:
            raise BadInput(f"a mask comes from a model or a person, not from {self.kind!r:.40}")
        _match(_WORDS, self.name, "the origin of a mask")
        require_int(self.score, "a score (permille)", 0, 1000)
        if self.version or self.kind == "model":
            _match(_WORDS, self.version, "the version of a mask's origin")


@dataclass(frozen=True, slots=True)
class Keyframe:
    """The box of a mask at one moment."""

    at_ms: int
    box: Box


@dataclass(frozen=True, slots=True)
class Mask:
    """A thing hidden over a span.

    Between two keyframes the smallest box that holds both is hidden; before the first the first, after the last the last.
    Raises BadInput for a track that is empty, out of order or outside the span, and for words that are not well formed.
    """

    id: str
    kind: Kind
    span: Span
    exemption: str
    origin: Origin
    track: tuple[Keyframe, ...]

    def __post_init__(self) -> None:
        _match(_IDENTIFIER, self.id, "a mask's id")
        _match(_EXEMPTION, self.exemption, f"the exemption of mask {self.id}")
        if not self.track:
            raise BadInput(f"mask {self.id} has no box")
        times = [key.at_ms for key in self.track]
        for at in times:
            require_int(at, f"a moment of mask {self.id}", self.span.from_ms, self.span.to_ms - 1)
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise BadInput(f"the moments of mask {self.id} must rise")


@dataclass(frozen=True, slots=True)
class Mute:
    """A span without sound."""

    span: Span
    exemption: str

    def __post_init__(self) -> None:
        _match(_EXEMPTION, self.exemption, "the exemption of a mute")


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is hidden of one item; `salt` is hex, empty in a plan of format 1.

    Raises BadInput for a plan that hides nothing, or hides where or when there is no picture.
    """

    item: UUID
    source: Digest
    picture: Picture
    duration_ms: int
    frames: int
    masks: tuple[Mask, ...]
    mutes: tuple[Mute, ...]
    quality: Quality = Quality.NONE
    detector: Detector | None = None
    salt: str = ""

    def __post_init__(self) -> None:
        if self.salt:
            _match(_SALT, self.salt, "the salt of a plan")
        require_int(self.duration_ms, "the duration (ms)", 1, LATEST)
        require_int(self.frames, "the number of frames", 1, LATEST)
        if not self.masks and not self.mutes:
            raise BadInput("a plan that hides nothing is no redaction")
        if len(self.masks) > _MOST_MASKS or len(self.mutes) > _MOST_MASKS:
            raise BadInput(f"a plan may hold {_MOST_MASKS} masks and as many mutes")
        if len({mask.id for mask in self.masks}) != len(self.masks):
            raise BadInput("two masks have the same id")
        if (self.detector is None) is not (self.quality is Quality.NONE):
            raise BadInput("a plan names its detector where a machine looked, and only there")
        for mask in self.masks:
            self._check_mask(mask)
        for mute in self.mutes:
            self._check_span(mute.span, "a mute")

    def _check_mask(self, mask: Mask) -> None:
        self._check_span(mask.span, f"mask {mask.id}")
        for key in mask.track:
            if not key.box.inside(self.picture.width, self.picture.height):
                size = f"{self.picture.width} x {self.picture.height}"
                raise BadInput(f"mask {mask.id} leaves the picture of {size} pixels at {key.at_ms} ms: {key.box}")

    def _check_span(self, span: Span, what: str) -> None:
        if span.to_ms > self.duration_ms:
            raise BadInput(f"{what} ends at {span.to_ms} ms, after the recording's end at {self.duration_ms} ms")

    @property
    def exemptions(self) -> tuple[str, ...]:
        """The exemption codes used, sorted, once each."""
        return tuple(sorted({mask.exemption for mask in self.masks} | {mute.exemption for mute in self.mutes}))

    def require_exemptions(self, known: Collection[str]) -> None:
        """Refuses (BadInput) an exemption code that the policy does not know."""
        unknown = [code for code in self.exemptions if code not in known]
        if unknown:
            raise BadInput(f"the policy knows no exemption {', '.join(unknown)}; it knows {', '.join(sorted(known)) or 'none'}")

    def to_json(self) -> dict[str, object]:
        """The plan as JSON values."""
        return ({"salt": self.salt} if self.salt else {}) | {
            "detector": None if self.detector is None else _detector_json(self.detector),
            "duration_ms": self.duration_ms,
            "format": FORMAT if self.salt else UNSALTED,
            "frames": self.frames,
            "item": str(self.item),
            "masks": [_mask_json(mask) for mask in self.masks],
            "mutes": [{"exemption": mute.exemption, "from_ms": mute.span.from_ms, "to_ms": mute.span.to_ms} for mute in self.mutes],
            "picture": {"height": self.picture.height, "rotation": self.picture.rotation, "width": self.picture.width},
            "quality": self.quality.value,
            "source": self.source.value,
        }

    def canonical(self) -> bytes:
        """The plan's canonical JSON."""
        return json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()

    def digest(self) -> Digest:
        """SHA-256 of the canonical JSON: what people review and approve."""
        return Digest(hashlib.sha256(self.canonical()).hexdigest())


def _detector_json(detector: Detector) -> dict[str, object]:
    return {
        "model": detector.model,
        "runtime": detector.runtime,
        "sha256": detector.sha256,
        "sizes": list(detector.sizes),
        "threshold": detector.threshold,
        "version": detector.version,
    }


def _mask_json(mask: Mask) -> dict[str, object]:
    origin = mask.origin
    return {
        "exemption": mask.exemption,
        "from_ms": mask.span.from_ms,
        "id": mask.id,
        "kind": mask.kind.value,
        "origin": {"kind": origin.kind, "name": origin.name, "score": origin.score, "version": origin.version},
        "to_ms": mask.span.to_ms,
        "track": [[key.at_ms, key.box.x, key.box.y, key.box.w, key.box.h] for key in mask.track],
    }
