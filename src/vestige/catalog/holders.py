"""What the catalog knows of witnesses, cosignatures and tokens; and which of it does not hold."""

import hashlib
from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.db.models import Max

from vestige.catalog import models
from vestige.catalog.log import opened
from vestige.custody.cosignatures import check
from vestige.custody.events import EventType
from vestige.custody.signed_notes import COSIGNATURE, parse_key, parse_lines, parse_note
from vestige.custody.tree import Frontier
from vestige.errors import BadInput
from vestige.errors import Fault as Broken
from vestige.evidence.holders import Stamp, Witness
from vestige.evidence.home import Fault

KEEPING = (EventType.ANCHOR_WRITTEN.value, EventType.CHECKPOINT_COSIGNED.value, EventType.CHECKPOINT_STAMPED.value)
"""Events about checkpoints themselves: a log that holds only these since a checkpoint holds nothing new."""

_RESTORED = EventType.HOME_RESTORED.value
Tokens = dict[tuple[str, int], set[tuple[str, int, str]]]
"""By log (empty: the one in force; else the origin of one that a restore ended) and size: digest (hex), time and authority of tokens."""


class DjangoHolders:
    """Rows about those who hold checkpoints. What bears evidence changes only through the log."""

    def witnesses(self, *, withdrawn: bool = False) -> list[Witness]:
        """By name; those withdrawn too where asked for."""
        rows = models.Witness.objects.annotate(cosigned=Max("cosignatures__size")).order_by("name", "id")
        wanted = rows if withdrawn else rows.filter(withdrawn__isnull=True)
        return [_witness(row, row.cosigned or 0) for row in wanted]

    def cosignatures(self, size: int) -> dict[UUID, str]:
        """The lines under the checkpoint of that size, by witness."""
        return dict(models.Cosignature.objects.filter(size=size).values_list("witness_id", "line"))

    def add_cosignature(self, witness: UUID, size: int, time: int, line: str) -> None:
        """Keep a line; a second one by that witness under that checkpoint is not kept."""
        row = models.Cosignature(witness_id=witness, size=size, time=time, line=line)
        models.Cosignature.objects.bulk_create([row], ignore_conflicts=True)

    def note_attempt(self, witness: UUID, *, failures: int, failing_since: int | None, retry_at: int) -> None:
        """Keep how asking that witness goes."""
        models.Witness.objects.filter(id=witness).update(failures=failures, failing_since=failing_since, retry_at=retry_at)

    def stamp(self, size: int) -> Stamp | None:
        """The token over the checkpoint of that size."""
        row = models.Stamp.objects.filter(size=size).first()
        return _stamp(row) if row else None

    def newest_stamp(self) -> Stamp | None:
        """The token over the largest checkpoint that has one."""
        row = models.Stamp.objects.order_by("-size").first()
        return _stamp(row) if row else None

    def add_stamp(self, stamp: Stamp) -> None:
        """Keep a token; a second one over that checkpoint is not kept."""
        row = models.Stamp(size=stamp.size, authority=stamp.authority, time=stamp.time, token=stamp.token)
        models.Stamp.objects.bulk_create([row], ignore_conflicts=True)

    def changed_since(self, size: int) -> bool:
        """Whether the log holds an event after that size that is not about checkpoints themselves."""
        if models.Sequenced.objects.filter(index__gte=size).exclude(event__type__in=KEEPING).exists():
            return True
        newest = models.Sequenced.objects.order_by("-index").values_list("event_id", flat=True).first() or 0
        return models.Event.objects.filter(seq__gt=newest).exclude(type__in=KEEPING).exists()

    def last_told(self, event_type: str) -> int | None:
        """When the newest event of that type was written (milliseconds UTC)."""
        return models.Event.objects.filter(type=event_type).order_by("-seq").values_list("time", flat=True).first()

    def size(self) -> int:
        """The number of entries in the tree."""
        return models.LogState.objects.get().size

    def roots(self, sizes: Collection[int]) -> dict[int, bytes]:
        """The roots of the tree as it was at those of the sizes that its leaves reach, in one pass over them."""
        wanted, frontier = sorted({size for size in sizes if size >= 0}), Frontier()
        found: dict[int, bytes] = {}
        for size in wanted:
            leaves = models.Sequenced.objects.filter(index__gte=frontier.size, index__lt=size).order_by("index")
            frontier = frontier.append([bytes(leaf) for leaf in leaves.values_list("leaf", flat=True).iterator()])
            if frontier.size != size:
                break
            found[size] = frontier.root()
        return found


def faults() -> Iterator[Fault]:
    """Cosignatures that are not their witness's, and cosignatures and tokens that are not those that the log tells of."""
    lines, tokens = _told()
    yield from _cosignatures(lines)
    for stamp in models.Stamp.objects.order_by("size").iterator():
        yield from _token(stamp, "", tokens)
    for past in models.PastStamp.objects.order_by("log", "size").iterator():
        yield from _token(past, past.log, tokens)
    for witness, size in lines:
        yield Fault("the log tells of a cosignature that is not there", f"checkpoint {size}, witness {witness}")
    for log, size in tokens:
        yield Fault("the log tells of a token that is not there", _of(log, size))


def _token(stamp: "models.Stamp | models.PastStamp", log: str, tokens: Tokens) -> Iterator[Fault]:
    if (hashlib.sha256(bytes(stamp.token)).hexdigest(), stamp.time, stamp.authority) not in tokens.pop((log, stamp.size), ()):
        yield Fault("the token is not the one that the log tells of", f"token of {_of(log, stamp.size)}")


def _of(log: str, size: int) -> str:
    return f"checkpoint {size}{f' of {log}' if log else ''}"


def _cosignatures(lines: dict[tuple[str, int], set[str]]) -> Iterator[Fault]:
    """Each row by itself and against what the log tells; takes what was found out of `lines`."""
    checkpoints = dict(models.Checkpoint.objects.values_list("size", "note"))
    for row in models.Cosignature.objects.select_related("witness").order_by("id").iterator():
        name = f"cosignature of checkpoint {row.size} by {row.witness.name}"
        try:
            text = parse_note(checkpoints[row.size]).text
            found = check(text, parse_lines(row.line)[0], parse_key(row.witness.vkey, COSIGNATURE))
        except KeyError:
            yield Fault("the checkpoint that it cosigns is not there", name)
        except (BadInput, Broken) as error:
            yield Fault(str(error), name)
        else:
            if found.time != row.time:
                yield Fault("the column time is not what was cosigned", name)
        if row.line not in lines.pop((str(row.witness_id), row.size), ()):
            yield Fault("the cosignature is not the one that the log tells of", name)


def _told() -> tuple[dict[tuple[str, int], set[str]], Tokens]:
    """What the log says was given: cosignature lines by witness and size, and tokens by log and size.

    A restore ends a log: the lines of before are under checkpoints of it, of which no row tells any more.
    """
    lines: dict[tuple[str, int], set[str]] = {}
    tokens: Tokens = {}
    rows = models.Event.objects.filter(type__in=(*KEEPING, _RESTORED)).select_related("openings").order_by("seq")
    for event in rows.iterator():
        data = _data(event)
        if event.type == _RESTORED:
            lines, tokens = {}, _ended(tokens, data)
        elif "line" in data:
            lines.setdefault((event.object_id, data["size"]), set()).add(data["line"])
        elif "token" in data:
            tokens.setdefault(("", data["size"]), set()).add((data["token"], data["time"], data["authority"]))
    return lines, tokens


def _ended(tokens: Tokens, data: dict[str, Any]) -> Tokens:
    """The same tokens, those of the log in force as those of the log that this `home:restored` ended."""
    old = data.get("old")
    origin = str(old.get("origin", "")) if isinstance(old, dict) else ""
    return {(log or origin, size): told for (log, size), told in tokens.items()}


def _data(event: models.Event) -> dict[str, Any]:
    """The event's opened data; nothing where it does not open (that is a fault of its own, found elsewhere)."""
    try:
        data = opened(event.openings.fields)["data"]
    except (models.Openings.DoesNotExist, ValueError, KeyError, TypeError):
        return {}
    whole = isinstance(data, dict) and (event.type == _RESTORED or {"size", "root"} <= set(data))
    return dict(data) if whole and isinstance(data, dict) else {}


def _witness(row: models.Witness, cosigned: int) -> Witness:
    return Witness(
        id=row.id,
        name=row.name,
        key=row.vkey,
        url=row.url,
        withdrawn=row.withdrawn,
        cosigned=cosigned,
        failures=row.failures,
        failing_since=row.failing_since,
        retry_at=row.retry_at,
    )


def _stamp(row: models.Stamp) -> Stamp:
    return Stamp(row.size, row.authority, row.time, bytes(row.token))
