"""Working copies: poster, thumbnails, pages of a document, a proxy where a browser can't play the original, maps of time and of place.

They bear no evidence and can be made again.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.dock_parts import LARGEST_TRAIL, trail_points
from vestige.actions.door import Desk, action
from vestige.custody.events import EventType
from vestige.errors import MediaFailed, NotFound
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.docks import Part
from vestige.evidence.items import EvidenceItem, ItemKind
from vestige.evidence.tracks import Track, stretches

PROXY = "proxy"
PAGES = "pages"
TIMEMAP = "timemap"
TRACK = "track"
_PICTURES = frozenset({ItemKind.IMAGE, ItemKind.VIDEO})
_PLAYED = frozenset({ItemKind.AUDIO, ItemKind.VIDEO})
_WITH_TABLES = frozenset({"audio/mp4", "video/mp4"})  # of what browsers play as it is


@action("item.prepare", Permission.ITEM_PREPARE, EventType.ITEM_PREPARED)
def prepare(desk: Desk, ref: UUID) -> list[str]:
    """Make the working copies of an item; returns their kinds. A picture that cannot be made is told in the event and stops nothing.

    What a killed maker left unfinished is removed first.
    """
    return _made(desk, ref, (_stills, _pages, _proxy, _time_map, _track))


@action("item.prepare_track", Permission.ITEM_PREPARE, EventType.ITEM_PREPARED)
def prepare_track(desk: Desk, ref: UUID) -> list[str]:
    """Make the track of an item that was prepared before tracks were made, and nothing else; returns `track` where it tells one."""
    return _made(desk, ref, (_track,))


def _made(desk: Desk, ref: UUID, makers: Sequence[Callable[[Desk, EvidenceItem], list[str]]]) -> list[str]:
    item = desk.ports.catalog.item(str(ref))
    if item is None:
        raise NotFound(f"there is no item {ref}")
    desk.ports.vault.sweep_working()
    made: list[str] = []
    failed: list[str] = []
    for make in makers:
        try:
            made += make(desk, item)
        except MediaFailed as error:
            failed.append(str(error))
    outcome: Plain = {"failed": "; ".join(failed)} if failed else "success"
    told: dict[str, Plain] = {"working": made, "tracks": True}  # a track was looked for: `trackless` finds what earlier versions prepared
    desk.note(Statement(EventType.ITEM_PREPARED, item=item.id, outcome=outcome, data=told))
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


def _pages(desk: Desk, item: EvidenceItem) -> list[str]:
    if item.facts.get("mime") != "application/pdf":
        return []
    with desk.ports.vault.working_sink(item.id, item.sealed, PAGES) as sink:
        facts = desk.ports.media.pages(item.id, item.sealed, sink)
    desk.ports.catalog.add_working(item.id, PAGES, facts)
    return [PAGES]


def _proxy(desk: Desk, item: EvidenceItem) -> list[str]:
    if item.kind not in _PLAYED or item.facts.get("playable"):
        return []
    with desk.ports.vault.working_sink(item.id, item.sealed, PROXY) as sink:
        facts = desk.ports.media.proxy(item.id, item.sealed, sink)
    desk.ports.catalog.add_working(item.id, PROXY, facts)
    return [PROXY]


def _time_map(desk: Desk, item: EvidenceItem) -> list[str]:
    """Of what is played: the original, or the proxy that was just made. A file without sample tables has none; its seconds are estimated."""
    playable = item.facts.get("playable") is True
    if item.kind not in _PLAYED or (playable and item.facts.get("mime") not in _WITH_TABLES):
        return []
    if not playable and desk.ports.catalog.working_facts(item.id, PROXY) is None:
        return []
    facts, data = desk.ports.media.time_map(item.id, item.sealed, None if playable else PROXY)
    desk.ports.vault.write_working(item.id, item.sealed, TIMEMAP, data)
    desk.ports.catalog.add_working(item.id, TIMEMAP, facts)
    return [TIMEMAP]


def _track(desk: Desk, item: EvidenceItem) -> list[str]:
    """Of a GNSS trail that a dock sent, or of a GoPro's telemetry."""
    if item.attached == Part.TRAIL.value:
        track = Track("dock", tuple(trail_points(_bytes(desk, item))[0]))
    elif item.kind is ItemKind.VIDEO and _has_telemetry(item):
        track = desk.ports.media.track(item.id, item.sealed)
    else:
        return []
    if not track.points:
        return []
    desk.ports.vault.write_working(item.id, item.sealed, TRACK, track.to_bytes())
    desk.ports.catalog.add_track(item.id, stretches(track.points))
    desk.ports.catalog.add_working(item.id, TRACK, {"points": len(track.points), "source": track.source})
    return [TRACK]


def _has_telemetry(item: EvidenceItem) -> bool:
    device = item.facts.get("device")
    return item.facts.get("telemetry_time") is not None or (isinstance(device, dict) and device.get("make") == "GoPro")


def _bytes(desk: Desk, item: EvidenceItem) -> bytes:
    reader = desk.ports.vault.open(item.id, item.sealed)
    try:
        return reader.read_at(0, LARGEST_TRAIL)
    finally:
        reader.close()
