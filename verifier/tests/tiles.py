"""A little writer of published logs (C2SP tlog-tiles), made from the specification's formulas alone, for tests and benchmarks."""

import hashlib
import random
from collections.abc import Iterable
from pathlib import Path

from verifier.tests.writer import FIELDS, Key, b64, leaf


def entry(numbers: random.Random, kind: str = "item:shown", time: int = 1_790_000_000_000) -> bytes:
    """A well-formed entry with commitments to nothing: enough where nothing is opened."""
    fields = ",".join(f'"{name}":"{numbers.randbytes(32).hex()}"' for name in sorted(FIELDS))
    digits = numbers.randbytes(16).hex()
    uuid = f"{digits[:8]}-{digits[8:12]}-7{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
    return f'{{"fields":{{{fields}}},"id":"{uuid}","time":{time},"type":"{kind}","v":1}}'.encode()


def entries(count: int, seed: int = 1) -> list[bytes]:
    numbers = random.Random(f"tiles {seed}")
    return [entry(numbers, time=1_790_000_000_000 + n) for n in range(count)]


def fast_root(leaves: list[bytes]) -> bytes:
    """The RFC's recursion, without copying lists."""

    def over(start: int, end: int) -> bytes:
        if end - start == 1:
            return leaves[start]
        k = 1 << (end - start - 1).bit_length() - 1
        return hashlib.sha256(b"\x01" + over(start, start + k) + over(start + k, end)).digest()

    return over(0, len(leaves)) if leaves else hashlib.sha256().digest()


def place(number: int, width: int) -> str:
    digits = f"{number % 1000:03d}"
    while number := number // 1000:
        digits = f"x{number % 1000:03d}/{digits}"
    return digits if width == 256 else f"{digits}.p/{width}"


def publish(folder: Path, key: Key, logged: Iterable[bytes], lines: Iterable[tuple[Key, int]] = ()) -> list[bytes]:
    """Write the log's files; gives the leaf hashes."""
    logged = list(logged)
    leaves = [leaf(data) for data in logged]
    for start in range(0, len(logged), 256):
        some = logged[start : start + 256]
        write(folder / "tile/entries" / place(start // 256, len(some)), b"".join(len(data).to_bytes(2, "big") + data for data in some))
    level, nodes = 0, leaves
    while nodes:
        for start in range(0, len(nodes), 256):
            some = nodes[start : start + 256]
            write(folder / f"tile/{level}" / place(start // 256, len(some)), b"".join(some))
        level, nodes = level + 1, [fast_root(nodes[start : start + 256]) for start in range(0, len(nodes) // 256 * 256, 256)]
    note = checkpoint(key, leaves)
    write(folder / "checkpoint", (note + "".join(witness.cosign(note, time) for witness, time in lines)).encode())
    return leaves


def checkpoint(key: Key, leaves: list[bytes]) -> str:
    return key.sign(f"{key.name}\n{len(leaves)}\n{b64(fast_root(leaves))}\n")


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
