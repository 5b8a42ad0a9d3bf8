"""The eleven fields of an entry: commitments, openings, and what a value may look like (custody format, section 2)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from vestige_verify import canonical, shapes
from vestige_verify.errors import VerificationError

FIELDS: Final = ("actor", "role", "item", "previous", "object", "purpose", "address", "session", "outcome", "digests", "data")
ALWAYS_OPEN: Final = frozenset({"item", "previous", "role", "digests"})


@dataclass(frozen=True, slots=True)
class Opening:
    """A salt of 16 bytes and the value that it hides."""

    salt: bytes
    value: Any


def parse_openings(value: object) -> dict[str, Opening]:
    """The openings of one entry by field; refuses unknown fields and malformed pairs. Whether they match is `check`'s business."""
    if not isinstance(value, dict):
        raise VerificationError("`openings` is no object")
    result = {}
    for name, pair in value.items():
        if name not in _SHAPES:
            raise VerificationError(f"there is no field {name[:40]!r}")
        opening = shapes.record(pair, "salt", "value")
        result[name] = Opening(shapes.salt(opening["salt"]), opening["value"])
    return result


def check(commitments: dict[str, str], openings: dict[str, Opening]) -> None:
    """Returns if each opening matches its commitment (hex) and has the shape of its field; refuses missing basic fields."""
    if not openings.keys() >= ALWAYS_OPEN:
        missing = sorted(ALWAYS_OPEN - openings.keys())
        raise VerificationError(f"the fields {', '.join(missing)} are not opened, as they must be in every package")
    for name, opening in openings.items():
        if hashlib.sha256(opening.salt + canonical.encode(opening.value)).hexdigest() != commitments[name]:
            raise VerificationError(f"the opened `{name}` is not what the log committed to")
        _SHAPES[name](opening.value)


def _actor(value: object) -> None:
    actor = shapes.record(value, "id", "kind", "name")
    shapes.one_of(actor["kind"], "actor.kind", "person", "console", "system", "device")
    shapes.text(actor["id"], "actor.id")
    shapes.text(actor["name"], "actor.name")


def _role(value: object) -> None:
    roles = [shapes.text(role, "role") for role in shapes.array(value, "role")]
    if roles != sorted(set(roles)):
        raise VerificationError("`role` is not a sorted list of role names")


def _item(value: object) -> None:
    if value is not None:
        shapes.uuid(value, "item")


def _previous(value: object) -> None:
    if value is not None:
        shapes.digest(value, "previous")


def _object(value: object) -> None:
    if value is not None:
        target = shapes.record(value, "id", "kind")
        shapes.text(target["id"], "object.id")
        shapes.text(target["kind"], "object.kind")


def _purpose(value: object) -> None:
    if value is not None:
        purpose = shapes.record(value, "case", "reason")
        shapes.text(purpose["reason"], "purpose.reason")
        _text_or_null(purpose["case"])


def _text_or_null(value: object) -> None:
    if value is not None:
        shapes.text(value, "address, session or case")


def _outcome(value: object) -> None:
    if value == "success":
        return
    if not isinstance(value, dict) or len(value) != 1 or not value.keys() <= {"refused", "failed"}:
        raise VerificationError("`outcome` is neither success nor a refusal nor a failure")
    shapes.text(next(iter(value.values())), "outcome")


def _digests(value: object) -> None:
    for digest in shapes.array(value, "digests"):
        shapes.record(digest, "algorithm", "of", "value")
        shapes.one_of(digest["algorithm"], "algorithm", "sha256")
        shapes.text(digest["of"], "of")
        shapes.digest(digest["value"], "digests")


def _data(value: object) -> None:
    if not isinstance(value, dict):
        raise VerificationError("`data` is no object")


_SHAPES: Final[dict[str, Callable[[object], None]]] = {
    "actor": _actor,
    "role": _role,
    "item": _item,
    "previous": _previous,
    "object": _object,
    "purpose": _purpose,
    "address": _text_or_null,
    "session": _text_or_null,
    "outcome": _outcome,
    "digests": _digests,
    "data": _data,
}
