"""Witnesses: entered, listed, withdrawn."""

from dataclasses import replace
from urllib.parse import urlsplit

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.custody.events import EventType
from vestige.custody.signed_notes import COSIGNATURE, parse_key
from vestige.errors import BadInput, NotFound
from vestige.evidence.changes import Change, Statement
from vestige.evidence.holders import Witness
from vestige.evidence.values import uuid7


@action("witness.add", Permission.WITNESS_ADD, EventType.WITNESS_ADDED)
def add(desk: Desk, key: str, url: str) -> Witness:
    """Have the log witnessed by whoever holds that verifier key, at that address.

    Raises BadInput for what is no witness's key, for an address that is not plain http(s), and for a key or name that is entered already.
    """
    parsed = parse_key(key, COSIGNATURE)
    for known in desk.ports.holders.witnesses():
        if known.name == parsed.name or parse_key(known.key, COSIGNATURE).public == parsed.public:  # a cosignature does not sign its name
            raise BadInput(f"{known.name} is a witness of this log already, with that key or name")
    witness = Witness(uuid7(), parsed.name, str(parsed), _address(url))
    columns = {"name": witness.name, "vkey": witness.key, "url": witness.url, "withdrawn": None}
    with desk.writing() as pen:
        pen.record(
            Statement(EventType.WITNESS_ADDED, about=("witness", str(witness.id)), changes=(Change("witness", witness.id, columns),))
        )
    return witness


@action("witness.list", Permission.WITNESS_LIST, EventType.LOG_READ)
def list_witnesses(desk: Desk, *, withdrawn: bool = False) -> list[Witness]:
    """The log's witnesses, with what they cosigned last; with `withdrawn` those of earlier too."""
    found = desk.ports.holders.witnesses(withdrawn=withdrawn)
    desk.note(Statement(EventType.LOG_READ, data={"what": "witnesses", "count": len(found)}))
    return found


@action("witness.withdraw", Permission.WITNESS_WITHDRAW, EventType.WITNESS_WITHDRAWN)
def withdraw(desk: Desk, name_or_key: str) -> Witness:
    """Ask that witness no more; what it cosigned stays. Raises NotFound."""
    found = [one for one in desk.ports.holders.witnesses() if name_or_key.strip() in (one.name, one.key)]
    if not found:
        raise NotFound(f"no witness of this log is called {name_or_key[:200]}")
    [witness] = found
    now = desk.now()
    change = Change("witness", witness.id, {"withdrawn": now})
    with desk.writing() as pen:
        pen.record(Statement(EventType.WITNESS_WITHDRAWN, about=("witness", str(witness.id)), changes=(change,)))
    return replace(witness, withdrawn=now)


def _address(url: str) -> str:
    """The submission prefix without its last slash."""
    try:
        parts = urlsplit(url.strip())
        port_is_one = parts.port is None or parts.port > 0
    except ValueError as error:
        raise BadInput(f"{url[:200]!r} is no address: {error}") from error
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain or not port_is_one or not url.strip().isprintable():
        raise BadInput(f"{url[:200]!r} is no address of a witness; write it like https://example.org/witness")
    return url.strip().rstrip("/")
