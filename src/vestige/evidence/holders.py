"""Those who hold the log's checkpoints outside the agency: witnesses, a time authority, whoever keeps an anchor."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness of the log. `key` is its C2SP verifier key; `cosigned` the largest size that it cosigned (0: none yet).

    `failures` counts attempts in a row that failed, since `failing_since`; the next is due at `retry_at` (milliseconds UTC).
    """

    id: UUID
    name: str
    key: str
    url: str
    withdrawn: int | None = None
    cosigned: int = 0
    failures: int = 0
    failing_since: int | None = None
    retry_at: int = 0


@dataclass(frozen=True, slots=True)
class Stamp:
    """A token (RFC 3161) over the checkpoint of a size: by which authority, when (milliseconds UTC, by its clock), and its DER bytes."""

    size: int
    authority: str
    time: int
    token: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """A POST to an address that the agency configured."""

    url: str
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back: status 0 and `fault` in words where nothing did."""

    status: int
    kind: str = ""
    body: bytes = b""
    fault: str = ""
