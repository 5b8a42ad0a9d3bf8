"""Papers for people: a self-contained HTML page that prints well and runs nothing, or CSV that no spreadsheet takes for formulas."""

import base64
import csv
import hashlib
import html
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vestige.evidence.values import from_ms

_STYLE = """
:root { color-scheme: light; }
body { font: 1rem/1.5 Georgia, "Times New Roman", serif; color: #1b1b1b; background: #fff; }
body { max-width: 75rem; margin: 0 auto; padding: 1.5rem; }
h1, h2, th, caption { font-family: "Public Sans", "Helvetica Neue", Arial, sans-serif; line-height: 1.3; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }
caption { text-align: left; font-weight: 700; padding: .5rem 0; }
th, td { border: 1px solid #71767a; padding: .4rem .6rem; text-align: left; vertical-align: top; }
.long { overflow-wrap: anywhere; min-width: 14rem; }
th { background: #f0f0f0; }
.note { border-left: .5rem solid #8b0a03; padding: .5rem 1rem; background: #f9eeee; }
.line { border-bottom: 1px solid #1b1b1b; min-height: 2.2rem; max-width: 30rem; }
@page { margin: 18mm; }
@media print {
  body { padding: 0; max-width: none; font-size: 10pt; }
  .table { overflow: visible; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
}
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
_LONGEST_WORD = 24
_FORMULA = ("=", "+", "-", "@")
# Joiners that scripts need; every other character without a shape of its own is written out, so that no file name can turn a line around.
_JOINERS = {"\u200c", "\u200d"}

CONSOLE_ACTS = (
    "This agency's system was set up for demonstrations and tests: whoever sits at its keyboard can act in the name of any person. "
    "The names and roles written here do not show that those people acted."
)


Cell = str | tuple[str, ...]
"""Plain text, or several lines of it."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its caption, the headings of its columns, and rows of plain text. The first column names its row."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def visible(text: str) -> str:
    """The text with every control, format, surrogate or unassigned character written out: a backslash, `u`, its number in hex."""
    return "".join(_shown(one) for one in text)


def escaped(text: str) -> str:
    """The text, made visible and safe between tags and in quoted attributes."""
    return html.escape(visible(text), quote=True)


def when(milliseconds: int) -> str:
    """The time in words: `2026-11-24 05:53:08.123 UTC`."""
    return f"{from_ms(milliseconds):%Y-%m-%d %H:%M:%S}.{milliseconds % 1000:03d} UTC"


def page(title: str, *parts: str) -> bytes:
    """A whole HTML page. The parts are HTML already; the title is plain text."""
    heading = escaped(title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{heading}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{heading}</h1>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    ).encode()


def paragraph(text: str, *, note: bool = False) -> str:
    """A paragraph of plain text; `note` sets it apart as a warning."""
    return f'<p class="note"><strong>{escaped(text)}</strong></p>' if note else f"<p>{escaped(text)}</p>"


def section(heading: str, *parts: str) -> str:
    """A section under its heading. The parts are HTML already."""
    return f"<section>\n<h2>{escaped(heading)}</h2>\n" + "\n".join(parts) + "\n</section>"


def numbered(texts: Iterable[str]) -> str:
    """A numbered list of plain texts."""
    return "<ol>\n" + "\n".join(f"<li>{escaped(text)}</li>" for text in texts) + "\n</ol>"


def table(content: Table) -> str:
    """A table that can be scrolled sideways by keyboard where the page is too narrow for it."""
    head = "".join(f'<th scope="col">{escaped(heading)}</th>' for heading in content.headings)
    body = "\n".join(_row(row) for row in content.rows)
    label = escaped(content.caption)
    return (
        f'<div class="table" role="region" tabindex="0" aria-label="{label}">\n<table>\n<caption>{label}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def facts_table(caption: str, facts: Sequence[tuple[str, Cell]]) -> str:
    """A table of facts: what, and its value."""
    return table(Table(caption, ("What", "Value"), tuple(facts)))


def csv_bytes(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """RFC 4180 in UTF-8: a line of headings, CRLF. A cell that a spreadsheet would take for a formula gets an apostrophe in front."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_cell(heading) for heading in headings])
    writer.writerows([[_cell(cell) for cell in row] for row in rows])
    return out.getvalue().encode()


def _row(cells: tuple[Cell, ...]) -> str:
    first, *rest = cells
    return f'<tr><th scope="row"{_breaking(first)}>{_lines(first)}</th>' + "".join(_data_cell(cell) for cell in rest) + "</tr>"


def _data_cell(cell: Cell) -> str:
    return f"<td{_breaking(cell)}>{_lines(cell)}</td>"


def _lines(cell: Cell) -> str:
    lines = (cell,) if isinstance(cell, str) else tuple(line for line in cell if line)
    return "<br>".join(escaped(line) for line in lines)


def _breaking(cell: Cell) -> str:
    """Lets a cell break inside words only where one is too long for any column (a digest), so that no short word is torn."""
    text = cell if isinstance(cell, str) else " ".join(cell)
    return ' class="long"' if any(len(word) > _LONGEST_WORD for word in visible(text).split()) else ""


def _cell(text: str) -> str:
    shown = visible(text)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown


def _shown(one: str) -> str:
    if one in _JOINERS or unicodedata.category(one) not in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}:
        return one
    return f"\\u{ord(one):04x}"
