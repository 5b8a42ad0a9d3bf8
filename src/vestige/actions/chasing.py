"""What is looked for by the clock where docks send: a disk that fills up, recordings that were never completed."""

from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.findings import open_finding
from vestige.actions.ports import Ports
from vestige.custody.events import EventType
from vestige.evidence.docks import Container
from vestige.evidence.items import FindingKind

LEVELS = (80, 90)
"""Percent of the vault's disk at which somebody must hear of it, each once while its finding is open."""
PATIENCE_MS = 24 * 3_600_000
"""How long nothing is heard of a recording that is not complete before somebody must hear of it."""


def disk_fills(ports: Ports) -> bool:
    """Whether the disk has reached a level of which no open finding tells."""
    return bool(_levels(ports))


@action("disk.report", Permission.DISK_REPORT, EventType.FINDING_OPENED)
def report_disk(desk: Desk) -> list[int]:
    """Open a finding for each level that the vault's disk has reached; returns the levels."""
    reached = _levels(desk.ports)
    with desk.writing() as pen:
        for level in reached:
            words = f"the disk of the vault is {level} % full; when it is full docks are sent away, and nothing more is taken in"
            open_finding(desk, pen, FindingKind.DISK_FILLING, ("agency", _agency(desk.ports)), words)
    return reached


def recordings_lag(ports: Ports) -> bool:
    """Whether nothing was heard for a day of a recording that no dock called complete, and nobody was told yet."""
    return any(not _chased(ports, container) for container in ports.docks.unfinished(ports.now() - PATIENCE_MS))


@action("recording.chase", Permission.RECORDING_CHASE, EventType.FINDING_OPENED)
def chase(desk: Desk) -> int:
    """Open a finding for each such recording, once; returns how many. It is looked at again after another day."""
    late = desk.ports.docks.unfinished(desk.now() - PATIENCE_MS)
    with desk.writing() as pen:
        opened = [container for container in late if not _chased(desk.ports, container)]
        for container in opened:
            about = ("recording", container.recording) if container.recording else ("dock_container", container.id)
            words = f"no dock called {container.name} complete, and nothing was heard of it for a day"
            open_finding(desk, pen, FindingKind.RECORDING_INCOMPLETE, about, words)
        for container in late:
            desk.ports.docks.heard(container.id, desk.now())
    return len(opened)


def _chased(ports: Ports, container: Container) -> bool:
    about = [container.id, *([container.recording] if container.recording else [])]
    return any(one.kind is FindingKind.RECORDING_INCOMPLETE and one.closed_at is None for one in ports.catalog.findings_of(about))


def _levels(ports: Ports) -> list[int]:
    used, total = ports.vault.room()
    reached = [level for level in LEVELS if used * 100 >= total * level]
    if not reached or ports.catalog.agency() is None:
        return []
    told = [one.detail for one in ports.catalog.findings_of([_agency(ports)]) if one.kind is FindingKind.DISK_FILLING and not one.closed_at]
    return [level for level in reached if not any(f" {level} % full" in detail for detail in told)]


def _agency(ports: Ports) -> UUID:
    agency = ports.catalog.agency()
    return agency.id if agency else UUID(int=0)
