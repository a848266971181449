"""The runner's end of the zygote: start it, have it fork and kill children, end it."""

import contextlib
import itertools
import math
import socket
import subprocess
import sys
import time

from sluice_runner.confined import frames

_MESSAGE_SIZE = 5


class Child:
    """One confined process, as seen from the runner."""

    def __init__(self, number: int, connection: socket.socket) -> None:
        self.number = number
        self.connection = connection
        self._pid: int | None = None

    async def ready(self) -> None:
        """Wait until it has started; EOFError if it could not."""
        if self._pid is None:
            self._pid = int(await frames.receive_async(self.connection))

    def cpu_seconds(self) -> float:
        """The processor's time that it has used since it was forked; infinite once it is gone."""
        if self._pid is None:
            return 0.0
        try:
            return time.clock_gettime(~self._pid << 3 | 2)  # as clock_getcpuclockid(3) makes it
        except OSError:
            return math.inf


class Nursery:
    """Makes and ends children; starts a zygote when there is none, or when it died.

    `zygote` is the module that is run; see sluice_runner.confined.zygote for what it does.
    """

    def __init__(self, zygote: str) -> None:
        self._module = zygote
        self._numbers = itertools.count()
        self._zygote: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def start(self) -> None:
        """Start the zygote without waiting for its imports."""
        self.end()
        ours, theirs = socket.socketpair()
        with theirs:
            self._zygote = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-I", "-m", self._module, str(theirs.fileno())],
                env={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C at a terminal is the runner's to handle
            )
        self._control = ours

    def fork(self) -> Child:
        """A child that can be sent its first job at once."""
        number = next(self._numbers)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            try:
                self._send(b"F", number, [theirs.fileno()])
            except OSError:
                self.start()
                self._send(b"F", number, [theirs.fileno()])
        return Child(number, ours)

    def kill(self, child: Child) -> None:
        """End a child, whatever it is doing."""
        child.connection.close()
        try:
            self._send(b"K", child.number, [])
        except OSError:
            self.start()  # its children end by their sockets, or by their limit of CPU time

    def calm(self, child: Child) -> None:
        """Let everybody else's work go first from now on."""
        with contextlib.suppress(OSError):
            self._send(b"N", child.number, [])

    def end(self) -> None:
        """End the zygote and with it all children."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._zygote is not None:
            try:
                self._zygote.wait(timeout=1)
            except subprocess.TimeoutExpired:
                self._zygote.kill()
                self._zygote.wait()
            self._zygote = None

    def _send(self, verb: bytes, number: int, sockets: list[int]) -> None:
        if self._control is None:
            raise BrokenPipeError
        message = verb + number.to_bytes(_MESSAGE_SIZE - 1, "big")
        socket.send_fds(self._control, [message], sockets)
