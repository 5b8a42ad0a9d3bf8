"""`data/redaction-log.csv` held against what the copy must hide (package format, "The footage, measured", 5)."""

import csv
import io
import re
from typing import Final

from vestige_verify.errors import VerificationError
from vestige_verify.hidden import Hidden, share

PATH: Final = "data/redaction-log.csv"
LARGEST: Final = 64 << 20
_SHARE = re.compile(r"(0|[1-9][0-9]{0,2})\.([0-9]{2})", re.ASCII)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


def require_same(document: bytes, must: Hidden) -> None:
    """Returns if the log lists exactly these areas and silences, with their times, and their shares of the picture."""
    lines = _lines(document)
    told = [line for line in lines if line.get("line") == "hidden"]
    areas = sorted((_number(line["from_ms"]), _number(line["to_ms"]), _share(line)) for line in told if not line["silences"])
    silences = sorted((_number(line["from_ms"]), _number(line["to_ms"])) for line in told if line["silences"])
    expected = sorted((mask.from_ms, mask.to_ms, share(must, [mask], mask.to_ms - mask.from_ms)) for mask in must.masks)
    if silences != sorted(must.mutes):
        raise VerificationError("the redaction log tells of other silences than those that the copy must have")
    if [area[:2] for area in areas] != [area[:2] for area in expected]:
        raise VerificationError("the redaction log tells of other hidden areas than those that the copy must have")
    if areas != expected:
        raise VerificationError("the redaction log tells of another share of the picture than is hidden")
    whole = [line for line in lines if line.get("line") == "total" and line["ground"] == "All"]
    if [_share(line) for line in whole] != [share(must, must.masks, must.duration_ms)]:
        raise VerificationError("the redaction log tells of another share of the picture in all than is hidden")


def _lines(document: bytes) -> list[dict[str, str]]:
    try:
        lines = list(csv.DictReader(io.StringIO(document.decode("utf-8").removeprefix("\ufeff"), newline=""), strict=True))
    except (UnicodeError, csv.Error) as problem:
        raise VerificationError(f"the redaction log is no table: {problem}") from None
    needed = {"line", "from_ms", "to_ms", "ground", "silences", "share_percent"}
    if any(not needed <= line.keys() or None in line.values() or None in line for line in lines):
        raise VerificationError("the redaction log lacks a column")
    return lines


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise VerificationError(f"the redaction log has {text[:20]!r} where milliseconds belong")
    return int(text)


def _share(line: dict[str, str]) -> int:
    found = _SHARE.fullmatch(line["share_percent"])
    if not found:
        raise VerificationError(f"the redaction log has {line['share_percent'][:20]!r} where a share of the picture belongs")
    return int(found[1]) * 100 + int(found[2])
