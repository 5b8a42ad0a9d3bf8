"""How things were called at the time: names, badges, numbers and file names as the log said then, whatever they are called now."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping

_WORDS = {"person": ("name", "badge"), "device": ("model", "serial"), "item": ("number", "filename"), "recording": ("number",)}


class Titles:
    """What each person, device, item and recording was called from which entry of the log on."""

    def __init__(self, entries: Iterable[tuple[int, Mapping[str, object]]]) -> None:
        """`entries` are (index in the log, the value of `data`), in the order of the log."""
        columns: dict[str, dict[str, object]] = {}
        self._known: dict[str, list[tuple[int, str]]] = {}
        for index, data in entries:
            changes = data.get("set")
            for change in changes if isinstance(changes, list) else ():
                if change.get("noun") in _WORDS:
                    held = columns.setdefault(change["id"], {})
                    held |= change["columns"]
                    self._learn(index, change["id"], [str(held[word]) for word in _WORDS[change["noun"]] if held.get(word)])

    def at(self, index: int, ref: str) -> str:
        """What `ref` (a uuid) was called at that entry; empty where the log did not say yet."""
        known = self._known.get(ref, [])
        place = bisect_right(known, index, key=lambda one: one[0])
        return known[place - 1][1] if place else ""

    def _learn(self, index: int, ref: str, words: list[str]) -> None:
        title = words[0] + (f" ({words[1]})" if len(words) > 1 else "") if words else ""
        self._known.setdefault(ref, []).append((index, title))
