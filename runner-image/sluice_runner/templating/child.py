"""A sandbox process: gives up what it may, then renders jobs until its socket closes."""

import gc
import os
import socket

import orjson

from sluice_runner.confined import frames
from sluice_runner.confined.confinement import allow_cpu, confine
from sluice_runner.templating import limits
from sluice_runner.templating.limits import Refused
from sluice_runner.templating.rendering import Kitchen

_JOBS = 5_000  # then a fresh process: what leaked, leaked for so long


def serve(connection: socket.socket, kitchen: Kitchen) -> None:
    """Confine this process and answer jobs; returns when the runner hangs up."""
    confine(connection.fileno(), limits.MEMORY_BYTES)
    connection.sendall(frames.framed(b"%d" % os.getpid()))  # ready
    for count in range(_JOBS):
        try:
            job = frames.receive(connection)
            allow_cpu(limits.CPU_SECONDS)
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
