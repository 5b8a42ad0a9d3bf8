"""A published log: a folder of C2SP tlog-tiles (`checkpoint`, `tile/L/N`, `tile/entries/N`), checked whole.

1 the checkpoint's signature, 2 every entry is well-formed, 3 every hash tile is that of the entries, 4 the root is the checkpoint's,
5 what an older checkpoint said is still so, 6 the witnesses.
"""

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from vestige_verify import canonical, merkle, shapes
from vestige_verify.entries import type_and_time
from vestige_verify.errors import VerificationError, at
from vestige_verify.notes import Checkpoint, Cosignature, VerifierKey, parse_checkpoint, verify_checkpoint, verify_cosignatures
from vestige_verify.succession import follow, newest
from vestige_verify.trust import Trust, check_quorum

CHECKPOINT: Final = "checkpoint"
SUCCESSION: Final = "succession"
WIDTH: Final = 256  # hashes of a full tile, entries of a full bundle
_HASH = 32
_LARGEST_NOTE = 1 << 20
_LARGEST_BUNDLE = WIDTH * (2 + 65_535)
_ALONE = 64  # bundles: fewer are not worth a second process


@dataclass(slots=True)
class LogFindings:
    """What has been established of a log so far; a refusal leaves what was established before it. Times are milliseconds UTC."""

    key: VerifierKey | None = None
    trusted: VerifierKey | None = None  # the key that was trusted, where signed statements lead from it to `key`
    checkpoint: Checkpoint | None = None
    since: Checkpoint | None = None
    types: Counter[str] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None
    witnesses: list[Cosignature] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)  # who cosigned and is not in the trust file
    quorum: int = 0  # how many witnesses had to have cosigned, and did
    fault: VerificationError | None = None

    @property
    def verified(self) -> bool:
        """True if every step held."""
        return self.fault is None


@dataclass(frozen=True, slots=True)
class _Bundle:
    """What a run of entries comes to: their leaf hashes one after another, how many of each type, the earliest and the latest time."""

    hashes: bytes
    types: Counter[str]
    first: int
    last: int


def verify_log(folder: Path, trust: Trust, since: bytes | None = None, tick: Callable[[int], None] = lambda _count: None) -> LogFindings:
    """Checks a published log against trusted keys of logs (at least one), and against an older checkpoint (a signed note) if one is given.

    Never raises VerificationError: a fault stands in the findings, with its step and file. `tick` is told how many bytes were read.
    """
    findings = LogFindings()
    try:
        _steps(folder, trust, since, findings, tick)
    except VerificationError as fault:
        findings.fault = fault
    return findings


def _steps(folder: Path, trust: Trust, since: bytes | None, findings: LogFindings, tick: Callable[[int], None]) -> None:
    with at(1, CHECKPOINT):
        checkpoint = parse_checkpoint(_read(folder, CHECKPOINT, _LARGEST_NOTE))
        keys = _keys(folder, checkpoint, trust)
        findings.key, findings.trusted = keys[-1], keys[0] if len(keys) > 1 else None
        verify_checkpoint(checkpoint, findings.key)
    findings.checkpoint = checkpoint
    leaves = _entries(folder, checkpoint.size, findings, tick)
    root = _tiles(folder, leaves)
    with at(4, CHECKPOINT):
        if root != checkpoint.root:
            raise VerificationError("the entries lead to another root than the checkpoint's")
    if since is not None:
        with at(5, "the older checkpoint"):
            findings.since = parse_checkpoint(since)
            known = [*keys, *(key for key in trust.logs if key.name == findings.key.name)]
            verify_checkpoint(findings.since, next((key for key in known if key.id == findings.since.key_id), findings.key))
            _continues(findings.since, checkpoint, leaves)
    with at(6, CHECKPOINT):
        _witnesses(checkpoint, trust, findings)


def _keys(folder: Path, checkpoint: Checkpoint, trust: Trust) -> list[VerifierKey]:
    """The keys from a trusted one to the signer: one, or as many as signed statements lead over (`succession`)."""
    for key in trust.logs:
        if (key.name, key.id) == (checkpoint.signer, checkpoint.key_id):
            return [key]
    if (folder / SUCCESSION).is_file():
        with at(1, SUCCESSION):
            value = canonical.decode(_read(folder, SUCCESSION, _LARGEST_NOTE))
            statements = [shapes.text(one, "succession") for one in shapes.array(value, "succession")]
            signer = newest(statements)
            if signer and (signer.name, signer.id) != (checkpoint.signer, checkpoint.key_id):
                raise VerificationError("the statements that the log's key was replaced do not lead to the key that signed")
            keys = follow(statements, signer, trust.logs, checkpoint.size) if signer else []
        if keys:
            return keys
    raise VerificationError("the log is signed by another key than the one that you trust")


def _continues(old: Checkpoint, new: Checkpoint, leaves: bytes) -> None:
    if old.size == 0:
        raise VerificationError("the older checkpoint is of an empty log, from which nothing can be proven")
    if old.size > new.size:
        raise VerificationError(f"the log has {new.size} entries, and an older checkpoint has {old.size}: it was cut or rolled back")
    if merkle.root(_split(leaves[: old.size * _HASH])) != old.root:
        raise VerificationError(
            f"the log forked or was rewritten: its first {old.size} entries are not those that the older checkpoint signed"
        )


def _witnesses(checkpoint: Checkpoint, trust: Trust, findings: LogFindings) -> None:
    known = {(key.name, key.id) for _, key in trust.witnesses}
    findings.strangers = [line.name for line in checkpoint.lines if (line.name, line.key_id) not in known]
    findings.witnesses = verify_cosignatures(checkpoint.only(known), [key for _, key in trust.witnesses])
    check_quorum(findings.witnesses, trust)
    findings.quorum = trust.quorum


def _entries(folder: Path, size: int, findings: LogFindings, tick: Callable[[int], None]) -> bytes:
    """The leaf hashes of all entries, one after another."""
    hashes = bytearray()
    for bundle in _bundles(folder, list(_pieces(size))):
        hashes += bundle.hashes
        findings.types += bundle.types
        findings.first = bundle.first if findings.first is None else min(findings.first, bundle.first)
        findings.last = bundle.last if findings.last is None else max(findings.last, bundle.last)
        tick(len(bundle.hashes))
    return bytes(hashes)


def _bundles(folder: Path, pieces: list[tuple[int, int]]) -> Iterator[_Bundle]:
    if len(pieces) < _ALONE:
        yield from (_bundle(folder, number, width) for number, width in pieces)
        return
    with ProcessPoolExecutor(max_workers=min(os.cpu_count() or 1, 8)) as pool:
        names, widths = zip(*pieces, strict=True)
        yield from pool.map(_bundle, [folder] * len(pieces), names, widths, chunksize=_ALONE)


def _pieces(size: int) -> Iterator[tuple[int, int]]:
    """The number and the width of each tile or bundle of so many hashes or entries."""
    for number in range(0, size, WIDTH):
        yield number // WIDTH, min(WIDTH, size - number)


def _bundle(folder: Path, number: int, width: int) -> _Bundle:
    path, data = _piece(folder, "entries", number, width, _LARGEST_BUNDLE)
    with at(2, path):
        hashes, kinds, times, start = [], [], [], 0
        for n in range(width):
            end = start + 2 + int.from_bytes(data[start : start + 2])
            if end > len(data) or start + 2 > len(data):
                raise VerificationError(f"the bundle ends within entry {number * WIDTH + n}")
            entry = data[start + 2 : end]
            try:
                kind, time = type_and_time(entry)
            except VerificationError as fault:
                raise VerificationError(f"entry {number * WIDTH + n}: {fault.reason}") from None
            hashes.append(sha256(b"\x00" + entry).digest())
            kinds.append(kind)
            times.append(time)
            start = end
        whole = width == WIDTH or path.endswith(f".p/{width}")  # else a full bundle that has come since, read up to the checkpoint
        if whole and start != len(data):
            raise VerificationError("there is more in the bundle than its entries")
    return _Bundle(b"".join(hashes), Counter(kinds), min(times), max(times))


def _tiles(folder: Path, leaves: bytes) -> bytes:
    """The root of the leaves; refuses a tile that is missing or not theirs."""
    level, hashes = 0, leaves
    while hashes:
        above = []
        for number, width in _pieces(len(hashes) // _HASH):
            mine = hashes[number * WIDTH * _HASH :][: width * _HASH]
            path, data = _piece(folder, str(level), number, width, WIDTH * _HASH)
            if data[: len(mine)] != mine or len(data) not in (len(mine), WIDTH * _HASH):
                raise VerificationError("the tile is not that of the entries", step=3, file=path)
            if width == WIDTH:
                above.append(merkle.root(_split(mine)))
        level, hashes = level + 1, b"".join(above)
    return merkle.root(_split(leaves))


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + _HASH] for at in range(0, len(hashes), _HASH)]


def _piece(folder: Path, kind: str, number: int, width: int, limit: int) -> tuple[str, bytes]:
    """The path and the bytes of a tile or a bundle; of a partial one the full one's, if only that is (still) there."""
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    full = f"tile/{kind}/" + "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    step = 2 if kind == "entries" else 3
    if width < WIDTH:
        partial = f"{full}.p/{width}"
        if os.path.lexists(folder / partial) or not os.path.lexists(folder / full):
            with at(step, partial):
                return partial, _read(folder, partial, limit)
    with at(step, full):
        return full, _read(folder, full, limit)


def _read(folder: Path, path: str, limit: int) -> bytes:
    try:
        with open(folder / path, "rb", opener=_opener) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise VerificationError("only plain files are allowed")
            data = file.read(limit + 1)
    except OSError as problem:
        raise VerificationError(f"the file is missing or cannot be read: {problem.strerror}") from None
    if len(data) > limit:
        raise VerificationError(f"the file is larger than {limit} bytes")
    return data


def _opener(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
