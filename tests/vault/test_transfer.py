"""Streams in bounded memory: what was hashed is what was sealed, and a card that differs by a byte is never taken for equal."""

import hashlib
import io
import os
import subprocess
import sys
import threading
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.vault.sealing import files, noise, reader, seal

from vestige.errors import Tampered, Unavailable
from vestige.vault.local import LocalVault
from vestige.vault.sealed import PLAIN, PLAIN_FIRST, SEGMENT
from vestige.vault.transfer import compare, digest_of, seal_stream

SIZES = [0, 1, PLAIN_FIRST, PLAIN_FIRST + 1, SEGMENT, 9 * SEGMENT + 17]


def _quiet(done: int) -> None:
    assert done > 0


def _take(vault: LocalVault, item: UUID, object_id: UUID, path: Path) -> str:
    with vault.begin(item, object_id) as intake, path.open("rb", buffering=0) as source:
        digest, size = seal_stream(source, intake, _quiet)
        assert intake.finish() == size == path.stat().st_size
        intake.done()
    return digest.value


@pytest.mark.parametrize("size", SIZES)
def test_the_digest_is_that_of_the_card_and_of_what_is_stored(vault: LocalVault, tmp_path: Path, item: UUID, size: int) -> None:
    card = tmp_path / "card.mp4"
    card.write_bytes(noise(size))
    digest = _take(vault, item, item, card)
    assert digest == hashlib.sha256(noise(size)).hexdigest()
    with vault.open(item, item) as opened:
        assert digest_of(opened).value == digest
        assert compare(card, opened)
        assert opened.read_at(0, size) == noise(size)


class _Dribble(io.RawIOBase):
    """A source that gives a few bytes at a time, as a pipe does."""

    def __init__(self, data: bytes, steps: list[int]) -> None:
        super().__init__()
        self._data = io.BytesIO(data)
        self._steps = steps

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        self._steps.append(self._steps.pop(0))
        return self._data.readinto(memoryview(buffer)[: self._steps[0]])


class _Collected(bytearray):
    """A sink that keeps what it was given."""

    def write(self, data: memoryview) -> int:
        self.extend(data)
        return len(data)


@given(data=st.binary(max_size=4000), steps=st.lists(st.integers(1, 700), min_size=1, max_size=5))
@settings(max_examples=examples(100), deadline=None)
def test_short_reads_are_not_the_end(data: bytes, steps: list[int]) -> None:
    sink = _Collected()
    progress: list[int] = []
    digest, size = seal_stream(_Dribble(data, steps), sink, progress.append)
    assert (bytes(sink), size, digest.value) == (data, len(data), hashlib.sha256(data).hexdigest())
    assert progress == ([len(data)] if data else [])


def test_progress_tells_the_bytes_done(tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.write_bytes(noise(3 * SEGMENT + 5))
    progress: list[int] = []
    with card.open("rb") as source:
        seal_stream(source, _Collected(), progress.append)
    assert progress == [SEGMENT, 2 * SEGMENT, 3 * SEGMENT, 3 * SEGMENT + 5]


@pytest.mark.parametrize("change", ["first", "middle", "last", "shorter", "longer", "empty"])
def test_a_card_that_differs_anywhere_is_not_the_object(tmp_path: Path, change: str) -> None:
    data = bytearray(noise(PLAIN_FIRST + PLAIN + 77))
    with reader(seal([bytes(data)])) as opened:
        places = {"first": 0, "middle": PLAIN_FIRST, "last": len(data) - 1}
        if change in places:
            data[places[change]] ^= 1
        else:
            data = {"shorter": data[:-1], "longer": data + b"x", "empty": bytearray()}[change]
        card = tmp_path / "card"
        card.write_bytes(data)
        assert not compare(card, opened)


def test_an_object_that_was_changed_on_disk_after_it_was_opened_is_found(tmp_path: Path) -> None:
    data = noise(PLAIN_FIRST + 100)
    card = tmp_path / "card"
    card.write_bytes(data)
    for place in (SEGMENT // 2, SEGMENT + 50):
        with reader(seal([data])) as opened:
            descriptor = opened._file.fileno()
            byte = os.pread(descriptor, 1, place)
            os.pwrite(descriptor, bytes([byte[0] ^ 1]), place)
            with pytest.raises(Tampered):
                compare(card, opened)
            with pytest.raises(Tampered):
                digest_of(opened)


class _Pulled(io.RawIOBase):
    """A card that is pulled in the middle."""

    name = "/card/DCIM/0001.mp4"

    def __init__(self) -> None:
        super().__init__()
        self._left = 3

    def readinto(self, buffer: memoryview) -> int:
        self._left -= 1
        if self._left < 0:
            raise OSError(5, "Input/output error")
        return len(buffer)


def test_a_card_that_is_pulled_is_named_and_leaves_nothing(vault: LocalVault, home: Path, item: UUID) -> None:
    threads = threading.active_count()
    with pytest.raises(Unavailable, match=r"0001\.mp4.*Input/output error"), vault.begin(item, item) as intake:
        seal_stream(_Pulled(), intake, _quiet)
    assert files(home) == []
    assert threading.active_count() == threads


def test_a_card_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    with reader(seal([b"x"])) as opened, pytest.raises(Unavailable, match="gone"):
        compare(tmp_path / "gone", opened)


_MEASURE = """
import resource, sys
from pathlib import Path
from uuid import uuid4
from vestige.vault.keyring import Keyring
from vestige.vault.local import LocalVault
from vestige.vault.transfer import compare, digest_of, seal_stream

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

folder = Path(sys.argv[1])
vault = LocalVault(folder / "home", Keyring.create(folder / "keyring", uuid4()))
vault.create()

def life(path):
    item = uuid4()
    with vault.begin(item, item) as intake, path.open("rb", buffering=0) as source:
        digest, _ = seal_stream(source, intake, lambda done: None)
        intake.finish()
        intake.done()
    with vault.open(item, item) as reader:
        assert compare(path, reader) and digest_of(reader) == digest

base = peak()
life(folder / "card")
print(peak() - base)
"""


def test_memory_stays_under_32_mib_above_the_start_for_a_file_of_200(tmp_path: Path) -> None:
    with (tmp_path / "card").open("wb") as card:
        for seed in range(200):
            card.write(noise(1024, seed) * 1024)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    command = [sys.executable, "-c", _MEASURE, str(tmp_path)]
    grown = int(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
    assert grown < 32


class _Broken:
    def __init__(self, at: int) -> None:
        self.left = at

    def update(self, _data: memoryview) -> None:
        self.left -= 1
        if self.left == 0:
            raise MemoryError("no more")


@pytest.mark.parametrize("at", [1, 3, 6])
def test_a_sum_that_lacks_a_part_is_never_told(at: int) -> None:
    with pytest.raises(MemoryError):
        seal_stream(io.BytesIO(bytes(6 * SEGMENT)), _Collected(), _quiet, _Broken(at))
    digest, _ = seal_stream(io.BytesIO(b"after it"), _Collected(), _quiet)
    assert digest.value == hashlib.sha256(b"after it").hexdigest()
