"""Looking at where a camera was."""

from collections.abc import Sequence
from dataclasses import dataclass

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.items import find_recording
from vestige.actions.prepare import TRACK
from vestige.custody.events import EventType
from vestige.evidence.changes import Statement
from vestige.evidence.items import EvidenceItem
from vestige.evidence.tracks import Track, track_of

_LARGEST = 32 << 20


@dataclass(frozen=True, slots=True)
class ItemTrack:
    """The track that an item tells."""

    item: EvidenceItem
    track: Track


@action("recording.track", Permission.ITEM_VIEW, EventType.ITEM_SHOWN)
def show_tracks(desk: Desk, ref: str) -> Sequence[ItemTrack]:
    """The tracks of a recording's items. Raises NotFound."""
    recording = find_recording(desk, ref)
    found = [one for one in recording.items if TRACK in one.working]
    desk.note(Statement(EventType.ITEM_SHOWN, about=("recording", str(recording.id)), data={"tracks_of": [one.number for one in found]}))
    return [ItemTrack(one, _read(desk, one)) for one in found]


def _read(desk: Desk, item: EvidenceItem) -> Track:
    reader = desk.ports.vault.open_working(item.id, item.sealed, TRACK)
    try:
        return track_of(reader.read_at(0, _LARGEST))
    finally:
        reader.close()
