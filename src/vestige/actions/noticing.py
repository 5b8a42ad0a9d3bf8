"""Findings that come and go by themselves: wrong clocks, gaps in a camera's numbers, officers. Each ends, as an event, when its cause is gone."""

from collections.abc import Mapping
from uuid import UUID

from vestige.actions.door import Desk, Pen
from vestige.actions.findings import close_by, open_finding
from vestige.evidence.attribution import DOCK_NAMES
from vestige.evidence.clocks import camera_offset, drifts, in_words
from vestige.evidence.completeness import Place, around, gap_words, places_of
from vestige.evidence.items import Device, FindingKind, Recording
from vestige.evidence.moments import told


def offset_of(facts: Mapping[str, object]) -> int | None:
    """By how much the camera's clock was ahead (ms), where its file tells its own time and that of the satellites."""
    camera, satellites, after = (facts.get(name) for name in ("container_time", "telemetry_time", "telemetry_after_ms"))
    if not (isinstance(camera, int) and isinstance(satellites, int) and isinstance(after, int)):
        return None
    return camera_offset(camera, satellites, after)


def trail_offset(said: Mapping[str, str], facts: Mapping[str, object]) -> int | None:
    """By how much the camera was ahead of the satellites (ms), where these are a trail's facts and its dock says when the recording began."""
    began, starts = facts.get("began_at"), told(said, "StartTime")
    return starts - began if starts is not None and isinstance(began, int) else None


def measured(desk: Desk, pen: Pen, recording: Recording, offset: int) -> None:
    """A trail measured the clock of a docked recording's camera, and it stands in the recording: what follows from that is told."""
    camera_clock(desk, pen, recording, offset)
    officer_differs(desk, pen, recording, f"the camera's clock was measured in {recording.number}", again=False)


def camera_clock(desk: Desk, pen: Pen, recording: Recording, offset: int | None) -> None:
    """A camera's clock was measured by the satellites while it recorded: drift opens one finding, and the first good clock ends it.

    What was measured last decides, not what came in last: an older recording that comes in late says nothing of the clock as it is.
    """
    if offset is None:
        return
    device, at = recording.device, recording.measured_at
    if device and at is not None and not _ahead(desk, at):
        for finding in desk.ports.catalog.open_findings_of([recording.id], FindingKind.CAMERA_CLOCK):
            close_by(desk, pen, finding, f"the camera's clock was measured in {recording.number}")
    about = ("device", device.id) if device else ("recording", recording.id)
    changes = drifts(offset) != bool(desk.ports.catalog.open_findings_of([about[1]], FindingKind.CAMERA_CLOCK))
    if not changes or (device and at is not None and desk.ports.devices.measured_after(device.id, at)):
        return
    words = f"while it recorded {recording.number} the camera's clock was {in_words(offset)} by satellite time"
    _clock(desk, pen, FindingKind.CAMERA_CLOCK, about, words if drifts(offset) else "", f"the clock was right in {recording.number}")


def officer_differs(desk: Desk, pen: Pen, recording: Recording, why: str, *, named: bool = False, again: bool = True) -> None:
    """Whoever is named beside who had the camera then is told (R15); what was told and is so no more ends with `why`.

    `named`: a person has just named the officer, and so answered what a dock says of somebody else too. Not `again`: what was told before
    and ended is not told once more, since nobody decided anew.
    """
    at, device = recording.known_at, recording.device
    holder = desk.ports.catalog.holder(device.id, at) if device and at is not None else None
    words = ""
    if device and holder and holder != recording.officer:
        had = desk.ports.catalog.person(str(holder))
        whose = had.badge if had else "somebody else"
        words = f"{recording.officer_badge or 'nobody'} is named; the camera {device.serial} was with {whose} then"
    known = desk.ports.catalog.open_findings_of([recording.id], FindingKind.OFFICER_DIFFERS)
    for finding in known:
        stays = holder is not None and not named and finding.detail.startswith(DOCK_NAMES)
        if finding.detail != words and (words or not stays):
            close_by(desk, pen, finding, why)
    before = known if again else desk.ports.catalog.findings_of([recording.id])
    if words and not any(one.kind is FindingKind.OFFICER_DIFFERS and one.detail == words for one in before):
        open_finding(desk, pen, FindingKind.OFFICER_DIFFERS, ("recording", recording.id), words)


def recorded_later(desk: Desk, pen: Pen, recording: Recording) -> None:
    """A recording that says of itself that it was made after it came in: some clock is ahead, and by no less than this."""
    if recording.measured_at is not None and (ahead := _ahead(desk, recording.measured_at)):
        words = f"{recording.number} says that it was made {ahead / 1000:.1f} s after it came in"
        open_finding(desk, pen, FindingKind.CAMERA_CLOCK, ("recording", recording.id), words)


def dock_clock(desk: Desk, pen: Pen, dock: UUID, offset: int) -> None:
    """A dock told its time (`Date`) as it signed in: drift opens one finding, and the first good clock ends it."""
    words = f"as it signed in the dock's clock was {in_words(offset)} by the server's"
    _clock(desk, pen, FindingKind.DOCK_CLOCK, ("dock", dock), words if drifts(offset) else "", "the dock's clock was right as it signed in")


def sequence(desk: Desk, pen: Pen, device: Device, item: tuple[UUID, str]) -> None:
    """A file of a camera came in (the item's id, and the file's name), whatever became of it: what its name says is missing beside it is told.

    What was missing and is here now is told no more; a second file of the same number changes nothing. Inside a transaction that holds
    the counter of items: one file at a time.
    """
    for place in places_of(item[1]):
        known = desk.ports.devices.neighbours(device.id, place.family, place.number)
        if desk.ports.devices.placed(item[0], device.id, place.family, place.number):
            _gaps(desk, pen, device, place, around(place, known))


def _gaps(desk: Desk, pen: Pen, device: Device, place: Place, beside: tuple[int | None, int | None]) -> None:
    below, above = beside
    opened = {one.detail: one for one in desk.ports.catalog.open_findings_of([device.id], FindingKind.SEQUENCE_GAP)}
    if below is not None and above is not None and (gap := opened.get(gap_words(place.family, below, above, place.width))):
        close_by(desk, pen, gap, f"{place.family}{place.number:0{place.width}d} came in")
    pairs = [(below, place.number), (place.number, above)]
    for first, last in [(a, b) for a, b in pairs if a is not None and b is not None and b - a > 1]:
        words = gap_words(place.family, first, last, place.width)
        if words not in opened:
            open_finding(desk, pen, FindingKind.SEQUENCE_GAP, ("device", device.id), words)


def _ahead(desk: Desk, at: int) -> int:
    """By how much a moment is yet to come (ms), where that is more than a clock may be off; else 0."""
    ahead = at - desk.now()
    return ahead if ahead > 0 and drifts(ahead) else 0


def _clock(desk: Desk, pen: Pen, kind: FindingKind, about: tuple[str, UUID], words: str, right: str) -> None:
    known = desk.ports.catalog.open_findings_of([about[1]], kind)
    if words and not known:
        open_finding(desk, pen, kind, about, words)
    for finding in known if not words else ():
        close_by(desk, pen, finding, right)
