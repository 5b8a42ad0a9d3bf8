"""The one error of a verifier."""


class VerificationError(Exception):
    """Something is not as it must be. `step` is the number in "How it is checked", `file` the file that shows it (or empty)."""

    def __init__(self, reason: str, step: int = 0, file: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.step = step
        self.file = file
