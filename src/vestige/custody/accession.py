"""Whether a received file is taken as evidence or kept aside. Doubt means quarantine: kept, flagged, never dropped."""

from dataclasses import dataclass

_KINDS = frozenset({"audio", "document", "image", "video"})
_LEAST = 90  # percent of the sampled groups of pictures that must decode


@dataclass(frozen=True, slots=True)
class Condition:
    """What the probe found. `opens`: its container or format could be read; `error` says why not. `groups_*`: of ten sampled at most.

    `beside`: it stands beside footage on a camera's card (a small copy, a thumbnail, a note of the camera's).
    """

    kind: str
    opens: bool
    sample_table: bool
    groups_sampled: int = 0
    groups_decoded: int = 0
    error: str = ""
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Accession:
    """The verdict: `quarantine` says why the file is kept aside, empty when it is evidence; `damage` what is wrong with it all the same."""

    quarantine: str
    damage: str


def judge(found: Condition) -> Accession:
    """Quarantines what cannot be opened, has no sample table, or of which fewer than 90 % of the sampled groups decode.

    What stands beside footage is no footage: where it is of no kind that anybody here opens, nothing is claimed of it but its bytes.
    """
    if found.beside and found.kind == "unknown" and not found.opens:
        return Accession("", "")
    if not found.opens or found.kind not in _KINDS:
        return Accession(found.error or "nobody here can say what kind of file this is", "")
    if found.kind == "video" and not found.sample_table:
        return Accession(found.error or "the file has no whole sample table", "")
    if found.groups_decoded * 100 < found.groups_sampled * _LEAST:
        return Accession(f"only {found.groups_decoded} of {found.groups_sampled} sampled groups of pictures decode", "")
    if found.kind == "video" and not found.groups_sampled:
        return Accession("no picture of it decodes", "")
    missing = found.groups_sampled - found.groups_decoded
    damage = f"{missing} of {found.groups_sampled} sampled groups of pictures do not decode" if missing else found.error
    return Accession("", damage)
