"""The redaction log for people: what is hidden, when, on what ground, and how much (R85, R86). It says nothing of where, or of what."""

from collections.abc import Iterable
from types import MappingProxyType

from vestige.disclosure._paper import CONSOLE_ACTS, Table, csv_bytes, page, paragraph, table, when
from vestige.disclosure.manifest import PackageFacts
from vestige.policy.load import Policy
from vestige.redaction.geometry import Span, union
from vestige.redaction.log import Row, rows, totals, whole_share
from vestige.redaction.plan import Plan

_KINDS = MappingProxyType({"box": "an area of the picture", "face": "a face", "sound": "sound"})
_FOUND = MappingProxyType({"model": "by a program, checked by a person", "person": "by a person"})
_SPANS = ("From", "To", "What", "Ground", "Ground in words", "Seconds", "Share of the picture", "Found")
_TOTALS = (
    "Ground",
    "Ground in words",
    "Areas of the picture",
    "Seconds of picture",
    "Silences",
    "Seconds of sound",
    "Share of the picture",
)


def redaction_log_html(facts: PackageFacts, plan: Plan, policy: Policy) -> bytes:
    """`data/redaction-log.html`. Raises BadInput for an exemption that the policy does not know."""
    parts = [paragraph(CONSOLE_ACTS, note=True)] if facts.console_acts else []
    parts += [
        paragraph(
            f"{facts.agency} hid these parts of the recording before it gave out the copy in package {facts.id}, made on "
            f"{when(facts.created)}. The recording lasts {_seconds(plan.duration_ms)} seconds. Times count from its beginning: "
            "hours, minutes, seconds, thousandths."
        ),
        paragraph(
            "A share is the part of the whole picture that is hidden: for one line, on average while it lasts; in the totals, on average "
            "over the whole recording. What overlaps counts once. Hidden areas are counted as they are in the copy, widened to whole "
            "blocks of the picture; a silence may reach a little beyond its times, to whole pieces of the sound."
        ),
        table(Table("What is hidden", _SPANS, tuple(_span_cells(row, policy) for row in rows(plan)))),
        table(Table("How much is hidden, by ground and in all", _TOTALS, tuple(_total_cells(plan, policy)))),
        table(Table("The grounds", ("Ground", "In words", "Where it stands", "How sure"), tuple(_grounds(plan, policy)))),
        paragraph(
            f"The words are a summary from the policy pack {policy.name}, version {policy.version}; the law's own text counts. "
            "'How sure' says whether whoever wrote the pack has compared its words with that text: confirmed, second-hand or unconfirmed."
        ),
    ]
    return page(f"What is hidden in this copy: {facts.agency}", *parts)


def redaction_log_csv(plan: Plan, policy: Policy) -> bytes:
    """`data/redaction-log.csv`: a line each for what is hidden, then a line a ground and one for all (`line` says which)."""
    headings = ("line", "from_ms", "to_ms", "what", "ground", "ground_in_words", "areas", "seconds_of_picture", "silences")
    more = ("seconds_of_sound", "share_percent", "found")
    lines = [*(_span_line(row, policy) for row in rows(plan)), *(_total_line(cells) for cells in _total_cells(plan, policy))]
    return csv_bytes((*headings, *more), lines)


def _span_cells(row: Row, policy: Policy) -> tuple[str, ...]:
    ground = policy.exemption(row.exemption)
    share = "" if row.kind == "sound" else _percent(row.share)
    times = (_clock(row.from_ms), _clock(row.to_ms), _KINDS[row.kind])
    return (*times, ground.code, ground.words, _seconds(row.hidden_ms), share, _FOUND[row.origin])


def _span_line(row: Row, policy: Policy) -> tuple[str, ...]:
    ground = policy.exemption(row.exemption)
    seconds = _seconds(row.hidden_ms)
    times = ("hidden", str(row.from_ms), str(row.to_ms), _KINDS[row.kind], ground.code, ground.words)
    if row.kind == "sound":
        return (*times, "", "", "1", seconds, "", _FOUND[row.origin])
    return (*times, "1", seconds, "", "", _percent(row.share).removesuffix(" %"), _FOUND[row.origin])


def _total_cells(plan: Plan, policy: Policy) -> Iterable[tuple[str, ...]]:
    for total in totals(plan):
        ground = policy.exemption(total.exemption)
        counted = (str(total.masks), _seconds(total.picture_ms), str(total.mutes), _seconds(total.sound_ms))
        yield (ground.code, ground.words, *counted, _percent(total.share))
    picture, sound = _length(mask.span for mask in plan.masks), _length(mute.span for mute in plan.mutes)
    counted = (str(len(plan.masks)), _seconds(picture), str(len(plan.mutes)), _seconds(sound))
    yield ("All", "All grounds together", *counted, _percent(whole_share(plan)))


def _total_line(cells: tuple[str, ...]) -> tuple[str, ...]:
    ground, words, areas, picture, silences, sound, share = cells
    return ("total", "", "", "", ground, words, areas, picture, silences, sound, share.removesuffix(" %"), "")


def _grounds(plan: Plan, policy: Policy) -> Iterable[tuple[str, ...]]:
    for code in plan.exemptions:
        ground = policy.exemption(code)
        where = ", ".join(part for part in (ground.source.authority, ground.source.citation) if part)
        yield (ground.code, ground.words, where, ground.source.status)


def _length(spans: Iterable[Span]) -> int:
    return sum(span.length_ms for span in union(spans))


def _clock(milliseconds: int) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{thousandths:03d}"


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"


def _percent(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d} %"
