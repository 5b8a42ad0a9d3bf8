"""What a task may use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one task: address space, processor and wall seconds, and the bytes that it may write and send as blobs."""

    memory: int = 6 << 30
    cpu_seconds: int = 4 * 3600
    wall_seconds: float = 6 * 3600
    output: int = 64 << 30
    blobs: int = 32 << 20
