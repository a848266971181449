"""The process that children are forked from: it has imported all they need, once.

Starting a child takes milliseconds instead of a fifth of a second, so that one that was killed is
replaced before anyone waits for it. A message is a verb and a number, `F` (fork; carries the
child's socket), `N` (nice: let others go first) or `K` (kill). End of file ends all.
"""

import contextlib
import gc
import os
import signal
import socket
import struct
from collections.abc import Callable

_LATER = 10
_MESSAGE = struct.Struct("!cI")


def run(control: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    """Serve the runner until it hangs up; then kill what is left. `serve` is a child's life."""
    gc.collect()
    gc.freeze()
    children: dict[int, int] = {}
    while True:
        message, sockets, _, _ = socket.recv_fds(control, _MESSAGE.size, 1, socket.MSG_WAITALL)
        _reap(children)
        if len(message) < _MESSAGE.size:
            break
        verb, number = _MESSAGE.unpack(message)
        if verb == b"F":
            children[number] = _fork(sockets[0], control, serve)
        elif verb == b"N":
            _calm(children.get(number))
        else:
            _kill(children.get(number))
    for pid in children.values():
        _kill(pid)


def _fork(connection: int, control: socket.socket, serve: Callable[[socket.socket], None]) -> int:
    pid = os.fork()
    if pid:
        os.close(connection)
        return pid
    try:
        control.close()
        serve(socket.socket(fileno=connection))
    finally:
        os._exit(0)


def _kill(pid: int | None) -> None:
    """By a number that only this process can reap, so that no stranger can have it."""
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _calm(pid: int | None) -> None:
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, pid, _LATER)


def _reap(children: dict[int, int]) -> None:
    for number, pid in list(children.items()):
        if os.waitpid(pid, os.WNOHANG)[0]:
            del children[number]
