"""Which home, who acts: what every command needs first."""

import getpass
from dataclasses import dataclass
from pathlib import Path

from vestige.assembly import Home, open_home
from vestige.errors import BadInput, Refused
from vestige.evidence.people import Actor

GLOBALS = frozenset({"--as", "--home"})


@dataclass(frozen=True, slots=True)
class Context:
    """The global options as given."""

    home: str
    badge: str
    json: bool

    def path(self) -> Path:
        """The home's folder. Raises BadInput when none is named."""
        if not self.home:
            raise BadInput("say which home: --home DIR, or set VESTIGE_HOME")
        return Path(self.home)

    def open(self, *, check: bool = True) -> Home:
        """The home, assembled. `check` refuses a database whose guards are missing."""
        return open_home(self.path(), check=check)

    def actor(self, home: Home) -> Actor:
        """The person with the badge given, else the console. Raises Refused for a badge that nobody has."""
        if not self.badge:
            return console()
        person = home.ports.catalog.person(self.badge)
        if person is None:
            raise Refused(f"nobody here has badge {self.badge}")
        return Actor(
            kind="person",
            id=str(person.id),
            name=f"{person.name} ({person.badge})",
            roles=person.roles,
            via="console",
            active=person.active,
            address=console().address,
        )


def console() -> Actor:
    """The operating-system user at the console."""
    user = getpass.getuser()
    return Actor(kind="console", id=user, name=f"console:{user}", roles=frozenset({"console"}), via="console", address=f"console:{user}")
