"""Checks a Vestige package offline, from the two format pages alone."""

from vestige_verify.errors import VerificationError

__version__ = "0.1.0"
__all__ = ["VerificationError", "__version__"]
