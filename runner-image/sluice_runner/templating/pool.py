"""Share a few sandbox processes among many renders, so that slow ones do not hold up the others.

A render begins in the fast lane. One that is not done after a moment goes on in the slow lane, with
what time of the machine is left; if that is full while others wait for the fast one, it is stopped
and begins again when the slow lane has room, since to render twice does no harm.
"""

import asyncio
from dataclasses import dataclass

from sluice_runner.confined import frames
from sluice_runner.confined.nursery import Child, Nursery
from sluice_runner.templating import limits
from sluice_runner.templating.turns import Turns

_START_SECONDS = 10.0
_SPARE = 2
SPENT = b"1"
"""The first byte of an answer whose child is worn out; b"0" otherwise."""


@dataclass(eq=False)
class _Work:
    """One job in one child; times are those of the loop, `cpu` that of the child as it began."""

    child: Child
    lane: Turns
    deadline: asyncio.Timeout
    began: float = 0.0
    cpu: float = 0.0
    look: asyncio.TimerHandle | None = None
    is_put_off: bool = False


class _PutOff(Exception):  # noqa: N818 - what happens to a render
    """Stopped in the fast lane, to begin again in the slow one."""


class Pool:
    """`fast` renders at a time in the fast lane, `slow` in the other; some children stay warm.

    Whoever takes too long loses its process.
    """

    def __init__(self, fast: int, slow: int, time_seconds: float) -> None:
        self._warm = fast
        self._fast = Turns(fast)
        self._slow = Turns(slow)
        self._time_seconds = time_seconds
        self._nursery = Nursery("sluice_runner.templating.zygote")
        self._idle: list[Child] = []
        self._in_fast = 0

    def start(self) -> None:
        """Start without waiting; the first render waits for its child."""
        self._nursery.start()
        self._refill()

    def end(self) -> None:
        """End all children, at once."""
        while self._idle:
            self._idle.pop().connection.close()
        self._nursery.end()

    async def ask(self, job: bytes, owner: str) -> bytes:
        """A child's answer. TimeoutError, with words for people, when it takes too long; EOFError
        when the child died.

        Owners have their turns one after the other. Cancelling the caller kills the child.
        """
        try:
            await self._fast.take(owner)
            return await self._work(job, self._fast)
        except _PutOff:
            await self._slow.take(owner)
            return await self._work(job, self._slow)

    async def _work(self, job: bytes, lane: Turns) -> bytes:
        """Do the job, the turn for which has been taken, and give back the turn."""
        try:
            child = self._idle.pop() if self._idle else self._nursery.fork()
        except OSError:  # no process or file is left for one
            lane.give()
            raise
        self._in_fast += lane is self._fast
        work = _Work(child, lane, asyncio.timeout(None))
        answer = b""
        try:
            answer = await self._asked(work, job)
        finally:
            if work.look is not None:
                work.look.cancel()
            self._leave(work, answer)
        return answer[1:]

    async def _asked(self, work: _Work, job: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_START_SECONDS):
            await work.child.ready()
        try:
            async with work.deadline:
                work.began, work.cpu = loop.time(), work.child.cpu_seconds()
                if work.lane is self._slow:
                    self._nursery.calm(work.child)
                work.look = loop.call_later(limits.SLICE_SECONDS, self._look, work)
                await loop.sock_sendall(work.child.connection, frames.framed(job))
                return await frames.receive_async(work.child.connection)
        except TimeoutError:
            if work.is_put_off:
                raise _PutOff from None
            raise TimeoutError(f"took longer than {self._limit(work):g} s") from None

    def _look(self, work: _Work) -> None:
        """A render is still at work: leave it, put it into the slow lane, put it off, or end it."""
        loop = asyncio.get_running_loop()
        taken, used = loop.time() - work.began, work.child.cpu_seconds() - work.cpu
        hard = self._time_seconds * limits.WALL_FACTOR
        if used >= self._limit(work) or taken >= hard:
            work.deadline.reschedule(loop.time())
            return
        if work.lane is self._fast and used >= limits.SLICE_SECONDS / 2:
            self._make_room(work, loop)
        work.look = loop.call_later(limits.SLICE_SECONDS, self._look, work)

    def _limit(self, work: _Work) -> float:
        """Seconds of the processor."""
        if work.lane is self._slow and self._slow.are_awaited:
            return min(self._time_seconds, limits.PRESSED_SECONDS)
        return self._time_seconds

    def _make_room(self, work: _Work, loop: asyncio.AbstractEventLoop) -> None:
        if self._slow.take_now():
            self._nursery.calm(work.child)
            work.lane = self._slow
            self._in_fast -= 1
            self._fast.give()
            self._refill()
        elif self._fast.are_awaited:
            work.is_put_off = True
            work.deadline.reschedule(loop.time())

    def _leave(self, work: _Work, answer: bytes) -> None:
        """Keep a child that is as good as new; give the turn to the next."""
        is_fast = work.lane is self._fast
        self._in_fast -= is_fast
        work.lane.give()
        if is_fast and answer[:1] not in (b"", SPENT):
            self._idle.append(work.child)
        else:
            self._nursery.kill(work.child)
        self._refill()

    def _refill(self) -> None:
        """Have a child ready for each turn in the fast lane, and for those that come next."""
        while len(self._idle) + self._in_fast < self._warm + _SPARE:
            self._idle.append(self._nursery.fork())
