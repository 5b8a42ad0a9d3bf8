"""Who recorded: one rule for every way in. And what a person corrects afterwards."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whose a recording is; None where nobody knows. `differs`: somebody else is named than the camera was given to (R15)."""

    officer: UUID | None
    differs: bool


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person said of a recording's officer or time in place of what was known: `was` and `becomes` in words, `at` ms UTC."""

    field: str
    was: str
    becomes: str
    reason: str
    badge: str
    name: str
    at: int


DOCK_NAMES = "the dock names "
"""How the words begin that tell of somebody whom a camera system names beside the holder: that officer is the recording's no more than before."""


def who_recorded(*, holder: UUID | None, stated: UUID | None = None, told: UUID | None = None) -> Attribution:
    """The rule. `stated`: a person who brings footage in says so; `holder`: whom the camera was assigned to then; `told`: a camera system says so.

    A person's word counts before the register, the register before what a camera system tells. Whoever is named beside the holder is flagged.
    """
    named = {one for one in (stated, told) if one is not None}
    return Attribution(stated or holder or told, differs=holder is not None and bool(named - {holder}))
