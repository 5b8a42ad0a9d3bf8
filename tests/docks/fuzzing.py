"""Fuzzes what reads names, headers and metadata of the protocol, with atheris: `python -m tests.docks.fuzzing -max_total_time=10`."""

import sys
from urllib.parse import unquote_to_bytes

import atheris

with atheris.instrument_imports(include=["vestige.actions.dock_parts", "vestige.ingest.axis.names"]):
    from vestige.actions import dock_parts
    from vestige.ingest.axis import names

from vestige.custody.canonical import canonical
from vestige.evidence.docks import Part

_PARTS = (Part.BOOKMARK, Part.KEY, Part.TRAIL)


def named(data: bytes) -> None:
    """A name is printable and short enough, and says the bytes that it came from unless it was cut."""
    raw = data.decode("latin-1")
    for name, longest in ((names.container_name(raw).name, names.LONGEST_CONTAINER), (names.object_name(raw).name, names.LONGEST_OBJECT)):
        assert len(name) <= longest
        assert name.isprintable()
        if "~" not in name[-65:]:
            assert unquote_to_bytes(name) == unquote_to_bytes(raw)


def headers(data: bytes) -> None:
    """Whatever the headers hold, what is kept of them is printable text."""
    lines = [line.partition(b":") for line in data.split(b"\n")]
    kept = names.said([(b"x-object-meta-" + name, value) for name, _, value in lines], b"x-object-meta-")
    assert all(name.isprintable() and value.isprintable() for name, value in kept.items())
    canonical(dict(kept))
    for value in kept.values():
        at = names.moment(value)
        assert at is None or isinstance(at, int)


def metadata(data: bytes) -> None:
    """What stands beside footage is read or is told to be unreadable, and its facts have canonical bytes."""
    for part in _PARTS:
        facts = dock_parts.facts_of(part, data, {"CategoryName": "x"})
        assert facts["opens"] is not bool(facts["error"])
        canonical(facts)  # type: ignore[arg-type]  # raises for what is no canonical value


def one(data: bytes) -> None:
    """One input: its first byte says what reads it."""
    if data:
        (named, headers, metadata)[data[0] % 3](data[1:])


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
