"""The process that sandbox processes are forked from: it has imported all they need, once.

Starting a child takes milliseconds instead of a fifth of a second, so that one killed for its
template is replaced before anyone waits for it. Run as `python -I -m …zygote <fd>`; a message is
a verb and a number, `F` (fork; carries the child's socket) or `K` (kill). End of file ends all.
"""

import contextlib
import gc
import os
import signal
import socket
import struct
import sys

from sluice_runner.templating import child
from sluice_runner.templating.rendering import Kitchen

MESSAGE = struct.Struct("!cI")


def main() -> None:
    """Serve the runner until it hangs up; then kill what is left."""
    control = socket.socket(fileno=int(sys.argv[1]))
    kitchen = Kitchen()
    kitchen.render("{% for x in warm %}{{ x.up }}{% endfor %}", {"warm": [{"up": 1}]})
    gc.collect()
    gc.freeze()
    children: dict[int, int] = {}
    while True:
        message, sockets, _, _ = socket.recv_fds(control, MESSAGE.size, 1, socket.MSG_WAITALL)
        _reap(children)
        if len(message) < MESSAGE.size:
            break
        verb, number = MESSAGE.unpack(message)
        if verb == b"F":
            children[number] = _fork(sockets[0], control, kitchen)
        else:
            _kill(children.get(number))
    for pid in children.values():
        _kill(pid)


def _fork(connection: int, control: socket.socket, kitchen: Kitchen) -> int:
    pid = os.fork()
    if pid:
        os.close(connection)
        return pid
    try:
        control.close()
        child.serve(socket.socket(fileno=connection), kitchen)
    finally:
        os._exit(0)


def _kill(pid: int | None) -> None:
    """By a number that only this process can reap, so that no stranger can have it."""
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _reap(children: dict[int, int]) -> None:
    for number, pid in list(children.items()):
        if os.waitpid(pid, os.WNOHANG)[0]:
            del children[number]


if __name__ == "__main__":
    main()
