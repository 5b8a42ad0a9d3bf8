"""All tables of the catalog."""

from vestige.catalog.models.evidence import (
    Agency,
    Approval,
    Assignment,
    Counter,
    Device,
    EvidenceItem,
    Finding,
    Intake,
    Package,
    Recording,
    Redaction,
    ReviewedSpan,
    Viewing,
    WorkingCopy,
)
from vestige.catalog.models.log import Checkpoint, Event, LogState, Openings, PastLog, Sequenced

__all__ = [
    "Agency",
    "Approval",
    "Assignment",
    "Checkpoint",
    "Counter",
    "Device",
    "Event",
    "EvidenceItem",
    "Finding",
    "Intake",
    "LogState",
    "Openings",
    "Package",
    "PastLog",
    "Recording",
    "Redaction",
    "ReviewedSpan",
    "Sequenced",
    "Viewing",
    "WorkingCopy",
]
