"""Reads the vectors of this folder, and lays a package or a log out as a folder: nothing but the standard library.

    python unpack.py packages/bag.json "a file was added" FOLDER

writes the package of that case into FOLDER (which must not exist) and its trust file, if it has one, beside it as FOLDER.trust.
`README.md` says what a *content* is; the thirty lines of `content` and `files` are all that another language needs.
"""

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Json = Any


def load(name: str) -> dict[str, Json]:
    """The area in a file of this folder; what it takes from `packages/bases.json` is put into it."""
    area = json.loads((HERE / name).read_text("utf-8"))
    if "bases" in area and isinstance(area["bases"], str):
        area["bases"] = json.loads((HERE / name).with_name(area["bases"]).read_text("utf-8"))
    return area


def content(value: Json, base: bytes = b"") -> bytes:
    """The bytes of a content; `base` is what splices are made in."""
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, list):
        return b"".join(content(part) for part in value)
    if "base64" in value:
        return base64.b64decode(value["base64"])
    if "repeat" in value:
        return content(value["repeat"]) * value["times"]
    made, at = b"", 0
    for start, length, put in value["splices"]:
        made, at = made + base[at:start] + content(put), start + length
    return made + base[at:]


def files(area: dict[str, Json], case: dict[str, Json]) -> dict[str, Json]:
    """The files of a case by path: bytes, or `{"link": target}`, `{"folder": true}`, `{"pipe": true}` as they stand."""
    made: dict[str, Json] = {path: content(value) for path, value in area["bases"][case["base"]]["files"].items()}
    for path, value in case.get("files", {}).items():
        if value is None:
            del made[path]
        elif isinstance(value, dict) and value.keys() & {"link", "folder", "pipe"}:
            made[path] = value
        else:
            made[path] = content(value, made.get(path, b""))
    return made


def write(folder: Path, made: dict[str, Json]) -> None:
    """Lays files out under a folder."""
    for path, value in made.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(value, bytes):
            target.write_bytes(value)
        elif "link" in value:
            target.symlink_to(value["link"])
        elif "pipe" in value:
            os.mkfifo(target)
        else:
            target.mkdir()


def trust(area: dict[str, Json], case: dict[str, Json]) -> str | None:
    """The trust file of a case: its own, else that of its base; None where nothing is trusted."""
    found: str | None = case["trust"] if "trust" in case else area["bases"][case["base"]]["trust"]
    return found


def main(name: str, wanted: str, folder: str) -> None:
    """Writes one case."""
    area = load(name)
    cases = [case for case in area["cases"] if case["name"] == wanted]
    if len(cases) != 1:
        sys.exit(f"{name} has no case {wanted!r}; it has:\n" + "\n".join(case["name"] for case in area["cases"]))
    Path(folder).mkdir()
    write(Path(folder), files(area, cases[0]))
    text = trust(area, cases[0])
    if text is not None:
        Path(folder + ".trust").write_text(text, "utf-8")
    print(json.dumps({name: cases[0].get(name) for name in ("verdict", "step", "file", "reason")}, ensure_ascii=False))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
