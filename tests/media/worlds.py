"""Helpers of the media tests: files in memory as sources, sinks that keep what they get, and a worker whose task is hostile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vestige.media.limits import Limits
from vestige.media.shapes import integer, record, truth
from vestige.media.tasks import Task
from vestige.media.worker import MediaWorker, SourceFile
from vestige.vault.sealed import SealWriter

KEY = bytes(range(32))
AAD = b"0193aaaa-0000-7000-8000-000000000001"


def _anything(value: object, where: str) -> None:
    """The escape's own report is ours, not an answer of a task."""
    truth(isinstance(value, dict | str | int), where)


_SHAPE = record(
    {}, size=integer(0, 1 << 40), model=integer(0, 1 << 30), found=_anything, early=_anything, environment=_anything, descriptors=_anything
)


def hostile(limits: Limits | None = None) -> MediaWorker:
    """A worker with one task, `hostile`, which does what it is told to."""
    tasks = {"hostile": Task("hostile", _SHAPE, limits or Limits(wall_seconds=60))}
    return MediaWorker(tasks=tasks, folders=[Path(__file__).parent])


@contextmanager
def plain(data: bytes) -> Iterator[SourceFile]:
    """An unsealed file in memory."""
    descriptor = os.memfd_create("plain")
    try:
        os.pwrite(descriptor, data, 0)
        yield SourceFile(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def opened(path: Path) -> Iterator[SourceFile]:
    """An unsealed file on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield SourceFile(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def sealed(data: bytes) -> Iterator[SourceFile]:
    """A file in memory, sealed by the vault's own writer."""
    descriptor = os.memfd_create("sealed")
    try:
        writer = SealWriter(descriptor, KEY, AAD)
        writer.write(data)
        writer.close()
        yield SourceFile(descriptor, KEY, AAD)
    finally:
        os.close(descriptor)


class Kept:
    """A sink in memory that takes patches anywhere."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes, /) -> int:
        """Append."""
        self.data += data
        return len(data)

    def patch(self, offset: int, data: bytes, /) -> None:
        """Change what is there."""
        assert offset + len(data) <= len(self.data)
        self.data[offset : offset + len(data)] = data
