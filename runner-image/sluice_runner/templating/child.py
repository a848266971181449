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
    _confine(connection.fileno())
    connection.sendall(frames.framed(b""))  # ready
    for count in range(_JOBS):
        try:
            job = frames.receive(connection)
            _renew_cpu()
            answer, is_spent = _answer(job, kitchen)
            is_spent |= count == _JOBS - 1
            connection.sendall(frames.framed(b"01"[is_spent : is_spent + 1] + orjson.dumps(answer)))
        except (EOFError, ConnectionError):
            return
        if is_spent:
            return


def _answer(job: bytes, kitchen: Kitchen) -> tuple[dict[str, object], bool]:
    """What to say, and whether this process is worn out."""
    rendered: list[object] = []
    weight = 0
    try:
        sources, context = orjson.loads(job)
        for source in sources:
            room = limits.RESULT_BYTES - weight
            value, more = kitchen.render(source, context, room)
            rendered.append(value)
            weight += more
    except Refused as refused:
        return {"refused": [len(rendered), refused.kind, refused.message]}, False
    except MemoryError:
        position = len(rendered)
        rendered.clear()
        gc.collect()
        message = f"more than {limits.MEMORY_BYTES} bytes of memory"
        return {"refused": [position, "MemoryLimit", message]}, True
    return {"rendered": rendered}, False


def _confine(connection: int) -> None:
    """No files, no sockets, no processes, bounded memory: the kernel sees to it."""
    os.closerange(0, connection)
    os.closerange(connection + 1, 1 << 16)
    os.environ.clear()
    size = _own_memory() + limits.MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    for name in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
        resource.setrlimit(name, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _own_memory() -> int:
    """Bytes of address space, whose pages are the first number of the file."""
    pages = Path("/proc/self/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()


def _renew_cpu() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + limits.CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
