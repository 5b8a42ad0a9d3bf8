"""All tables of the catalog."""

from vestige.catalog.models.agency import Posting, Unit
from vestige.catalog.models.docks import Dock, DockContainer, DockObject, DockToken
from vestige.catalog.models.evidence import (
    Agency,
    Approval,
    Assignment,
    Correction,
    Counter,
    Device,
    DeviceFault,
    EvidenceItem,
    FilePlace,
    Finding,
    Intake,
    Package,
    Recording,
    Redaction,
    ReviewedSpan,
    TrackPoint,
    Viewing,
    WorkingCopy,
)
from vestige.catalog.models.holders import Cosignature, PastStamp, Stamp, Witness
from vestige.catalog.models.log import Checkpoint, Event, FullTile, LogState, Openings, PastLog, Sequenced, Waiting
from vestige.catalog.models.reviews import Review
from vestige.catalog.models.uploads import Upload

__all__ = [
    "Agency",
    "Approval",
    "Assignment",
    "Checkpoint",
    "Correction",
    "Cosignature",
    "Counter",
    "Device",
    "DeviceFault",
    "Dock",
    "DockContainer",
    "DockObject",
    "DockToken",
    "Event",
    "EvidenceItem",
    "FilePlace",
    "Finding",
    "FullTile",
    "Intake",
    "LogState",
    "Openings",
    "Package",
    "PastLog",
    "PastStamp",
    "Posting",
    "Recording",
    "Redaction",
    "Review",
    "ReviewedSpan",
    "Sequenced",
    "Stamp",
    "TrackPoint",
    "Unit",
    "Upload",
    "Viewing",
    "Waiting",
    "Witness",
    "WorkingCopy",
]
