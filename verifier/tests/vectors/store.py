"""How vectors are written down: contents, splices in a base, and JSON with one case a line."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

Json = Any
_WINDOW = 24  # bytes that must be the same to be taken for the same place
_NEAR = 16  # bytes between two differences that are not worth two splices


def plain(data: bytes) -> Json:
    """The content of some bytes: text where they are UTF-8, else base64."""
    try:
        return data.decode("utf-8")
    except UnicodeError:
        return {"base64": base64.b64encode(data).decode()}


def repeat(what: Json, times: int) -> Json:
    return {"repeat": what, "times": times}


def against(base: bytes, data: bytes) -> Json:
    """The content that makes `data` out of `base`: splices, or the whole where that is shorter."""
    whole = plain(data)
    if not base or len(data) < 64:
        return whole
    rows = {"splices": [[start, end - start, plain(put)] for start, end, put in _splices(base, data)]}
    return rows if len(json.dumps(rows)) < len(json.dumps(whole)) else whole


def _splices(base: bytes, data: bytes) -> list[tuple[int, int, bytes]]:
    start = next((n for n, (one, other) in enumerate(zip(base, data, strict=False)) if one != other), min(len(base), len(data)))
    most = min(len(base), len(data)) - start
    tail = next((n for n in range(most) if base[len(base) - 1 - n] != data[len(data) - 1 - n]), most)
    old, new = base[start : len(base) - tail], data[start : len(data) - tail]
    rows = _by_places(old, new) if len(old) == len(new) else _by_windows(old, new)
    near: list[tuple[int, int, bytes]] = []
    for first, last, put in rows:
        if near and first - near[-1][1] <= _NEAR:
            before, end, so_far = near.pop()
            near.append((before, last, so_far + old[end:first] + put))
        else:
            near.append((first, last, put))
    return [(start + first, start + last, put) for first, last, put in near]


def _by_places(old: bytes, new: bytes) -> list[tuple[int, int, bytes]]:
    """Differences where nothing moved."""
    return [(n, n + 1, new[n : n + 1]) for n in range(len(old)) if old[n] != new[n]]


def _by_windows(old: bytes, new: bytes) -> list[tuple[int, int, bytes]]:
    """Differences where bytes were put in or taken out: windows of the old are looked for in the new, from left to right."""
    places: dict[bytes, list[int]] = {}
    for at in range(len(old) - _WINDOW + 1):
        places.setdefault(old[at : at + _WINDOW], []).append(at)
    rows, done, at, number = [], 0, 0, 0  # `done` of the old and `at` of the new are accounted for; `number` goes ahead in the new
    while number < len(new):
        found = places.get(new[number : number + _WINDOW], [])
        start = next((place for place in found if place >= done), None)
        if start is None:
            number += 1
            continue
        while number > at and start > done and new[number - 1] == old[start - 1]:
            number, start = number - 1, start - 1
        if number > at or start > done:
            rows.append((done, start, new[at:number]))
        while number < len(new) and start < len(old) and new[number] == old[start]:
            number, start = number + 1, start + 1
        done, at = start, number
    if at < len(new) or done < len(old):
        rows.append((done, len(old), new[at:]))
    return rows


@dataclass
class Area:
    """The cases of one file, and what stands beside them."""

    about: str
    beside: dict[str, Json] = field(default_factory=dict)
    cases: list[dict[str, Json]] = field(default_factory=list)

    def good(self, name: str, **given: Json) -> None:
        self.cases.append({"name": name, "verdict": "verified"} | given)

    def bad(self, name: str, reason: str, *, at: tuple[int, str] | None = None, **given: Json) -> None:
        """A case that must be refused: with a sentence that begins so, and in a package at this step and file."""
        where = {"step": at[0], "file": at[1]} if at else {}
        self.cases.append({"name": name, "verdict": "refused", **where, "reason": reason} | given)

    def text(self) -> bytes:
        names = [case["name"] for case in self.cases]
        if len(set(names)) != len(names):
            raise AssertionError(f"two cases of one name: {sorted({name for name in names if names.count(name) > 1})}")
        rows = ",\n".join(_line(case) for case in self.cases)
        head = "".join(f"{_line(name)}: {_line(value)},\n" for name, value in ({"about": self.about} | self.beside).items())
        return f'{{\n{head}"cases": [\n{rows}\n]\n}}\n'.encode()


def _line(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
