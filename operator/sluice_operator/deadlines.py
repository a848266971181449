"""One heap of times at which something has to be looked at again, in place of a timer for each."""

import asyncio
import heapq
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

LONGEST_SLEEP_SECONDS = 30.0  # a clock that was set is noticed after so long


class Deadlines(Generic[K]):
    """Calls `due` with each key whose time has come; a key has one time, the last one set."""

    def __init__(self, due: Callable[[K], None], now: Callable[[], datetime]) -> None:
        self._due = due
        self._now = now
        self._heap: list[tuple[datetime, int, K]] = []
        self._times: dict[K, datetime] = {}
        self._count = 0
        self._changed = asyncio.Event()

    def set(self, key: K, when: datetime | None) -> None:
        """Look at the key again at that time, or not at all."""
        if when is None:
            self._times.pop(key, None)
            return
        if self._times.get(key) == when:
            return
        self._times[key] = when
        self._count += 1
        heapq.heappush(self._heap, (when, self._count, key))
        if self._heap[0][2] == key:
            self._changed.set()

    def sooner(self, key: K, when: datetime | None) -> None:
        """Look at the key by that time, unless it is looked at before anyway."""
        known = self._times.get(key)
        if when is not None and (known is None or when < known):
            self.set(key, when)

    def pop_due(self) -> list[K]:
        """Take the keys whose time has come."""
        due = []
        now = self._now()
        while self._heap and self._heap[0][0] <= now:
            when, _, key = heapq.heappop(self._heap)
            if self._times.get(key) == when:
                del self._times[key]
                due.append(key)
        return due

    async def run(self) -> None:
        """Announce due keys until cancelled."""
        while True:
            for key in self.pop_due():
                self._due(key)
            self._changed.clear()
            try:
                async with asyncio.timeout(self._pause()):  # wait_for may lose a cancellation
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _pause(self) -> float:
        if not self._heap:
            return LONGEST_SLEEP_SECONDS
        left = (self._heap[0][0] - self._now()).total_seconds()
        return min(LONGEST_SLEEP_SECONDS, max(0.0, left))
