"""The keys that a log has had: signed statements that lead from an older key to the one that signs now (custody format, section 4)."""

from collections.abc import Sequence

from vestige_verify.errors import VerificationError
from vestige_verify.notes import VerifierKey, decode_base64, is_signed, parse_key, parse_note, parse_size

_TITLE = "Vestige log key succession, version 1"


def follow(statements: Sequence[str], signer: VerifierKey, trusted: Sequence[VerifierKey], size: int) -> list[VerifierKey]:
    """The keys from a trusted one to the signer of a checkpoint of that size, both among them; empty where no statement leads there.

    Refuses statements that are malformed, that one of their two keys did not sign, that do not follow one another to the signer, or that
    tell of more entries than the checkpoint.
    """
    keys: list[VerifierKey] = []
    for number, statement in enumerate(statements, 1):
        old, new, entries = _read(statement, number)
        if keys and keys[-1] != old:
            raise VerificationError(f"statement {number} that the log's key was replaced does not follow the one before")
        if entries > size:
            raise VerificationError(f"the log's key was replaced at {entries} entries, and the checkpoint has {size}")
        keys = [*(keys or [old]), new]
    if keys and keys[-1] != signer:
        raise VerificationError("the statements that the log's key was replaced do not lead to the key that signed")
    start = next((at for at in range(len(keys) - 1, -1, -1) if keys[at] in trusted), None)
    return [] if start is None else keys[start:]


def newest(statements: Sequence[str]) -> VerifierKey | None:
    """The key that the last statement names, unchecked; None where there is none."""
    return _read(statements[-1], len(statements))[1] if statements else None


def _read(statement: str, number: int) -> tuple[VerifierKey, VerifierKey, int]:
    text, lines = parse_note(statement)
    parts = text.split("\n")
    if len(parts) != 7 or parts[0] != _TITLE or parts[6]:
        raise VerificationError(f"statement {number} is none that a log's key was replaced")
    old, new = parse_key(parts[4]), parse_key(parts[5])
    entries, root = parse_size(parts[2]), decode_base64(parts[3])
    if not old.name == new.name == parts[1] or old == new or len(root) != 32:
        raise VerificationError(f"the keys of statement {number} are not two keys of its log")
    if [(name, blob[:4]) for name, blob in lines] != [(key.name, key.id) for key in (old, new)]:
        raise VerificationError(f"statement {number} is not signed by the old key and the new one")
    for key, (_, blob) in zip((old, new), lines, strict=True):
        if not is_signed(key, blob[4:], text.encode()):
            raise VerificationError(f"a signature of statement {number}, that the log's key was replaced, is not valid")
    return old, new, entries
