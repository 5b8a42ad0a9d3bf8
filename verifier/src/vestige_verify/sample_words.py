"""What sample proofs prove, as facts for a program and in plain words (package format, "Sample proofs")."""

from fractions import Fraction
from typing import Any, Final

from vestige_verify.samples import Proven, StreamFacts, clock

_ONE: Final = {"video": "picture", "audio": "piece of sound"}
_MANY: Final = {"video": "pictures", "audio": "pieces of sound"}
_KINDS: Final = {"video": "picture", "audio": "sound", "other": "other data"}
_MOST_SPANS: Final = 12
CHECKED: Final = "the samples that are said to be the original's are, and nothing lies between them that is not told of"


def as_json(proven: Proven) -> dict[str, Any]:
    """The facts. Times are milliseconds, rounded."""
    return {
        "original": proven.item,
        "media_index": proven.root,
        "in_step": proven.in_step,
        "left_out": proven.left_out,
        "streams": [
            {
                "kind": stream.kind,
                "original": stream.original,
                "first": stream.first,
                "count": stream.last - stream.first,
                "identical": stream.identical,
                "stripped": stream.stripped,
                "altered": stream.altered,
                "altered_ms": [[_ms(span.begins), _ms(span.ends)] for span in stream.spans],
                "from_ms": None if stream.begins is None else _ms(stream.begins),
                "to_ms": None if stream.ends is None else _ms(stream.ends),
            }
            for stream in proven.streams
        ],
    }


def as_text(proven: Proven) -> list[str]:
    """The same for a person, a line each."""
    lines = [line for stream in proven.streams for line in _stream(stream)]
    if proven.left_out:
        named = [f"{proven.left_out.count(kind)} of {_KINDS[kind]}" for kind in _KINDS if kind in proven.left_out]
        lines.append(f"streams of the original that are not here: {', '.join(named)}.")
    if len(proven.streams) > 1:
        step = "sound and picture lie against each other as in the original"
        lines.append(f"{step}." if proven.in_step else f"whether {step} is not told by these proofs.")
    return lines


def _stream(stream: StreamFacts) -> list[str]:
    one, many = _ONE[stream.kind], _MANY[stream.kind]
    whole = stream.identical + stream.stripped + stream.altered
    own = f"{stream.identical:,} of {whole:,} {many} are the original's own, unchanged"
    notes = f"; from {stream.stripped:,} more only notes beside the {one} (SEI) were removed" if stream.stripped else ""
    lines = [f"{own}{notes}{f'; {stream.altered:,} are made anew' if stream.altered else ''}."]
    if stream.spans:
        spans = [f"{clock(span.begins)} to {clock(span.ends)}" for span in stream.spans[:_MOST_SPANS]]
        more = len(stream.spans) - len(spans)
        lines.append(f"  made anew: {', '.join(spans)}" + (f" and {more} more spans." if more else "."))
    part = (
        f"  they stand for {stream.last - stream.first:,} of the original's {stream.original:,}, one after the other, none left out between"
    )
    if stream.begins is not None and stream.ends is not None and not stream.spans:
        part += f" (from {clock(max(Fraction(0), stream.begins))} to {clock(stream.ends)} of it)"
    return [*lines, f"{part}."]


def _ms(at: Fraction) -> int:
    return round(at * 1000)
