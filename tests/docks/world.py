"""Makes a home for the tests of docks: two officers, one of them holding a camera, a custodian, dock systems. Prints their connection files."""

import json
import sys
from pathlib import Path

from tests.agency import CONSOLE

from vestige.access.roles import Role
from vestige.actions import devices, docks, people
from vestige.actions.agency import found
from vestige.assembly import make_home
from vestige.evidence.people import Actor
from vestige.ingest.axis.connection import connection_file, site

CAMERA = "B8A44F000001"
SPARE = "B8A44F000002"
DOCKS = ("Third Precinct", "Fourth Precinct", "Closed station")


def make(home_path: Path) -> list[dict[str, object]]:
    """The home; a connection file for each dock."""
    ports = make_home(home_path, "us-federal").ports
    found(ports, CONSOLE, "Harbor City", "America/New_York", console_acts=True, admin="A100")
    admin = ports.catalog.person("A100")
    assert admin is not None
    actor = Actor("person", str(admin.id), "Admin (A100)", admin.roles, "console")
    for badge, role in (("B100", Role.OFFICER), ("B200", Role.OFFICER), ("C200", Role.EVIDENCE_CUSTODIAN)):
        people.add(ports, actor, badge, f"Name of {badge}", [role])
    for serial in (CAMERA, SPARE):
        devices.register(ports, actor, serial, "Axis W102")
    devices.assign(ports, actor, CAMERA, "B100", 1_700_000_000_000)
    place = site("http://localhost", None, "Harbor City", "mp4", allow_http=True)
    return [connection_file(place, *docks.connect(ports, actor, name)) for name in DOCKS]


if __name__ == "__main__":
    print(json.dumps(make(Path(sys.argv[1]))))
