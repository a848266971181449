"""Work by key: equal keys that arrive together are done once, and one key never twice at a time."""

import asyncio
import logging
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

log = logging.getLogger(__name__)
K = TypeVar("K", bound=Hashable)

DEBOUNCE_SECONDS = 0.05
FIRST_RETRY_SECONDS = 0.2
LAST_RETRY_SECONDS = 60.0


class WorkQueue(Generic[K]):
    """Calls `process` for each added key, after a short wait in which further adds are merged.

    A key that is added while it is being processed is processed once more afterwards. One whose
    processing raises is tried again after a pause that doubles, with full jitter.
    """

    def __init__(
        self,
        process: Callable[[K], Awaitable[None]],
        *,
        workers: int = 32,
        debounce: float = DEBOUNCE_SECONDS,
    ) -> None:
        self._process = process
        self._workers = workers
        self._debounce = debounce
        self._ready: deque[K] = deque()
        self._waiting: dict[K, asyncio.TimerHandle] = {}
        self._queued: set[K] = set()
        self._first: set[K] = set()
        self._busy: set[K] = set()
        self._again: set[K] = set()
        self._failures: Counter[K] = Counter()
        self._wakeup = asyncio.Semaphore(0)

    def __len__(self) -> int:
        return len(self._waiting) + len(self._ready)

    def add(self, key: K) -> None:
        """Have the key processed soon."""
        self._schedule(key, self._debounce)

    def add_first(self, key: K) -> None:
        """Have the key processed before all others, without a wait for further adds."""
        if key in self._busy:
            self._again.add(key)
        elif key not in self._first:
            waiting = self._waiting.pop(key, None)
            if waiting is not None:
                waiting.cancel()
            self._first.add(key)
            self._queued.add(key)
            self._ready.appendleft(key)  # perhaps a second time: what comes later finds it done
            self._wakeup.release()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as workers:
            for _ in range(self._workers):
                workers.create_task(self._work())

    def _schedule(self, key: K, delay: float) -> None:
        if key in self._busy:
            self._again.add(key)
        elif key not in self._queued:
            waiting = self._waiting.get(key)
            loop = asyncio.get_running_loop()
            if waiting is not None and waiting.when() <= loop.time() + delay:
                return
            if waiting is not None:
                waiting.cancel()
            self._waiting[key] = loop.call_later(delay, self._queue, key)

    def _queue(self, key: K) -> None:
        del self._waiting[key]
        self._queued.add(key)
        self._ready.append(key)
        self._wakeup.release()

    async def _work(self) -> None:
        while True:
            await self._wakeup.acquire()
            key = self._ready.popleft()
            if key not in self._queued:
                continue
            self._queued.discard(key)
            self._first.discard(key)
            self._busy.add(key)
            delay = await self._outcome(key)
            self._busy.discard(key)
            if key in self._again:
                self._again.discard(key)
                delay = self._debounce
            if delay is not None:
                self._schedule(key, delay)

    async def _outcome(self, key: K) -> float | None:
        """Process the key; the answer is the pause before the next try, None when it went well."""
        try:
            await self._process(key)
        except Exception:  # whatever it is, this key is tried again and others go on
            self._failures[key] += 1
            delay = retry_delay(self._failures[key])
            log.exception("%s: failed %d times", key, self._failures[key])
            return random.uniform(delay / 2, delay)  # noqa: S311 - jitter is no secret
        del self._failures[key]
        return None


def retry_delay(failures: int) -> float:
    """Seconds to wait after so many failures in a row, before jitter."""
    return min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 20))
