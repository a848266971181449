"""Share a few sandbox processes among many renders; whoever takes too long loses its process."""

import asyncio

from sluice_runner.confined import frames
from sluice_runner.confined.nursery import Child, Nursery
from sluice_runner.templating import limits

_PATIENCE_SECONDS = 0.02  # a queue shorter than this is cheaper than another process
_START_SECONDS = 10.0
SPENT = b"1"
"""The first byte of an answer whose child is worn out; b"0" otherwise."""


class Pool:
    """`size` children and a spare stay warm; up to `most` while some are busy for long."""

    def __init__(self, size: int, most: int, wall_seconds: float) -> None:
        self._size = size
        self._most = max(most, size + 1)
        self._wall_seconds = wall_seconds
        self._nursery = Nursery("sluice_runner.templating.zygote")
        self._idle: asyncio.LifoQueue[Child] = asyncio.LifoQueue()
        self._alive = 0
        self._deadlines: dict[Child, tuple[float, asyncio.Timeout]] = {}

    def start(self) -> None:
        """Start without waiting; the first render waits for its child."""
        self._nursery.start()
        for _ in range(self._size + 1):
            self._idle.put_nowait(self._fork())

    def end(self) -> None:
        """End all children, at once."""
        while not self._idle.empty():
            self._idle.get_nowait().connection.close()
        self._nursery.end()

    async def ask(self, job: bytes) -> bytes:
        """A child's answer. TimeoutError, with words for people, when it takes too long; EOFError
        when the child died.

        Cancelling the caller kills the child.
        """
        child = await self._take()
        try:
            answer = await self._asked(child, job)
        except BaseException:
            self._replace(child)
            raise
        if answer[:1] == SPENT or self._idle.qsize() > self._size:
            self._replace(child)
        else:
            self._idle.put_nowait(child)
        return answer[1:]

    async def _asked(self, child: Child, job: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_START_SECONDS):
            await child.ready()
        started = loop.time()
        try:
            async with asyncio.timeout(self._wall_seconds) as deadline:
                self._deadlines[child] = (started, deadline)
                await loop.sock_sendall(child.connection, frames.framed(job))
                return await frames.receive_async(child.connection)
        except TimeoutError:
            raise TimeoutError(f"took longer than {loop.time() - started:.1f} s") from None
        finally:
            self._deadlines.pop(child, None)

    async def _take(self) -> Child:
        if not self._idle.empty():
            return self._idle.get_nowait()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self._idle.get()
        except TimeoutError:
            if self._alive < self._most:
                return self._fork()
        self._press()
        return await self._idle.get()

    def _press(self) -> None:
        """Bring forward the end of the render that has run longest, since somebody waits."""
        now = asyncio.get_running_loop().time()
        running = sorted(self._deadlines.values(), key=lambda entry: entry[0])
        for started, deadline in running:
            earlier = max(now, started + limits.PRESSED_SECONDS)
            if not deadline.expired() and (deadline.when() or 0) > earlier:
                deadline.reschedule(earlier)
                return

    def _fork(self) -> Child:
        self._alive += 1
        return self._nursery.fork()

    def _replace(self, child: Child) -> None:
        self._alive -= 1
        self._nursery.kill(child)
        if self._idle.qsize() <= self._size:
            self._idle.put_nowait(self._fork())
