"""Which item of a recording is the opened copy of one that the camera encrypted, as the log tells it."""

from collections.abc import Mapping
from uuid import UUID

from vestige.actions.ports import Ports
from vestige.custody.events import EventType
from vestige.evidence.items import EvidenceItem, Recording


def opened_copies(ports: Ports, recording: Recording) -> Mapping[UUID, EvidenceItem]:
    """The opened copies by the items that they were opened from; of several the newest."""
    parents = {item.parent for item in recording.items if item.parent is not None}
    found: dict[UUID, EvidenceItem] = {}
    for parent in parents:
        made = {str(item.id): item for item in recording.items if item.parent == parent}
        for told in ports.catalog.told_of("item", str(parent), EventType.ITEM_OPENED):
            copy = made.get(str(told.opened.get("item")))
            if copy is not None:
                found[parent] = copy
                break
    return found
