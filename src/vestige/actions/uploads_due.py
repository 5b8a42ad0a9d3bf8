"""What the clock does about uploads: those that are whole and forgotten are kept, those that are not run out, what is left is removed."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from vestige.actions.ports import Ports
from vestige.actions.uploads import expire, settle
from vestige.actions.uploads_placed import awaited
from vestige.errors import NotFound, Underway, VestigeError
from vestige.evidence.people import system
from vestige.evidence.uploads import Upload

EVERY_S = 30.0
_ASKS_MS = 60_000


def is_due(ports: Ports) -> bool:
    """Whether there is something to do."""
    now = ports.now()
    return bool(_left(ports) or _forgotten(ports, now) or ports.uploads.quiet(now - ports.uploads.lasting_ms))


def tidy(ports: Ports) -> int:
    """Do it; returns how many uploads ended. One that somebody holds is left to the next look.

    What is left over and what ran out goes first: that makes room. One that fails stops no other; the first failure is raised at the end.
    """
    now, failed = ports.now(), list[VestigeError]()
    for ref in _left(ports):
        _tried(failed, partial(ports.growing.remove, ref))
    work = [partial(_ended, ports, upload) for upload in ports.uploads.quiet(now - ports.uploads.lasting_ms)]
    ended = sum(_tried(failed, one) for one in work)
    work = [partial(_settled, ports, upload) for upload in _forgotten(ports, now)]
    ended += sum(_tried(failed, one) for one in work)
    if failed:
        raise failed[0]
    return ended


def _forgotten(ports: Ports, now: int) -> list[Upload]:
    """Those that are whole, that nobody asked for since, and that wait for nothing."""
    return [one for one in ports.uploads.unsettled(now - _ASKS_MS) if not awaited(ports, one)]


def _tried(failed: list[VestigeError], work: Callable[[], bool]) -> bool:
    """What came of it; a failure goes to the others."""
    try:
        return work()
    except VestigeError as error:
        failed.append(error)
        return False


def _settled(ports: Ports, upload: Upload) -> bool:
    try:
        with ports.growing.grow(upload.id, upload.sealed, upload.length) as growing:
            if not growing.whole:
                ports.uploads.heard(upload.id, growing.size, upload.heard)
                return False
            settle(ports, system("uploads"), upload, growing)
    except Underway:
        return False
    return True


def _ended(ports: Ports, upload: Upload) -> bool:
    if upload.outcome:  # it is an item for long; nobody asks what became of it any more
        return ports.growing.remove(upload.id) and ports.uploads.drop(upload.id)
    try:
        if ports.growing.begun(upload.id):
            with ports.growing.grow(upload.id, upload.sealed, upload.length) as growing:
                if growing.whole:
                    settle(ports, system("uploads"), upload, growing)
                    return True
        expire(ports, system("uploads"), upload)
    except (NotFound, Underway):
        return False
    return True


def _left(ports: Ports) -> list[UUID]:
    """Of which something lies in the vault though they were kept, or are gone."""
    return [ref for ref in ports.growing.left() if (row := ports.uploads.upload(ref)) is None or row.outcome]
