"""What a child gives up before it is shown anything of a user's: the kernel sees to it."""

import os
import resource
from pathlib import Path

_FILES = 1 << 16


def confine(connection: int, memory_bytes: int) -> None:
    """No files but the connection, no sockets, no processes, and so much memory above the start."""
    os.closerange(0, connection)
    os.closerange(connection + 1, _FILES)
    os.environ.clear()
    size = _own_memory() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    for name in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
        resource.setrlimit(name, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def allow_cpu(seconds: int) -> None:
    """From now on, after which the kernel ends the process, should nobody be left to kill it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _own_memory() -> int:
    """Bytes of address space, whose pages are the first number of the file."""
    pages = Path("/proc/self/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()
