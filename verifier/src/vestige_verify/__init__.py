"""Checks a Vestige package offline. Written from docs/custody-format.md and docs/package-format.md; shares no code with the writer."""

from vestige_verify.errors import VerificationError

__all__ = ["VerificationError"]
