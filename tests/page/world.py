"""Makes two packages of real footage, one of each profile, in a process of its own; prints the log's verifier key."""

import sys
from pathlib import Path

from tests.agency import Agency, make_agency

from vestige.actions import intake, redaction, release
from vestige.actions.intake import Sent
from vestige.actions.redaction_plan import Wanted, draw
from vestige.assembly import log_key
from vestige.redaction.geometry import Box, Span
from vestige.redaction.plan import Quality

BOX = Wanted("b6", faces=False, boxes=((Box(100, 80, 64, 48), Span(1000, 3000)),), mutes=(Span(500, 1500),), quality=Quality.STANDARD)


def make_packages(folder: Path, film: Path) -> str:
    """`folder/court` and `folder/public`; returns the verifier key."""
    agency = make_agency(folder)
    ports, custodian = agency.ports, agency.actor("evidence custodian")
    item = intake.receive(ports, custodian, Sent(film), lambda _: None).item
    release.export(ports, custodian, str(item), folder / "court")
    _release(agency, str(item), folder / "public")
    return log_key(agency.home)


def _release(agency: Agency, item: str, out: Path) -> None:
    ports, redactor, approver = agency.ports, agency.actor("redactor"), agency.actor("release approver")
    plan = str(draw(ports, redactor, item, BOX, lambda _: None)[0].id)
    redaction.review(ports, agency.actor("records analyst"), plan, None)
    redaction.approve(ports, approver, plan)
    redaction.render(ports, redactor, plan, lambda _: None)
    release.release(ports, approver, plan, out, watched=True)


if __name__ == "__main__":
    print(make_packages(Path(sys.argv[1]), Path(sys.argv[2])))
