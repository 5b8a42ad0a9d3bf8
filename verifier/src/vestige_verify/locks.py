"""What a process that decodes a stranger's file gives up before it does. What the system lacks is not pretended: each lock in force is named.

`limits` (POSIX): address space, processor time, no growing file, no core. `network` (Linux): a network namespace of its own, empty.
`files` (Linux with Landlock): no file can be opened any more, no TCP port reached.
"""

import ctypes
import os
import struct
import sys

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_CREATE, _RESTRICT, _VERSION = 444, 446, 1  # Landlock's system calls, of the same number everywhere
_FILE_RIGHTS = ((1, 0x1FFF), (2, 0x2000), (3, 0x4000), (5, 0x8000))  # from which version on the kernel knows which
_TCP = 0x3


def leave_network() -> list[str]:
    """Leave the network behind, where the system lets anybody; to be called before there is a second thread."""
    if sys.platform != "linux":
        return []
    libc = ctypes.CDLL(None, use_errno=True)
    way = _NEW_NETWORK if os.geteuid() == 0 else _NEW_USER | _NEW_NETWORK
    return ["network"] if libc.unshare(ctypes.c_int(way)) == 0 else []


def lock(*, memory: int, seconds: int) -> list[str]:
    """Give up everything but so many bytes of address space, so many seconds of processor time, and what is open."""
    try:
        import resource
    except ImportError:  # not POSIX
        return []
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))
    return ["limits", *(["files"] if sys.platform == "linux" and _landlock() else [])]


def _landlock() -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_PR_SET_DUMPABLE, 0), (_PR_SET_NO_NEW_PRIVS, 1)):
        if libc.prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0))):
            return False
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return False
    rights = struct.pack("=Q", sum(bits for since, bits in _FILE_RIGHTS if version >= since))
    rights += struct.pack("=Q", _TCP) if version >= 4 else b""
    rules = libc.syscall(_CREATE, rights, ctypes.c_size_t(len(rights)), 0)
    held = rules >= 0 and libc.syscall(_RESTRICT, rules, 0) == 0
    if rules >= 0:
        os.close(rules)
    return held
