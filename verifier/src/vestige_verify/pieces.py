"""Reading a large canonical JSON document piece by piece, in memory that does not grow with it."""

import codecs
import hashlib
from collections.abc import Iterable
from typing import Any

from vestige_verify import canonical
from vestige_verify.errors import VerificationError

_LARGEST_VALUE = 16 << 20  # characters of one value; far above any honest event


class Pieces:
    """The text of a document, of which the outermost form is known and each value inside is read whole.

    Every method refuses (VerificationError) what is not the one canonical form.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._sha256 = hashlib.sha256()
        self._text = ""
        self._at = 0
        self._ended = False

    def expect(self, literal: str) -> None:
        """Goes past these characters, which must come next."""
        if not self.skip(literal):
            raise VerificationError(f"the JSON is not in its one canonical form: {literal!r} is missing")

    def skip(self, literal: str) -> bool:
        """Goes past these characters if they come next."""
        while len(self._text) - self._at < len(literal) and self._more():
            continue
        if not self._text.startswith(literal, self._at):
            return False
        self._at += len(literal)
        return True

    def value(self) -> Any:  # noqa: ANN401 - JSON is any value
        """Goes past one whole value and gives it; refuses one of more than 16 Mi characters."""
        while True:
            try:
                value, end = canonical.decode_at(self._text, self._at)
            except ValueError as problem:
                if not self._grow():
                    raise VerificationError(f"this is no JSON: {problem}") from None
                continue
            if end < len(self._text) or not self._grow():  # a number at the end of what was read may go on
                self._at = end
                return value

    def finish(self, sha256: str) -> None:
        """Refuses anything that follows, and a document of another SHA-256 (hex)."""
        if self._at < len(self._text) or self._more():
            raise VerificationError("there is more after the end of the JSON")
        if self._sha256.hexdigest() != sha256:
            raise VerificationError("the file changed while it was checked")

    def _grow(self) -> bool:
        """Reads as much again as is there, so that a value in many chunks is not tried once for each."""
        before = len(self._text) - self._at
        if before > _LARGEST_VALUE:
            raise VerificationError("the JSON holds a value that is too large, or that does not end")
        while self._more():
            if len(self._text) >= max(2 * before, 1):
                break
        return len(self._text) - self._at > before

    def _more(self) -> bool:
        """Reads a chunk and forgets what was gone past; false at the end."""
        if self._ended:
            return False
        chunk = next(self._chunks, b"")
        self._ended = not chunk
        self._sha256.update(chunk)
        try:
            self._text = self._text[self._at :] + self._decoder.decode(chunk, final=self._ended)
        except UnicodeError:
            raise VerificationError("the JSON is not Unicode text in UTF-8") from None
        self._at = 0
        return not self._ended
