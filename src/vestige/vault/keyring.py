"""The keyring: the file outside the home that holds the key-encryption keys and the log's signing key of one home or several."""

import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self
from uuid import UUID

from vestige.errors import BadInput, Fault, NotFound, Tampered
from vestige.vault import disk, provider
from vestige.vault.keks import FileStore, Kek, KekStore, kek_of, key_bytes
from vestige.vault.kit import Kit, for_kit
from vestige.vault.service_store import SecondKek

KEK_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
Entry = dict[str, Any]
"""A home's part of a keyring file: `keks`, `current`, `log_key`.

With time also `kit`, `recovery` (of keys that lie elsewhere), `revoked`, `succession` (of the log's key), `camera_keys` and `camera_key`.
"""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key sealed under the key-encryption key of that name."""

    kek: str
    nonce: bytes
    wrapped: bytes


class KeyProvider(Protocol):
    """Who holds the keys of a home: a keyring file, and what it names in a token or a key service."""

    @property
    def current(self) -> str:
        """The name of the key-encryption key under which new data keys are sealed."""
        ...

    def wrap(self, item: UUID, object_id: UUID, data_key: bytes) -> WrappedKey:
        """Seal a data key for one item and one object."""
        ...

    def unwrap(self, item: UUID, object_id: UUID, key: WrappedKey) -> bytes:
        """The data key. Raises Tampered where it was not sealed for that item and object, Fault without its key-encryption key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The log key's Ed25519 signature, 64 bytes."""
        ...

    def public_key(self) -> bytes:
        """The log key's public half, 32 bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one home, as a keyring file or a recovery kit gave them. Nothing secret shows in its repr."""

    path: Path
    home: UUID
    current: str
    kit: Kit | None
    revoked: frozenset[str]
    succession: tuple[str, ...]
    """The signed statements that lead from the log's first key to this one (docs/custody-format.md, section 4)."""
    _keks: Mapping[str, Kek] = field(repr=False)
    _log_seed: bytes = field(repr=False)
    entry: Mapping[str, Any] = field(repr=False)

    @classmethod
    def open(cls, path: Path, home: UUID, store: KekStore | None = None) -> Self:
        """The keys of `home`. Raises NotFound (no file, no such home), BadInput (others may read it), Fault (no keyring), Unavailable."""
        return cls.of(path, home, _entry_of(_read(path), path, home), store)

    @classmethod
    def of(cls, path: Path, home: UUID, entry: Entry, store: KekStore | None = None) -> Self:
        """The keys that a home's part of a keyring holds; `path` names it in words. Raises Fault for what is not whole."""
        store = store or FileStore()
        try:
            keks = {name: kek_of(held, store) for name, held in entry["keks"].items() if KEK_NAME.fullmatch(name)}
            current, seed = str(entry["current"]), key_bytes(entry["log_key"])
            kit = Kit.decode(entry["kit"]) if "kit" in entry else None
            revoked = frozenset(map(str, entry.get("revoked", {})))
            succession = tuple(map(str, entry.get("succession", ())))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise _no_keyring(path, f"the keys of home {home} are not whole") from error
        if current not in keks or current in revoked or len(keks) != len(entry["keks"]):
            raise _no_keyring(path, f"the keys of home {home} have a wrong name")
        return cls(path, home, current, kit, revoked, succession, _keks=keks, _log_seed=seed, entry=entry)

    @classmethod
    def create(cls, path: Path, home: UUID) -> Self:
        """Draw keys for `home` and add them to the file, made if it is not there. Refuses (BadInput) a home that it holds already.

        The first key lies in the file: one that lies elsewhere takes a recovery kit, which there is none of yet.
        """
        entry: Entry = {"keks": {}, "current": "", "log_key": provider.random_bytes(provider.KEY_BYTES).hex()}
        with _locked(path) as real:
            document: dict[str, Any] = _read(real) if real.exists() else {"v": 1, "homes": {}}
            if str(home) in document["homes"]:
                raise BadInput(f"the keyring {real} holds keys of home {home} already: they are never overwritten")
            draw_into(entry, new_name(), FileStore())
            document["homes"][str(home)] = entry
            _write(real, document)
        return cls.open(path, home)

    @classmethod
    def write_back(cls, path: Path, home: UUID, entry: Entry, before: Callable[[Entry], None] = lambda _: None) -> None:
        """Write a keyring file of one home that a recovery kit gave back; `before` sees it first. Refuses (BadInput) where something is."""
        with _locked(path) as real:
            if real.exists():
                raise BadInput(f"{real} is there already: a keyring is never written over")
            before(entry)
            _write(real, {"v": 1, "homes": {str(home): entry}})

    @classmethod
    def change(cls, path: Path, home: UUID, change: Callable[[Entry], None], before: Callable[[Entry], None]) -> None:
        """Change a home's part of the file; `before` sees the new part first, and where it raises the file stays as it was."""
        with _locked(path) as real:
            document = _read(real)
            entry = _entry_of(document, real, home)
            change(entry)
            cls.of(real, home, entry)
            before(entry)
            _write(real, document)

    @property
    def names(self) -> frozenset[str]:
        """The names of its key-encryption keys."""
        return frozenset(self._keks)

    def kind_of(self, name: str) -> str:
        """Where a key-encryption key lies: the kind of its store."""
        held = self.entry["keks"][name]
        return FileStore.kind if isinstance(held, str) else str(next(iter(held)))

    @property
    def kind(self) -> str:
        """Where the current key lies."""
        return self.kind_of(self.current)

    @property
    def kinds(self) -> frozenset[str]:
        """Where its keys lie."""
        return frozenset(map(self.kind_of, self._keks))

    @classmethod
    def adopt(cls, source: Path, old: UUID, path: Path, home: UUID) -> Self:
        """The keyring of a home that was restored: the key-encryption keys of `old`, read from `source`, and a new log key, as `home` in `path`.

        The recovery kit stays that of the old home: the new one needs its own.
        Raises NotFound when `source` has no keys of `old`, BadInput where `path` holds keys of `home` already.
        """
        found = _entry_of(_read(source), source, old)
        kept = ("keks", "current", "recovery", "revoked", "camera_keys", "camera_key")
        entry: Entry = {name: found[name] for name in kept if name in found}
        entry["log_key"] = provider.random_bytes(provider.KEY_BYTES).hex()
        with _locked(path) as real:
            document: dict[str, Any] = _read(real) if real.exists() else {"v": 1, "homes": {}}
            if str(home) in document["homes"]:
                raise BadInput(f"the keyring {real} holds keys of home {home} already: they are never overwritten")
            document["homes"][str(home)] = entry
            _write(real, document)
        return cls.open(path, home)

    def wrap(self, item: UUID, object_id: UUID, data_key: bytes) -> WrappedKey:
        """Seal a data key under the current key-encryption key. Raises Unavailable."""
        nonce, sealed = self._keks[self.current].seal(data_key, _bound_to(item, object_id))
        return WrappedKey(self.current, nonce, sealed)

    def unwrap(self, item: UUID, object_id: UUID, key: WrappedKey) -> bytes:
        """The data key. Raises Fault when its key-encryption key is not in this keyring, Tampered when it is not what was sealed."""
        kek = self._keks.get(key.kek)
        if kek is None:
            raise Fault(f"the keyring {self.path} has no key {key.kek!r}, which item {item} needs")
        try:
            return kek.open(key.nonce, key.wrapped, _bound_to(item, object_id))
        except provider.WrongTag as error:
            raise Tampered(f"the data key of item {item} is not what was sealed for it and object {object_id}") from error

    def sign(self, message: bytes) -> bytes:
        """The log key's Ed25519 signature, 64 bytes."""
        return provider.sign_ed25519(self._log_seed, message)

    def public_key(self) -> bytes:
        """The log key's public half, 32 bytes."""
        return provider.public_ed25519(self._log_seed)


def _bound_to(item: UUID, object_id: UUID) -> bytes:
    return f"{item}/{object_id}".encode()


def new_name() -> str:
    """A name for a new key-encryption key."""
    return "kek-" + provider.random_bytes(8).hex()


def draw_into(entry: Entry, name: str, store: KekStore, kits: Sequence[Kit] = ()) -> None:
    """Make a key-encryption key in the store, the current one of a home's part from now on; each of the kits gives it back.

    Refuses (BadInput) a key that would lie elsewhere and that no kit gives back. Raises Unavailable.
    """
    if store.kind != FileStore.kind and not kits:
        raise BadInput("a key that lies in a token or a key service takes a recovery kit first; make one with: vestige keys kit")
    drawn = store.draw(name)
    entry["keks"][name] = drawn.held
    entry["current"] = name
    if drawn.instead is not None:
        entry.setdefault("recovery", {})[name] = {kit.facts.id: for_kit(kit, name, drawn.instead) for kit in kits}


def usable(entry: Entry) -> Entry:
    """What a kit gave back, with a new current key in the file where the one that came back seals nothing."""
    entry = {**entry, "keks": dict(entry["keks"])}
    if isinstance(kek_of(entry["keks"][entry["current"]], FileStore()), SecondKek):
        draw_into(entry, new_name(), FileStore())
    return entry


def _entry_of(document: Mapping[str, Any], path: Path, home: UUID) -> Entry:
    entry: Entry | None = document["homes"].get(str(home))
    if entry is None:
        raise NotFound(f"the keyring {path} has no keys of home {home}")
    return entry


@contextmanager
def _locked(path: Path) -> Iterator[Path]:
    """Hold the lock of a keyring file, there or not; gives the file itself where `path` is a link, which stays one."""
    with disk.telling(path):
        real = path.resolve()
        real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with disk.folder_locked(real.parent):
            yield real


def _write(path: Path, document: Mapping[str, Any]) -> None:
    disk.write_durably(path, json.dumps(document, indent=1).encode() + b"\n")


def _no_keyring(path: Path, why: str) -> Fault:
    return Fault(f"{path} is no keyring: {why}")


def _read(path: Path) -> dict[str, Any]:
    """The document of a keyring file, checked down to its homes. The open file is checked, so no other can take its place in between."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
        with os.fdopen(descriptor, "rb") as file:
            facts = os.fstat(file.fileno())
            data = file.read()
    except FileNotFoundError as error:
        words = f"there is no keyring at {path}; bring it back from its copy, or from the recovery kit (vestige keys recover)"
        raise NotFound(words) from error
    except OSError as error:
        raise disk.said(error, path) from error
    mode = stat.S_IMODE(facts.st_mode)
    if mode & 0o077:
        raise BadInput(f"the keyring {path} may be read by others (mode {mode:04o}); make it 0600 first: chmod 600 {path}")
    try:
        document = json.loads(data)
    except ValueError as error:
        raise _no_keyring(path, "not JSON") from error
    if not isinstance(document, dict) or document.get("v") != 1 or not isinstance(document.get("homes"), dict):
        raise _no_keyring(path, "not version 1")
    return document
