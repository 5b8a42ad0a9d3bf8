"""Helpers of the vault's tests: seal to and open from a file that lives in memory."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from vestige.evidence.values import uuid7
from vestige.vault.local import LocalVault
from vestige.vault.sealed import SealReader, SealWriter

KEY = bytes(range(32))
AAD = b"0193aaaa-0000-7000-8000-000000000001"


def noise(size: int, seed: int = 0) -> bytes:
    """Bytes that differ at every place, the same for the same seed."""
    return hashlib.shake_128(seed.to_bytes(8, "big")).digest(size)


def seal(pieces: Iterable[bytes], *, key: bytes = KEY, aad: bytes = AAD, hold_first: bool = False) -> bytes:
    """The sealed file of those pieces."""
    descriptor = os.memfd_create("sealed")
    try:
        writer = SealWriter(descriptor, key, aad, hold_first=hold_first)
        for piece in pieces:
            assert writer.write(piece) == len(piece)
        writer.close()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    finally:
        os.close(descriptor)


def reader(sealed: bytes, *, key: bytes = KEY, aad: bytes = AAD) -> SealReader:
    """A reader of those sealed bytes."""
    descriptor = os.memfd_create("sealed")
    os.pwrite(descriptor, sealed, 0)
    return SealReader(descriptor, key, aad, name="object")


def unseal(sealed: bytes, *, key: bytes = KEY, aad: bytes = AAD) -> bytes:
    """All plaintext of sealed bytes."""
    with reader(sealed, key=key, aad=aad) as opened:
        return opened.read_at(0, opened.size)


def take_in(vault: LocalVault, item: UUID, object_id: UUID, data: bytes) -> None:
    """A whole intake."""
    with vault.begin(item, object_id) as intake:
        intake.write(data)
        assert intake.finish() == len(data)
        intake.done()


def share(vault: LocalVault, item: UUID, object_id: UUID, other: UUID) -> None:
    """A whole intake of another item that shares the object."""
    with vault.begin(other, uuid7()) as intake:
        intake.write(b"the same bytes")
        intake.share(item, object_id)
        intake.done()


def sweep(vault: LocalVault, item: UUID, object_id: UUID) -> bool:
    """Sweep an intake that no committed row names."""
    return vault.sweep(item, object_id, lambda: True)


def files(home: Path) -> list[Path]:
    """Every file of a home, relative to it."""
    return sorted(path.relative_to(home) for path in home.rglob("*") if path.is_file())
