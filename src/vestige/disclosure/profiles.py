"""Profiles: which fields of the log's entries a package opens, and what is said of the rest (docs/package-format.md)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "actor": "who acted, by name",
        "address": "the network address from which a person acted",
        "data": "further facts that an event recorded",
        "digests": "digital fingerprints of files",
        "item": "which item the entry is about",
        "object": "what else the entry is about",
        "outcome": "how the act ended",
        "previous": "which entry of the trail came before",
        "purpose": "the reason and the case that a person gave",
        "role": "in which role somebody acted",
        "session": "the session in which a person acted",
    }
)
FIELDS = tuple(_WORDS)
"""The eleven fields of an entry, sorted."""


class Profile(StrEnum):
    """For whom a package is made."""

    COURT = "court"
    PUBLIC = "public"


_OPENED: Mapping[Profile, tuple[str, ...]] = MappingProxyType(
    {Profile.COURT: FIELDS, Profile.PUBLIC: ("digests", "item", "previous", "role")}
)


def opened_fields(profile: Profile) -> tuple[str, ...]:
    """The fields that the profile opens, sorted."""
    return _OPENED[profile]


def withheld_fields(profile: Profile) -> tuple[str, ...]:
    """The fields that the profile keeps closed, sorted."""
    return tuple(field for field in FIELDS if field not in _OPENED[profile])


def field_words(field: str) -> str:
    """What a field says, in words. Raises ValueError for a name that is no field."""
    if field not in _WORDS:
        raise ValueError(f"an entry has no field {field!r}")
    return _WORDS[field]


def withheld_words(profile: Profile) -> tuple[str, ...]:
    """What the profile keeps closed, in words: the field's name, then what it says."""
    return tuple(f"{field}: {field_words(field)}" for field in withheld_fields(profile))
