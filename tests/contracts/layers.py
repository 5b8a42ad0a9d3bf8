"""Which room may import which: the table of the architecture, as data. A room may always import itself and `vestige.errors`."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "vestige"

JUDGES = ("access", "compliance", "custody", "disclosure", "policy", "redaction", "retention")
HANDS = ("catalog", "media", "outside", "vault")

ROOMS: dict[str, frozenset[str]] = {
    # nouns
    "evidence": frozenset(),
    "policy": frozenset({"evidence"}),
    # judges
    "custody": frozenset({"evidence"}),
    "access": frozenset({"evidence", "policy"}),
    "retention": frozenset({"evidence", "policy"}),
    "compliance": frozenset({"evidence", "policy"}),
    "redaction": frozenset({"evidence", "policy"}),
    "disclosure": frozenset({"evidence", "policy", "redaction"}),
    # the door: judges and nouns, never a hand
    "actions": frozenset({"evidence", *JUDGES}),
    # hands
    "catalog": frozenset({"evidence", "custody", "access"}),  # access: its plans, compiled to SQL
    "vault": frozenset({"evidence"}),
    "outside": frozenset({"evidence"}),  # the only room that calls other machines
    "media": frozenset({"evidence", "redaction", "custody"}),  # custody: the arithmetic of the media index, nothing else
    # a program of its own: no home, no database, no actions; the vault's durable files and its one provider of cryptography
    "witness": frozenset({"evidence", "custody", "vault"}),
    # a program of its own: plays docks against a server, over the network only; no home, no database, no actions
    "fleet": frozenset({"evidence"}),
    # ways in
    "ingest": frozenset({"actions", "evidence"}),
    "web": frozenset({"actions", "evidence", "access"}),
    "cli": frozenset(
        {"actions", "evidence", "access", "ingest", "assembly", "restoration", "jobs"}
    ),  # access: the names of roles; jobs: its supervisor
    "jobs": frozenset({"actions", "evidence", "assembly"}),
    # beside the rooms
    "alarm": frozenset({"evidence", "outside", "vault"}),  # events cannot be written: keeps it, says it, tells it
    "errors": frozenset(),
    "config": frozenset({"evidence"}),
    "settings": frozenset({"config"}),
    "hands": frozenset({"actions", "evidence", *HANDS}),  # fits the hands to the ports of the actions
    "restoration": frozenset({"actions", "assembly", "config", "custody", "evidence", "vault", "catalog"}),  # makes a home from a backup
    "assembly": frozenset(
        {"access", "actions", "alarm", "config", "evidence", "hands", "ingest", "policy", "custody", "settings", "web", *HANDS}
    ),
}

# One file, one further room, one reason. What is not needed any more must leave this table too.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("cli/clip.py", "redaction"): "parses the times that people type",
    ("cli/witness.py", "custody"): "shows size and root of the checkpoints in a witness's folder",
    ("cli/witness.py", "witness"): "a witness runs without a home, so past the actions",
    ("cli/simulate.py", "fleet"): "a fleet is outside: it reaches the server as docks do, by the network",
    ("cli/redaction.py", "redaction"): "parses what people type into the plan's own values",
    ("cli/upload.py", "outside"): "a dock PC has no home: it calls a server, and that acts",
    ("web/asgi.py", "ingest"): "mounts what answers docks and takes uploads",
    ("web/hands.py", "ingest"): "names the type of a dock's address",
    ("web/uploaders.py", "ingest"): "a dock that uploads may prove itself by its certificate",
    ("web/views/docks.py", "ingest"): "writes the connection file",
    ("web/bytes/guard.py", "catalog"): "the session's person: catalog/accounts is the user model",
    ("web/hands.py", "assembly"): "the entry of the serving process: opens the home",
    ("web/hands.py", "catalog"): "closes the database's connection around each call",
    ("web/views/accounts.py", "catalog"): "the session's person: catalog/accounts is the user model",
    ("web/words.py", "custody"): "says each event type in words",
}


def room_of(file: Path) -> str:
    """The room that a file under `src/vestige` belongs to."""
    relative = file.relative_to(SOURCE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def sources() -> list[Path]:
    """Every Python file of the package, migrations left out."""
    return sorted(file for file in SOURCE.rglob("*.py") if "migrations" not in file.parts)
