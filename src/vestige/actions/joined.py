"""What belongs to one activation of a camera, which recordings were joined, whose one was: by the docks' containers, and by the log."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from vestige.access.judge import Plan
from vestige.actions.ports import Ports
from vestige.custody.events import EventType
from vestige.evidence.items import Recording, TimeSource


def elsewhere(ports: Ports, recording: Recording) -> Sequence[Recording]:
    """Recordings of the same camera and trigger time that docks began, and that still have something of their own."""
    if not by_dock(recording):
        return ()
    found = (ports.catalog.recording(str(one)) for one in sorted(_triggered(ports, recording)))
    return [one for one in found if one and one.items and one.id != recording.id]


def joined_into(ports: Ports, recording: Recording, plan: Plan) -> str:
    """The number of the recording that has all of this one now; empty where it has its own, or where the plan does not show that one."""
    if recording.items:
        return ""
    told = next(iter(ports.catalog.told_of("recording", str(recording.id), EventType.RECORDING_JOINED)), None)
    data = told.opened.get("data") if told else None
    into = str(data.get("into", "")) if isinstance(data, dict) else ""
    return into if into and ports.catalog.recording(into, plan) else ""


def parts_of(ports: Ports, recording: Recording) -> list[Recording]:
    """The recordings that were joined into this one: findings about them are about it."""
    numbers = dict.fromkeys(_from(ports, recording))
    return [found for number in numbers if (found := ports.catalog.recording(number))]


def corrected_away(ports: Ports, recording: Recording, officer: UUID) -> bool:
    """Whether the recording, or a part that was joined into it, was that officer's until it was corrected to be somebody else's."""
    person = ports.catalog.person(str(officer))
    if person is None or recording.officer == officer:
        return False
    named = f" ({person.badge})"  # a name may change
    for one in (recording, *parts_of(ports, recording)):
        told = (entry.opened.get("data") for entry in ports.catalog.told_of("recording", str(one.id), EventType.RECORDING_CORRECTED))
        if any(isinstance(data, dict) and str(data.get("officer_was", "")).endswith(named) for data in told):
            return True
    return False


def _from(ports: Ports, recording: Recording) -> Iterator[str]:
    for told in ports.catalog.told_of("recording", str(recording.id), EventType.RECORDING_JOINED):
        data = told.opened.get("data")
        if isinstance(data, dict) and "from" in data:
            yield str(data["from"])


def _triggered(ports: Ports, recording: Recording) -> set[UUID]:
    if recording.device is None or recording.recorded_at is None:
        return set()
    return {one.recording for one in ports.docks.triggered(recording.device.serial, recording.recorded_at) if one.recording}


def by_dock(recording: Recording) -> bool:
    """Whether a dock told its time."""
    return recording.recorded_at_source is TimeSource.DOCK
