"""An object that a camera encrypted (AES-256-CBC, PKCS #7), read in clear from start to end."""

from vestige.errors import BadInput
from vestige.vault.provider import Cbc
from vestige.vault.sealed import SealReader


class Decrypted:
    """A source over a sealed object; no more than one segment of it is in memory. Raises BadInput where key or vector do not open it."""

    def __init__(self, reader: SealReader, key: bytes, vector: bytes) -> None:
        """`reader` stays the caller's."""
        try:
            self._cipher = Cbc(key, vector)
        except ValueError as error:
            raise BadInput(str(error)) from error
        self._reader = reader
        self._spans = reader.spans()
        self._ready = memoryview(b"")
        self._ended = False

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill what there is; 0 at the end."""
        while not self._ready and not self._ended:
            self._ready = memoryview(self._next())
        taken = min(len(buffer), len(self._ready))
        buffer[:taken] = self._ready[:taken]
        self._ready = self._ready[taken:]
        return taken

    def _next(self) -> bytes:
        try:
            for offset, length in self._spans:
                return self._cipher.update(self._reader.read_at(offset, length))
            self._ended = True
            return self._cipher.finalize()
        except ValueError as error:
            raise BadInput(f"the content key does not open it: {error}") from error
