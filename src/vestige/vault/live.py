"""The keyring of a running process: it follows the file, so that a key drawn by another process is used from its next key file on."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from vestige.vault.keks import FileStore, KekStore
from vestige.vault.keyring import Keyring, WrappedKey

_Mark = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Held:
    mark: _Mark | None
    keyring: Keyring


class LiveKeyring:
    """A key provider over a keyring file. Where the file goes missing meanwhile, the keys in memory serve on; `fsck` names the loss."""

    def __init__(self, path: Path, home: UUID, store: KekStore | None = None, *, held: Keyring | None = None) -> None:
        """Open it now, or hold keys whose file is not there yet. Raises NotFound, BadInput, Fault, Unavailable."""
        self.path = path
        self.home = home
        self.store = store or FileStore()
        mark = None if held else _mark(path)
        self._held = _Held(mark, held or Keyring.open(path, home, self.store))

    def now(self) -> Keyring:
        """The keys as the file has them now. Raises BadInput, Fault where the file has changed into no keyring."""
        mark, held = _mark(self.path), self._held
        if mark is not None and mark != held.mark:
            held = self._held = _Held(mark, Keyring.open(self.path, self.home, self.store))
        return held.keyring

    def wrap(self, item: UUID, object_id: UUID, data_key: bytes) -> WrappedKey:
        """Seal a data key under the current key-encryption key. Raises Unavailable."""
        return self.now().wrap(item, object_id, data_key)

    def unwrap(self, item: UUID, object_id: UUID, key: WrappedKey) -> bytes:
        """The data key. Raises Fault without its key-encryption key, Tampered, Unavailable."""
        return self.now().unwrap(item, object_id, key)

    def sign(self, message: bytes) -> bytes:
        """The log key's Ed25519 signature, 64 bytes."""
        return self.now().sign(message)

    def public_key(self) -> bytes:
        """The log key's public half, 32 bytes."""
        return self.now().public_key()

    @property
    def succession(self) -> tuple[str, ...]:
        """The signed statements that lead from the log's first key to this one."""
        return self.now().succession

    @property
    def current(self) -> str:
        """The name of the key-encryption key under which new data keys are sealed."""
        return self.now().current


def _mark(path: Path) -> _Mark | None:
    """What changes when the file does; None where there is none. Taken before the file is read: a change in between is seen next time."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_mtime_ns, facts.st_size
