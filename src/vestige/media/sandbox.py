"""Locking the media child in, before it reads a byte of footage.

1. No environment, no open file but those named. 2. Limits: address space, processor time, no file growth, no core, few descriptors.
3. No new privileges; no other process of the same user may trace it. 4. Landlock, where the kernel has it: no file and no TCP port at all.
5. A filter of system calls on x86_64 and aarch64: what is not allowed gets EPERM, another architecture is killed. It holds for every
thread, those that libraries started before too.

Whatever is missing is not pretended: `lock` returns the names of the locks that are in force.
"""

import ctypes
import errno
import os
import resource
import struct
from collections.abc import Sequence
from pathlib import Path

from vestige.media._syscalls import Machine, machine

LOCKS = ("limits", "landlock", "seccomp")

_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NO_SUCH_CALL = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)
_DESCRIPTORS = 64

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT, _LANDLOCK_VERSION = 444, 445, 446, 1
_LANDLOCK_READ, _LANDLOCK_READ_BELOW = 0x4, 0x1 | 0x4 | 0x8  # read a file; run, read and list what is in a folder
_LANDLOCK_FILES = ((1, 0x1FFF), (2, 0x2000), (3, 0x4000), (5, 0x8000))  # from which version on the kernel knows which rights
_LANDLOCK_TCP, _LANDLOCK_SCOPES = 0x3, 0x3

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_X32 = 0x40000000
_CLONE_THREAD = 0x10000


def lock(*, memory: int, cpu_seconds: int, keep: tuple[int, ...]) -> list[str]:
    """Give up everything but memory, processor time and these descriptors; returns the locks in force. Raises OSError where one fails."""
    libc = _limit(memory, cpu_seconds, keep)
    here = machine()
    landlocked = _landlock(libc)
    filtered = here is not None and _seccomp(libc, here, _only(here))
    return ["limits", *(["landlock"] if landlocked else []), *(["seccomp"] if filtered else [])]


def lock_for_program(*, memory: int, cpu_seconds: int, readable: Sequence[str]) -> None:
    """The looser locks under which another program may be run: it reads below `readable`, and reaches no network and no process."""
    libc = _limit(memory, cpu_seconds, ())
    here = machine()
    _landlock(libc, readable)
    if here is not None:
        _seccomp(libc, here, _all_but(here))


def _limit(memory: int, cpu_seconds: int, keep: tuple[int, ...]) -> ctypes.CDLL:
    os.environ.clear()
    _close_all_but(keep)
    for kind, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 5),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, _DESCRIPTORS, _DESCRIPTORS),
    ):
        resource.setrlimit(kind, (soft, hard))
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_PR_SET_DUMPABLE, 0), (_PR_SET_NO_NEW_PRIVS, 1)):
        _done(libc.prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0))), "prctl")
    return libc


def _close_all_but(keep: Sequence[int]) -> None:
    start = 3
    for descriptor in sorted(keep):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, max(start, resource.getrlimit(resource.RLIMIT_NOFILE)[0]))


def _landlock(libc: ctypes.CDLL, readable: Sequence[str] = ()) -> bool:
    """Forbid every file but those below `readable`, and every TCP port. False where the kernel has no Landlock."""
    version = libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), _LANDLOCK_VERSION)
    if version < 1:
        return False
    files = sum(rights for since, rights in _LANDLOCK_FILES if version >= since)
    attributes = struct.pack("=Q", files)
    if version >= 4:
        attributes += struct.pack("=Q", _LANDLOCK_TCP)
    if version >= 6:
        attributes += struct.pack("=Q", _LANDLOCK_SCOPES)
    rules = libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    _done(min(rules, 0), "landlock")
    for path in filter(Path.exists, map(Path, readable)):
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rights = _LANDLOCK_READ_BELOW if path.is_dir() else _LANDLOCK_READ
        _done(libc.syscall(_LANDLOCK_ADD, rules, 1, struct.pack("=Qi", rights, folder), 0), "landlock")
        os.close(folder)
    _done(libc.syscall(_LANDLOCK_RESTRICT, rules, 0), "landlock")
    os.close(rules)
    return True


def _seccomp(libc: ctypes.CDLL, here: Machine, program: bytes) -> bool:
    """Install the filter on all threads. False where the kernel has none."""
    code = ctypes.create_string_buffer(program, len(program))
    whole = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    result = libc.syscall(here.seccomp, _SET_MODE_FILTER, _ALL_THREADS, whole)
    if result < 0 and ctypes.get_errno() in _NO_SUCH_CALL:
        return False
    _done(result, "seccomp")
    return True


def _head(here: Machine) -> list[bytes]:
    """The start of a classic BPF program: another architecture is killed; then the call's number is at hand."""
    return [
        _bpf(_LOAD, 0, 0, _ARCHITECTURE),
        _bpf(_EQUAL, 1, 0, here.architecture),
        _bpf(_RETURN, 0, 0, _KILL),
        _bpf(_LOAD, 0, 0, _NUMBER),
        _bpf(_AT_LEAST, 0, 1, _X32),
        _bpf(_RETURN, 0, 0, _KILL),
    ]


def _all_but(here: Machine) -> bytes:
    """Allow what is not denied."""
    lines = [*_head(here)]
    for number in here.denied:
        lines += [_bpf(_EQUAL, 0, 1, number), _bpf(_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    return b"".join([*lines, _bpf(_RETURN, 0, 0, _ALLOW)])


def _only(here: Machine) -> bytes:
    """Deny what is not allowed. `clone` makes threads only; the flags of `clone3` can't be seen, so that is no call: `clone` is used."""
    lines = [
        *_head(here),
        _bpf(_EQUAL, 0, 1, here.clone3),
        _bpf(_RETURN, 0, 0, _REFUSE | errno.ENOSYS),
        _bpf(_EQUAL, 0, 4, here.clone),
        _bpf(_LOAD, 0, 0, _FIRST_ARGUMENT),
        _bpf(_ANY_BIT, 0, 1, _CLONE_THREAD),
        _bpf(_RETURN, 0, 0, _ALLOW),
        _bpf(_RETURN, 0, 0, _REFUSE | errno.EPERM),
    ]
    for number in here.allowed:
        lines += [_bpf(_EQUAL, 0, 1, number), _bpf(_RETURN, 0, 0, _ALLOW)]
    return b"".join([*lines, _bpf(_RETURN, 0, 0, _REFUSE | errno.EPERM)])


def _bpf(code: int, true: int, false: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, true, false, value)


def _done(result: int, what: str) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, f"the media child cannot lock itself in ({what}): {os.strerror(code)}")
