"""Proofs that leave: the C2SP tlog-proof file and the trail file of a package (docs/package-format.md)."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from vestige.custody.canonical import Json, canonical, parse
from vestige.custody.events import Opening


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry with its place in the log, its inclusion proof, and those of its openings that a profile discloses."""

    index: int
    data: bytes
    openings: Mapping[str, Opening]
    proof: Sequence[bytes]

    def opened(self, names: Iterable[str]) -> "ProvenEntry":
        """The same entry with only these fields open (those that are there)."""
        return ProvenEntry(self.index, self.data, {n: self.openings[n] for n in names if n in self.openings}, self.proof)


def openings_json(openings: Mapping[str, Opening]) -> dict[str, Json]:
    """`{field: {"salt": hex, "value": ...}}`."""
    return {name: {"salt": o.salt.hex(), "value": parse(o.value)} for name, o in openings.items()}


def trail_json(checkpoint: str, trails: Sequence[tuple[UUID, Sequence[ProvenEntry]]]) -> bytes:
    """The bytes of `data/trail.json`."""
    return canonical(
        {
            "format": "vestige-trail/1",
            "checkpoint": checkpoint,
            "trails": [{"item": str(item), "entries": [_entry_json(entry) for entry in entries]} for item, entries in trails],
        }
    )


def _entry_json(entry: ProvenEntry) -> Json:
    return {
        "index": entry.index,
        "entry": entry.data.decode(),
        "openings": openings_json(entry.openings),
        "proof": _hashes(entry.proof),
    }


def proof_file(entry: ProvenEntry, consistency: Sequence[bytes] | None, checkpoint: str) -> str:
    """The text of a C2SP tlog-proof that carries its entry; `consistency` for a `package:created` entry (`package.tlog-proof`)."""
    more: dict[str, Json] = {} if consistency is None else {"consistency": _hashes(consistency)}
    extra = canonical({**more, "entry": entry.data.decode(), "openings": openings_json(entry.openings)})
    lines = ["c2sp.org/tlog-proof@v1", f"extra {base64.b64encode(extra).decode()}", f"index {entry.index}", *_hashes(entry.proof)]
    return "\n".join(lines) + "\n\n" + checkpoint


def _hashes(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(h).decode() for h in hashes]
