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
import unicodedata  # noqa: F401 - Python imports it at the first name or escape beyond ASCII

import jinja2.debug  # noqa: F401 - Jinja imports it at the first error

from sluice_runner.templating import child
from sluice_runner.templating.limits import Refused
from sluice_runner.templating.rendering import Kitchen

MESSAGE = struct.Struct("!cI")
# With a text in quotes, since reading one imports a codec, and a child opens no file any more.
_WARM_UP = "{% for x in warm %}{{ x.up ~ 'text' }}{% endfor %}"

_WARMING = (
    "{% for x in data %}{{ x.up }}{{ loop.index }}{% endfor %}",
    r"{{ 'é\u00e9\N{DIGIT ONE}' ~ data.é }}",
    "{{ data|uper }}",
    "{{ 0|dateformat('%A %d %Z') }}{{ '2026-01-01T00:00:00+02:00'|dateadd(days=1) }}",
    "{{ '{' | fromjson }}",
    "{{ 'eA==' | b64decode }}{{ data[0] | urlencode }}",
    "{{ nope }}",
    "{{ ",
)


def main() -> None:
    """Serve the runner until it hangs up; then kill what is left."""
    control = socket.socket(fileno=int(sys.argv[1]))
    kitchen = _warmed()
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


def _warmed() -> Kitchen:
    """A child can open no file, so what is imported on first use has to be used here."""
    kitchen = Kitchen()
    for source in _WARMING:
        with contextlib.suppress(Refused):
            kitchen.render(source, {"data": [{"up": 1}]})
    gc.collect()
    gc.freeze()
    return kitchen


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
