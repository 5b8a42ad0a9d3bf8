"""Passes for the pictures of a list: signed for one item and one session, for a while; the event of the list names the pictures."""

from uuid import UUID

from django.core import signing

_GOOD_FOR_S = 600


def pass_for(item: UUID, session_key: str) -> str:
    """The pass that a list which was just shown gives for an item's picture."""
    return _signer(item, session_key).sign("").removeprefix(":")


def holds(given: str, item: UUID, session_key: str) -> bool:
    """Whether that is a pass for this item in this session, and not too old."""
    try:
        _signer(item, session_key).unsign(f":{given}", max_age=_GOOD_FOR_S)
    except signing.BadSignature:
        return False
    return True


def _signer(item: UUID, session_key: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"poster {item} {session_key}")
