"""Write down how runs go: now and then while they go on, and how they end, each in its order."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from sluice_operator.run import status
from sluice_operator.run.observed import Run
from sluice_operator.run.tasks import Task, Tasks

SHOWN_AFTER_SECONDS = 1.0  # a run that is over sooner costs no status write but its last
BYTES_PER_SECOND = 16 * 1024  # of one run's status while it goes on
AT_ONCE = 8  # writes of runs that go on: many hold back neither new runs nor how others end

Write: TypeAlias = Callable[[Run, dict[str, Any]], Coroutine[Any, Any, bool]]


class Showing:
    """One write of a run at a time: a late one could replace the end that was written since."""

    def __init__(self, write: Write, now: Callable[[], datetime], tasks: Tasks) -> None:
        self._write, self._now, self._tasks = write, now, tasks
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._waiting: dict[str, tuple[Run, Callable[[], dict[str, Any]]]] = {}
        self._writes: dict[str, Task] = {}

    def soon(self, run: Run) -> None:
        """Show it unless it ends within a second."""
        self._after(SHOWN_AFTER_SECONDS, run)

    def later(self, run: Run) -> None:
        """Show it as often as its size admits."""
        self._after(max(SHOWN_AFTER_SECONDS, run.record.size / BYTES_PER_SECOND), run)

    def now(self, run: Run, made: dict[str, Any]) -> None:
        """Show this of it in its turn; what is being written already has told enough."""
        self._show(run, lambda: made)

    async def end(self, run: Run, made: dict[str, Any]) -> None:
        """Store how it ended, after whatever is being written of it."""
        self.drop(run)
        before = self._writes.get(run.uid)
        if before is not None:
            await asyncio.wait({before})
        await self._write(run, made)

    def drop(self, run: Run) -> None:
        """Show no more of it."""
        self._waiting.pop(run.uid, None)
        timer = self._timers.pop(run.uid, None)
        if timer is not None:
            timer.cancel()

    def close(self) -> None:
        """Show nothing any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._waiting.clear()

    def _after(self, pause: float, run: Run) -> None:
        if run.uid not in self._timers and not run.ending:
            loop = asyncio.get_running_loop()
            self._timers[run.uid] = loop.call_later(pause, self._due, run)

    def _due(self, run: Run) -> None:
        del self._timers[run.uid]
        if run.uid in self._writes:
            self.soon(run)
            return
        self._show(run, partial(self._current, run))

    def _current(self, run: Run) -> dict[str, Any]:
        now = self._now()
        return status.running(run, now) if run.pod else status.waiting(run, now)

    def _show(self, run: Run, make: Callable[[], dict[str, Any]]) -> None:
        if run.uid not in self._writes and not run.ending:
            self._waiting[run.uid] = (run, make)
            self._fill()

    def _fill(self) -> None:
        while self._waiting and len(self._writes) < AT_ONCE:
            uid = next(iter(self._waiting))
            run, make = self._waiting.pop(uid)
            self._writes[uid] = task = self._tasks.spawn(self._write(run, make()))
            task.add_done_callback(partial(self._written, uid))

    def _written(self, uid: str, _: Task) -> None:
        self._writes.pop(uid, None)
        self._fill()
