"""A sandbox process: gives up what it may, then renders jobs until its socket closes."""

import gc
import os
import resource
import socket
from pathlib import Path

import orjson

from sluice_runner.templating import frames, limits
from sluice_runner.templating.limits import Refused
from sluice_runner.templating.rendering import Kitchen

_JOBS = 5_000  # then a fresh process: what leaked, leaked for so long


def serve(connection: socket.socket, kitchen: Kitchen) -> None:
    """Confine this process and answer jobs; returns when the runner hangs up."""
    memory_limit = _confine(connection.fileno())
    connection.sendall(frames.framed(b""))  # ready
    for count in range(_JOBS):
        try:
            job = frames.receive(connection)
            _renew_cpu()
            answer, is_spent = _answer(job, kitchen, memory_limit)
            is_spent |= count == _JOBS - 1
            connection.sendall(frames.framed(orjson.dumps({**answer, "spent": is_spent})))
        except (EOFError, ConnectionError):
            return
        if is_spent:
            return


def _answer(job: bytes, kitchen: Kitchen, memory: int) -> tuple[dict[str, object], bool]:
    """What to say, and whether this process is worn out."""
    position = 0
    try:
        sources, context = orjson.loads(job)
        rendered: list[object] = []
        room = limits.RESULT_BYTES
        for position, source in enumerate(sources):
            value, weight = kitchen.render(source, context)
            rendered.append(value)
            room -= weight
            if room < 0:
                raise Refused("OutputTooLarge", f"result larger than {limits.RESULT_BYTES} bytes")
        return {"rendered": rendered}, False
    except Refused as refused:
        return {"refused": [position, refused.kind, refused.message]}, False
    except MemoryError:
        gc.collect()
        message = f"more than {memory} bytes of memory"
        return {"refused": [position, "MemoryLimit", message]}, True


def _confine(connection: int) -> int:
    """No files, no sockets, no processes, bounded memory: the kernel sees to it."""
    os.closerange(0, connection)
    os.closerange(connection + 1, 1 << 16)
    os.environ.clear()
    pages = int(_statm.split()[0]) if (_statm := _own_memory()) else 0
    if pages:
        size = pages * resource.getpagesize() + limits.MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    for name in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
        resource.setrlimit(name, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    return limits.MEMORY_BYTES


def _own_memory() -> str:
    """Pages of address space, first in the line; empty where there is no /proc."""
    try:
        return Path("/proc/self/statm").read_text()
    except OSError:
        return ""


def _renew_cpu() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + limits.CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
