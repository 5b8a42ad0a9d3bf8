"""The keys of the home: the recovery kit and its drill, a new key-encryption key, revocation.

Each act is recorded before it is done, in one transaction: what the log cannot take is not done. No key, share or word of one is ever recorded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.ports import Ports
from vestige.custody.events import EventType
from vestige.custody.notes import fingerprint, verify
from vestige.custody.signed_notes import ED25519, VerifierKey
from vestige.custody.succession import Succession
from vestige.custody.succession import keys as log_keys
from vestige.custody.succession import make as make_succession
from vestige.errors import BadInput, Fault, NotFound, Tampered, VestigeError
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.home import KitFacts, KitTrial, SharePage

_YEAR_MS = 365 * 24 * 3_600_000
CURRENT, REVOKED = "current", "revoked"


def _unseen(_: float) -> None:
    """Nobody watches the progress."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: the current key, whether it was drawn now, and how many data keys were sealed anew or could not be."""

    key: str
    drawn: bool
    rewrapped: int
    left: int


@action("keys.split", Permission.KEY_SPLIT, EventType.KEY_SPLIT, EventType.KEY_ROTATED)
def split(desk: Desk, threshold: int, shares: int, folder: Path, progress: Callable[[float], None] = _unseen) -> KitFacts:
    """Make a recovery kit: any `threshold` of the `shares` in `folder` open the sealed copy of the keyring from now on. Raises BadInput.

    A key in a token or a key service cannot be read out for another kit: then a new one is drawn first, which both kits give back.
    """
    agency = desk.ports.catalog.agency()
    if agency is None:
        raise NotFound("this home has no agency yet")
    now = desk.now()
    new = desk.ports.keys.cut(threshold, shares, now, folder)
    facts = new.facts
    if new.bound:
        _drawn(desk, new.draw, progress)
    day = datetime.fromtimestamp(now / 1000, UTC).date().isoformat()
    page = SharePage(agency.name, fingerprint(desk.ports.catalog.log_key()), day)
    with desk.writing() as pen:
        pen.record(Statement(EventType.KEY_SPLIT, about=("kit", facts.id), data={"threshold": threshold, "shares": shares}))
        new.hand_out(page)
    return facts


@action("keys.drill", Permission.KEY_DRILL, EventType.KEY_DRILLED)
def drill(desk: Desk, shares: Sequence[Path]) -> KitTrial:
    """Try the recovery kit: rebuild the keyring in memory, open one item with it by chance, compare; nothing is signed or written.

    Raises BadInput for wrong shares or a home that holds nothing yet, Fault and Tampered for what does not fit. A failure is recorded too.
    """
    if not desk.ports.catalog.digests():
        raise BadInput("this home holds nothing that a drill could open; take a file in first")
    trial = _tried(desk, shares)
    desk.note(Statement(EventType.KEY_DRILLED, about=("kit", trial.kit), data={"item": str(trial.item)}))
    return trial


@action("keys.recover", Permission.KEY_DRILL, EventType.KEY_DRILLED)
def recover(desk: Desk, shares: Sequence[Path], to: Path) -> KitTrial:
    """Write the keyring back to a file from shares, after an item opened with it. Raises BadInput (a file that is there), Fault, Tampered."""
    if to.exists():
        raise BadInput(f"{to} is there already: a keyring is never written over")
    trial = _tried(desk, shares)
    data: dict[str, Plain] = {"item": str(trial.item) if trial.item else None, "recovered": True}
    with desk.writing() as pen:
        pen.record(Statement(EventType.KEY_DRILLED, about=("kit", trial.kit), data=data))
        desk.ports.keys.write_back(shares, to)
    return trial


@action("keys.rotate", Permission.KEY_ROTATE, EventType.KEY_ROTATED)
def rotate(desk: Desk, progress: Callable[[float], None], *, to_file: bool = False) -> Rotated:
    """Draw a new key-encryption key and seal every data key anew under it; a rotation that was cut short is ended first, and no more done.

    `to_file` draws it in the keyring file though VESTIGE_KEYRING names a token or a key service. Raises Unavailable, BadInput.
    """
    keys = desk.ports.keys
    done = left = 0
    if any(keys.standing().get(name) for name, state in keys.names().items() if state != CURRENT):
        done, left = keys.rewrap(progress)
    if not done:
        return _drawn(desk, lambda name: keys.draw(name, to_file=to_file), progress)
    return _ended(desk, done, left, drawn=False)


@action("keys.retire", Permission.KEY_ROTATE, EventType.KEY_ROTATED)
def retire(desk: Desk) -> list[str]:
    """Take every older key under which no key file stands out of the keyring. Raises NotFound where there is none."""
    keys = desk.ports.keys
    standing = keys.standing()
    names = [name for name, state in keys.names().items() if state != CURRENT and not standing.get(name)]
    if not names:
        raise NotFound("there is no older key under which nothing stands; vestige keys rotate seals what does anew")
    with desk.writing() as pen:
        for name in names:
            pen.record(Statement(EventType.KEY_ROTATED, about=("key", name), data={"step": "retired"}))
        keys.retire(names)
    return names


@action("keys.revoke", Permission.KEY_REVOKE, EventType.KEY_REVOKED)
def revoke(desk: Desk, name: str, reason: str) -> int:
    """Mark a key revoked; returns how many key files still stand under it. Raises BadInput for the current key, NotFound."""
    keys = desk.ports.keys
    state = keys.names().get(name)
    if not reason.strip() or len(reason) > 1000:
        raise BadInput("a revocation takes a reason of at most 1,000 characters")
    if state is None:
        raise NotFound(f"the keyring has no key {name}; it has {', '.join(keys.names())}")
    if state == CURRENT:
        raise BadInput(f"{name} is the key in use; vestige keys rotate draws another, then this one can be revoked")
    if state == REVOKED:
        raise BadInput(f"{name} is revoked already")
    with desk.writing() as pen:
        pen.record(Statement(EventType.KEY_REVOKED, about=("key", name), data={"reason": reason.strip()}))
        keys.revoke(name, reason.strip(), desk.now())
    return keys.standing().get(name, 0)


def warning(ports: Ports) -> str | None:
    """What an administrator must be told of the recovery kit: that there is none, or that it was not tried in the last 365 days."""
    kit = ports.keys.kit()
    if kit is None:
        return "This home has no recovery kit: if its keyring is lost, nothing can ever be opened again. Make one with: vestige keys kit"
    trail = ports.catalog.trail_of_object("kit", kit.id)
    tried = [entry.time for entry in trail if entry.type == EventType.KEY_DRILLED and entry.opened["outcome"] == "success"]
    if not tried:
        return "The recovery kit was never tried: nobody knows yet whether it opens anything. Try it with: vestige keys drill"
    if ports.now() - max(tried) > _YEAR_MS:
        return "The recovery kit was last tried more than a year ago. Try it again with: vestige keys drill"
    return None


def _drawn(desk: Desk, draw: Callable[[str], None], progress: Callable[[float], None]) -> Rotated:
    """Draw a key and seal every data key anew under it."""
    name = desk.ports.keys.new_name()
    with desk.writing() as pen:
        pen.record(Statement(EventType.KEY_ROTATED, about=("key", name), data={"step": "drawn"}))
        draw(name)
    return _ended(desk, *desk.ports.keys.rewrap(progress), drawn=True)


def _ended(desk: Desk, done: int, left: int, *, drawn: bool) -> Rotated:
    current = next(name for name, state in desk.ports.keys.names().items() if state == CURRENT)
    desk.note(Statement(EventType.KEY_ROTATED, about=("key", current), data={"step": "rewrapped", "count": done, "left": left}))
    return Rotated(current, drawn, done, left)


@action("keys.rekey_log", Permission.KEY_ROTATE, EventType.LOG_REKEYED)
def rekey_log(desk: Desk) -> Succession:
    """Replace the log's signing key by a new one, which the old one signs. Raises BadInput where somebody else did in between, Unavailable."""
    catalog, new = desk.ports.catalog, desk.ports.keys.new_log_key()
    head = verify(catalog.checkpoint(), new.old_public)
    step = make_succession(head, (new.old_public, new.sign_old), (new.public, new.sign))
    data: dict[str, Plain] = {"old": str(step.old), "new": str(step.new), "note": step.note}
    with desk.writing() as pen:
        pen.record(Statement(EventType.LOG_REKEYED, about=("key", fingerprint(new.public)), data=data))
        new.put_in_force(step.note)
    return step


def _tried(desk: Desk, shares: Sequence[Path]) -> KitTrial:
    """A trial that held; one that did not is recorded and raised."""
    kit = desk.ports.keys.kit()
    if kit is None:
        raise BadInput("this home has no recovery kit; make one with: vestige keys kit")
    try:
        digests = desk.ports.catalog.digests()
        objects = {item: sealed for sealed, items in desk.ports.catalog.objects().items() for item in items}
        trial = desk.ports.keys.try_kit(shares, objects)
        newest = VerifierKey(desk.ports.catalog.origin(), ED25519, trial.log_key)
        if trial.fingerprints - {fingerprint(key.public) for key in log_keys(trial.succession, newest)}:
            raise Fault("the fingerprint on a share is not that of the log key which the shares give back; somebody changed one of them")
        if trial.item and trial.digest != digests[trial.item]:
            raise Tampered(f"item {trial.item} opened, and its bytes are not those that were taken in")
    except VestigeError as error:
        desk.note(Statement(EventType.KEY_DRILLED, about=("kit", kit.id), outcome={"failed": str(error)[:1000]}))
        raise
    return trial
