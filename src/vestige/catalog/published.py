"""The log as files that any web server can publish: C2SP tlog-tiles, written from what the database has committed.

1. Nobody else writes into the folder meanwhile (its lock). 2. What it holds is this log's, not newer than the database, and a prefix of it.
3. Tiles and bundles of every signed size are written, each whole or not at all. 4. They are durable. 5. The checkpoint comes last.
6. Partial tiles that have become full go. Whoever comes second writes the same bytes.
"""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from vestige.catalog.models import Checkpoint, Sequenced
from vestige.catalog.sequencer import state_of_log, stored_hashes
from vestige.custody import notes
from vestige.custody.canonical import canonical
from vestige.custody.notes import Checkpoint as Head
from vestige.custody.tiles import WIDTH, Tile, bundle, names, parse_name, partial_tiles, subtrees_in, tiles
from vestige.custody.tree import EMPTY_ROOT, Frontier
from vestige.errors import BadInput, DiskFull, Fault, Unavailable
from vestige.evidence.home import Fault as Found

CHECKPOINT = "checkpoint"
SUCCESSION = "succession"
_NEW = ".new"
_RECENT = 2 * WIDTH
"""So many entries back, sizes are looked for that were signed by somebody slower than the last publication."""
_AHEAD = "the file is ahead of the checkpoint: a write was cut off, which the next one finishes, or the checkpoint was set back"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def held(folder: Path, log_keys: Sequence[bytes]) -> Head | None:
    """The checkpoint of the log in a folder, None where there is none. Raises Fault for one that none of the log's keys signed."""
    try:
        return notes.verify_any((folder / CHECKPOINT).read_text(), log_keys)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Fault(f"{folder / CHECKPOINT} cannot be read: {error}") from error


def publish(folder: Path, note: str, log_keys: Sequence[bytes], succession: Sequence[str] = ()) -> Head:
    """Bring the folder up to this signed checkpoint and the statements that lead to its key; returns the newest that it holds then.

    Raises Fault when the folder holds another log, a longer one than the database, or one that is no prefix of it; Unavailable, DiskFull.
    """
    head = notes.verify_any(note, log_keys)
    with _locked(folder):
        before = held(folder, log_keys)
        if before is not None:
            _refuse_other(folder, before, head)
            if before.size >= head.size:  # somebody signed a larger tree meanwhile, and may not have known of this one
                for tile in _unfinished(head.size, before.size):
                    _write_tile(folder, tile, {tile.width})
                return before
        since = before.size if before else 0
        _write_tiles(folder, since, head.size)
        if succession:
            _write(folder, SUCCESSION, canonical(list(succession)))
        _write(folder, CHECKPOINT, note.encode())
        _sync(folder)
        for tile in partial_tiles(since):
            if _is_full(tile, head.size):
                _remove_partials(folder, tile)
    return head


def refuse_strange(folder: Path) -> None:
    """Raise BadInput for a folder that holds something else than a published log."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is no folder")
    if folder.is_dir() and (strange := sorted({path.name for path in folder.iterdir()} - {CHECKPOINT, SUCCESSION, "tile", _NEW})):
        raise BadInput(f"{folder} holds something else than a log ({strange[0]})")


def read_back(folder: Path, log_keys: Sequence[bytes], succession: Sequence[str] = ()) -> str:
    """The checkpoint of a folder of which every file was read and leads to it. Raises Fault, naming the first that does not."""
    for fault in faults(folder, log_keys, succession):
        raise Fault(f"{fault.object}: {fault.what}")
    return (folder / CHECKPOINT).read_text()


def faults(folder: Path, log_keys: Sequence[bytes], succession: Sequence[str] = ()) -> Iterator[Found]:
    """What a folder publishes that does not lead to its checkpoint, or is not what the database has."""
    try:
        with _still(folder):
            head, there = held(folder, log_keys), sorted(one for one in folder.rglob("*") if not one.is_dir())
            missing = sorted(name for name in _required(head.size) if not (folder / name).is_file()) if head else []
        if head is None:
            if there:
                yield Found("there are files of the log without a checkpoint", str(folder))
            return
        _refuse_other(folder, head, head)
    except Fault as error:
        yield Found(str(error), str(folder / CHECKPOINT))
        return
    yield from (Found("the file is missing", str(folder / name)) for name in missing)
    yield from _tile_faults(folder, head, [one for one in there if one not in {folder / CHECKPOINT, folder / SUCCESSION, folder / _NEW}])
    if succession and notes.signed_with((folder / CHECKPOINT).read_text(), log_keys[0]):
        wanted, path = canonical(list(succession)), folder / SUCCESSION
        if not path.is_file() or path.read_bytes() != wanted:
            yield Found("the statements that lead to the log's key are missing or others", str(path))


@contextmanager
def _still(folder: Path) -> Iterator[None]:
    """Nobody writes into the folder while the block runs."""
    if not folder.is_dir():
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _tile_faults(folder: Path, head: Head, there: list[Path]) -> Iterator[Found]:
    """The checkpoint against what the database has, and each file that is there. A partial tile may be gone when it is read: it became full."""
    leaves = [leaf for tile in tiles(head.size) if tile.level == 0 for leaf in stored_hashes(0, tile.start, tile.start + tile.width)]
    if (Frontier().append(leaves).root() if leaves else EMPTY_ROOT) != head.root:
        yield Found("the checkpoint is not that of the log's entries", str(folder / CHECKPOINT))
        return
    committed = state_of_log().size
    for path in there:
        tile = parse_name(path.relative_to(folder).as_posix())
        if tile is None or _ends(tile) > committed >> 8 * tile.level:
            yield Found("the file is none of the log's", str(path))
            continue
        with suppress(FileNotFoundError):
            if path.read_bytes() != _wanted(tile, entries=path.relative_to(folder).parts[1] == "entries"):
                yield Found("the file is not what the log's entries give", str(path))
            elif _ends(tile) > head.size >> 8 * tile.level:
                yield Found(_AHEAD, str(path))


def _ends(tile: Tile) -> int:
    return tile.start + tile.width


def _required(size: int) -> set[str]:
    """The files of the tree of `size`, and of every smaller one that was signed as long as its tiles are not full."""
    signed = Checkpoint.objects.filter(size__lt=size).values_list("size", flat=True)
    found = {*tiles(size), *(tile for one in signed for tile in _unfinished(one, size))}
    return {name for tile in found for name in names(tile)}


def _wanted(tile: Tile, *, entries: bool) -> bytes:
    return bundle(_entries(tile)) if entries else b"".join(stored_hashes(tile.level, tile.start, tile.start + tile.width))


def _refuse_other(folder: Path, before: Head, head: Head) -> None:
    state = state_of_log()
    if before.origin != head.origin:
        raise Fault(f"{folder} holds the log {before.origin}, not {head.origin}")
    if before.size > state.size:
        raise Fault(f"{folder} holds {before.size} entries where the database has {state.size}: the database was set back")
    root = subtrees_in(before.size, stored_hashes)(0, before.size) if before.size else EMPTY_ROOT
    if root != before.root:
        raise Fault(f"{folder} holds another tree of {before.size} entries than the database: the log was forked")


def _write_tiles(folder: Path, since: int, size: int) -> None:
    """All that the tree of `size` has more than that of `since`, and the partial tiles of every signed size between them."""
    signed = Checkpoint.objects.filter(size__gt=min(since, size - _RECENT), size__lt=size).values_list("size", flat=True)
    between = {tile for one in signed for tile in _unfinished(one, size) if one > since or not (folder / tile.path()).is_file()}
    widths: dict[tuple[int, int], set[int]] = {}
    for tile in {*tiles(size, since), *between}:
        widths.setdefault((tile.level, tile.index), set()).add(tile.width)
    touched: set[Path] = set()
    for (level, index), found in sorted(widths.items()):
        touched |= _write_tile(folder, Tile(level, index, max(found)), found)
    for parent in sorted({above for path in touched for above in path.parents if above.is_relative_to(folder)}):
        _sync(parent)


def _write_tile(folder: Path, most: Tile, widths: set[int]) -> set[Path]:
    """One tile in each of these widths, and the entries that belong to it; returns the files."""
    hashes = b"".join(stored_hashes(most.level, most.start, most.start + most.width))
    entries = _entries(most) if most.level == 0 else []
    files: set[Path] = set()
    for width in sorted(widths):
        tile = Tile(most.level, most.index, width)
        files.add(_write(folder, tile.path(), hashes[: 32 * width]))
        if tile.level == 0:
            files.add(_write(folder, tile.bundle_path(), bundle(entries[:width])))
    return files


def _unfinished(one: int, size: int) -> list[Tile]:
    """The partial tiles of a smaller tree that are still partial in that of `size`."""
    return [tile for tile in partial_tiles(one) if not _is_full(tile, size)]


def _is_full(tile: Tile, size: int) -> bool:
    """Whether the tree of `size` has the whole of the tile."""
    return size >> 8 * tile.level >= tile.start + WIDTH


def _remove_partials(folder: Path, tile: Tile) -> None:
    for name in names(tile):
        shutil.rmtree((folder / name).parent, ignore_errors=True)


def _entries(tile: Tile) -> list[bytes]:
    rows = Sequenced.objects.filter(index__gte=tile.start, index__lt=tile.start + tile.width).order_by("index")
    entries = [bytes(one) for one in rows.values_list("event__entry", flat=True)]
    if len(entries) != tile.width:
        raise Fault(f"the log holds {len(entries)} entries where a tile has {tile.width} (from {tile.start})")
    return entries


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The folder, made if need be, written by nobody else while the block runs; what the disk refuses is told."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
    except OSError as error:
        kind = DiskFull if error.errno in _FULL else Unavailable
        raise kind(f"the log cannot be written into {folder}: {error.strerror or error}") from error


def _write(folder: Path, name: str, data: bytes) -> Path:
    """Put a file in its place, whole or not at all; one that is there with these bytes stays."""
    path, new = folder / name, folder / _NEW
    if path.is_file() and path.read_bytes() == data:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with new.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    new.rename(path)
    return path


def _sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
