"""Working copies: poster, thumbnails, and a proxy where a browser can't play the original. They bear no evidence and can be made again."""

from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.custody.events import EventType
from vestige.errors import MediaFailed, NotFound
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.items import EvidenceItem, ItemKind

PROXY = "proxy"
_PICTURES = frozenset({ItemKind.IMAGE, ItemKind.VIDEO})
_PLAYED = frozenset({ItemKind.AUDIO, ItemKind.VIDEO})


@action("item.prepare", Permission.ITEM_PREPARE, EventType.ITEM_PREPARED)
def prepare(desk: Desk, ref: UUID) -> list[str]:
    """Make the working copies of an item; returns their kinds. A picture that cannot be made is told in the event and stops nothing."""
    item = desk.ports.catalog.item(str(ref))
    if item is None:
        raise NotFound(f"there is no item {ref}")
    made: list[str] = []
    failed: list[str] = []
    for make in (_stills, _proxy):
        try:
            made += make(desk, item)
        except MediaFailed as error:
            failed.append(str(error))
    outcome: Plain = {"failed": "; ".join(failed)} if failed else "success"
    desk.note(Statement(EventType.ITEM_PREPARED, item=item.id, outcome=outcome, data={"working": made}))
    return made


def _stills(desk: Desk, item: EvidenceItem) -> list[str]:
    if item.kind not in _PICTURES:
        return []
    made = []
    for facts, data in desk.ports.media.prepare(item.id, item.sealed):
        kind = str(facts["kind"])
        desk.ports.vault.write_working(item.id, item.sealed, kind, data)
        desk.ports.catalog.add_working(item.id, kind, facts)
        made.append(kind)
    return made


def _proxy(desk: Desk, item: EvidenceItem) -> list[str]:
    if item.kind not in _PLAYED or item.facts.get("playable"):
        return []
    with desk.ports.vault.working_sink(item.id, item.sealed, PROXY) as sink:
        facts = desk.ports.media.proxy(item.id, item.sealed, sink)
    desk.ports.catalog.add_working(item.id, PROXY, facts)
    return [PROXY]
