"""The system calls that the locked child may make, by number on each machine. Every other one gets EPERM.

Chosen by what Python, FFmpeg, numpy and ONNX Runtime need once everything is loaded: memory, threads, time, and reading and writing what is
open. No call opens, makes, removes or renames by name, none reaches a network, another process, a key or a device. `newfstatat` stays
because the C library asks for the size of an open file with it; it can also ask whether a path exists, and learns nothing else.
"""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine's audit architecture, the numbers of calls, and those of `clone` (threads only), `clone3` and `seccomp`.

    `allowed` is all that the child may call; `denied` what a program that it does not know (exiftool) may not.
    """

    architecture: int
    allowed: tuple[int, ...]
    denied: tuple[int, ...]
    clone: int
    clone3: int
    seccomp: int


# name: number on x86_64, number on aarch64
_ALLOWED: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "brk": (12, 214),
        "clock_getres": (229, 114),
        "clock_gettime": (228, 113),
        "clock_nanosleep": (230, 115),
        "close": (3, 57),
        "exit": (60, 93),
        "exit_group": (231, 94),
        "fcntl": (72, 25),
        "fstat": (5, 80),
        "futex": (202, 98),
        "getcpu": (309, 168),
        "getpid": (39, 172),
        "getrandom": (318, 278),
        "getrusage": (98, 165),
        "gettid": (186, 178),
        "gettimeofday": (96, 169),
        "lseek": (8, 62),
        "madvise": (28, 233),
        "membarrier": (324, 283),
        "mmap": (9, 222),
        "mprotect": (10, 226),
        "mremap": (25, 216),
        "munmap": (11, 215),
        "nanosleep": (35, 101),
        "newfstatat": (262, 79),
        "ppoll": (271, 73),
        "pread64": (17, 67),
        "pselect6": (270, 72),
        "read": (0, 63),
        "readv": (19, 65),
        "restart_syscall": (219, 128),
        "rseq": (334, 293),
        "rt_sigaction": (13, 134),
        "rt_sigprocmask": (14, 135),
        "rt_sigreturn": (15, 139),
        "sched_getaffinity": (204, 123),
        "sched_getparam": (143, 121),
        "sched_getscheduler": (145, 120),
        "sched_get_priority_max": (146, 125),
        "sched_get_priority_min": (147, 126),
        "sched_yield": (24, 124),
        "set_robust_list": (273, 99),
        "sigaltstack": (131, 132),
        "sysinfo": (99, 179),
        "times": (100, 153),
        "uname": (63, 160),
        "write": (1, 64),
        "writev": (20, 66),
    }
)
_DENIED: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "accept": (43, 202),
        "add_key": (248, 217),
        "bind": (49, 200),
        "bpf": (321, 280),
        "connect": (42, 203),
        "init_module": (175, 105),
        "io_uring_setup": (425, 425),
        "keyctl": (250, 219),
        "kill": (62, 129),
        "mount": (165, 40),
        "perf_event_open": (298, 241),
        "pidfd_open": (434, 434),
        "prlimit64": (302, 261),
        "process_vm_readv": (310, 270),
        "process_vm_writev": (311, 271),
        "ptrace": (101, 117),
        "request_key": (249, 218),
        "setns": (308, 268),
        "socket": (41, 198),
        "socketpair": (53, 199),
        "tgkill": (234, 131),
        "tkill": (200, 130),
        "umount2": (166, 39),
        "unshare": (272, 97),
        "userfaultfd": (323, 282),
    }
)
_POLL_X86 = (7, 23, 201)  # poll, select, time: calls that aarch64 never had


def machine() -> Machine | None:
    """This machine, or None where the numbers of its calls are not known here."""
    name = platform.machine()
    if name == "x86_64":
        return Machine(0xC000003E, (*(x for x, _ in _ALLOWED.values()), *_POLL_X86), tuple(x for x, _ in _DENIED.values()), 56, 435, 317)
    if name == "aarch64":
        return Machine(0xC00000B7, tuple(arm for _, arm in _ALLOWED.values()), tuple(arm for _, arm in _DENIED.values()), 220, 435, 277)
    return None
