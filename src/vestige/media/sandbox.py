"""Locking the media child in: limits, no privileges, no network, no other programs, no files but those that are open already.

The filter of system calls is written for x86_64; `supported` says whether it is in force. The limits hold everywhere.
"""

import ctypes
import os
import platform
import resource
import struct

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_PR_SET_DUMPABLE = 4
_SECCOMP_MODE_FILTER = 2
_ALLOW, _EPERM, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
_DESCRIPTORS = 64

# System calls of x86_64 that the child never needs: sockets, other programs and processes, mounts, namespaces, keys, kernel interfaces,
# and every way to open, make, rename or remove a file by name. What it needs is imported before, and its files are open.
_ARCHITECTURE = 0xC000003E
_DENIED = (
    "2 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 57 58 59 62 76 82 83 84 85 86 87 88 90 92 101 155 157 161 165 166 167 169 175 200 234 "
    "248 249 250 257 258 260 263 264 265 266 268 272 288 298 299 304 307 308 310 311 313 316 320 321 322 323 425 426 427 428 429 430 432 "
    "434 437 438 440 442"
)


def lock(*, memory: int, cpu_seconds: int, keep: tuple[int, ...]) -> None:
    """Give up everything but memory, processor time and these descriptors. Raises OSError where a lock that the system has fails."""
    os.environ.clear()
    os.closerange(3, min(keep))
    for low, high in zip(sorted(keep), [*sorted(keep)[1:], 4096], strict=True):
        os.closerange(low + 1, high)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_DESCRIPTORS, _DESCRIPTORS))
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _seccomp()


def supported() -> bool:
    """Whether the filter of system calls is in force on this machine."""
    return platform.machine() == "x86_64"


def _prctl(option: int, argument: int, pointer: int = 0) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(argument), ctypes.c_void_p(pointer), ctypes.c_ulong(0), ctypes.c_ulong(0)):
        code = ctypes.get_errno()
        raise OSError(code, f"the media child cannot lock itself in: {os.strerror(code)}")


def _seccomp() -> None:
    if not supported():
        return
    program = _program()
    code = ctypes.create_string_buffer(program, len(program))

    class Filter(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    whole = Filter(len(program) // 8, ctypes.cast(code, ctypes.c_void_p))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(whole))


def _program() -> bytes:
    """A classic BPF program: another architecture is killed, a denied call gets EPERM."""
    lines = [
        _bpf(0x20, 0, 0, 4),
        _bpf(0x15, 1, 0, _ARCHITECTURE),
        _bpf(0x06, 0, 0, _KILL),
        _bpf(0x20, 0, 0, 0),
        _bpf(0x35, 0, 1, 0x40000000),
        _bpf(0x06, 0, 0, _KILL),
    ]
    for number in map(int, _DENIED.split()):
        lines += [_bpf(0x15, 0, 1, number), _bpf(0x06, 0, 0, _EPERM)]
    return b"".join([*lines, _bpf(0x06, 0, 0, _ALLOW)])


def _bpf(code: int, true: int, false: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, true, false, value)
