"""Rows as they lie in the tables, past every conversion: a check must be able to read what somebody made unreadable.

Text comes as it is on SQLite, bytes that are no UTF-8 as lone surrogates; a uuid is one only as this software writes it.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model

_HEX = re.compile(r"[0-9a-f]{32}")
_CHUNK = 2_000


@contextmanager
def tolerant() -> Iterator[None]:
    """While the block runs, text of SQLite that is no UTF-8 is read too."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    raw = connection.connection
    before, raw.text_factory = raw.text_factory, _text
    try:
        yield
    finally:
        raw.text_factory = before


def rows(model: type[Model], attributes: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """All rows of a table, these attributes of each (`device_id` for the key of a `device`), a few thousand at a time."""
    plain = "+" if connection.vendor == "sqlite" else ""  # without it the driver takes what is no truth value for one
    names = ", ".join(f'{plain}"{field(model, name).column}"' for name in attributes)
    with connection.chunked_cursor() as cursor:
        cursor.execute(f'SELECT {names} FROM "{model._meta.db_table}"')  # noqa: S608, SLF001  # names of our own models
        while found := cursor.fetchmany(_CHUNK):
            yield from found


def field(model: type[Model], attribute: str) -> "Field[Any, Any]":
    """The field behind an attribute."""
    found = model._meta.get_field(attribute)  # noqa: SLF001  # Django documents it
    if not isinstance(found, Field):
        raise TypeError(f"{attribute} is no column")
    return found


def as_uuid(value: object) -> UUID | None:
    """The uuid that a column holds, None where it holds none, or one that is spelt otherwise than it is written."""
    if isinstance(value, UUID):
        return value
    return UUID(value) if isinstance(value, str) and _HEX.fullmatch(value) else None


def is_stored(value: object, wanted: object, column: "Field[Any, Any]") -> bool:
    """Whether a column holds what the log says, to the letter: of the very type that is written, not only what is read as equal."""
    target = column
    while target.remote_field:
        target = target.target_field  # type: ignore[attr-defined]  # of a foreign key
    kind = target.get_internal_type()
    if wanted is None or value is None:
        return value is wanted
    if kind == "UUIDField":
        return str(as_uuid(value)) == wanted
    if kind == "BooleanField" and connection.vendor == "sqlite":
        return isinstance(wanted, bool) and type(value) is int and value == int(wanted)
    return type(value) is type(wanted) and value == wanted


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")
