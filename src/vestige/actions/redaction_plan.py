"""Drawing a redaction plan: from faces that a machine found and from what a person pointed at. A plan changes nothing by itself."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.items import find_item
from vestige.actions.redaction import PLANNED, require_evidence
from vestige.custody.events import EventType
from vestige.errors import BadInput, Fault
from vestige.evidence.changes import Change, Statement
from vestige.evidence.items import EvidenceItem, RedactionFacts
from vestige.evidence.values import uuid7
from vestige.redaction.drawing import footage_of, hand_masks, picture_of, sightings_of, within
from vestige.redaction.geometry import Box, Span
from vestige.redaction.hidden import hidden_digests
from vestige.redaction.plan import Detector, Mask, Mute, Origin, Plan, Quality
from vestige.redaction.tracks import face_masks

_THRESHOLD = 300  # permille: a face that the detector half believes in is hidden too


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to hide and why: faces (looked for), boxes in displayed pixels with their spans, spans without sound."""

    exemption: str
    faces: bool
    boxes: tuple[tuple[Box, Span], ...]
    mutes: tuple[Span, ...]
    quality: Quality


@action("redaction.plan", Permission.REDACTION_PLAN, EventType.REDACTION_PLANNED)
def draw(desk: Desk, ref: str, wanted: Wanted, progress: Callable[[float], None]) -> tuple[RedactionFacts, Plan]:
    """Draw a plan for an original video. Raises BadInput for one that hides nothing, boxes or spans outside, or an unknown exemption."""
    exemption = desk.ports.policy.exemption(wanted.exemption).code
    item, _ = find_item(desk, ref)
    require_evidence(item)
    if not (wanted.faces or wanted.boxes or wanted.mutes):
        raise BadInput("say what to hide: --detect faces, --box or --mute")
    plan = _plan(desk, item, wanted, exemption, progress)
    redaction = uuid7()
    columns = {"item": str(item.id), "plan_digest": plan.digest().value, "state": PLANNED, "author": desk.actor.id, "rendered": None}
    change = Change("redaction", redaction, columns, {"plan": plan.canonical().decode()})
    desk.note(
        Statement(
            EventType.REDACTION_PLANNED,
            item=item.id,
            about=("redaction", str(redaction)),
            digests=(("plan", plan.digest()), *hidden_digests(plan)),
            data={"masks": len(plan.masks), "mutes": len(plan.mutes), "quality": plan.quality.value},
            changes=(change,),
        )
    )
    found = desk.ports.catalog.redaction(str(redaction))
    if found is None:
        raise Fault(f"the redaction {redaction} is not there after it was written")
    return found, plan


def _plan(desk: Desk, item: EvidenceItem, wanted: Wanted, exemption: str, progress: Callable[[float], None]) -> Plan:
    quality = wanted.quality if wanted.faces else Quality.NONE
    seen = desk.ports.media.detect(item.id, item.sealed, quality.value, progress)
    picture, footage = picture_of(seen), footage_of(seen)
    detector = _detector(desk, seen) if wanted.faces else None
    faces: tuple[Mask, ...] = ()
    if detector:
        faces = face_masks(footage, sightings_of(seen), exemption, Origin("model", detector.model, detector.version))
    for span in wanted.mutes:
        within(span, footage.duration_ms)
    return Plan(
        item=item.id,
        source=item.sha256,
        picture=picture,
        duration_ms=footage.duration_ms,
        frames=len(footage.times),
        masks=(*faces, *hand_masks(wanted.boxes, picture, footage.duration_ms, exemption, _badge(desk))),
        mutes=tuple(Mute(span, exemption) for span in wanted.mutes),
        quality=quality,
        detector=detector,
        salt=secrets.token_hex(16),
    )


def _detector(desk: Desk, seen: dict[str, object]) -> Detector:
    model = next(model for model in desk.ports.models.listed() if model.installed)
    sizes = seen["sizes"]
    if not isinstance(sizes, list):
        raise Fault("the detector does not say at which sizes it looked")
    return Detector(model.name, model.version, model.sha256, _THRESHOLD, tuple(sizes), str(seen["runtime"]))


def _badge(desk: Desk) -> str:
    person = desk.ports.catalog.person(desk.actor.id)
    return person.badge if person else desk.actor.name
