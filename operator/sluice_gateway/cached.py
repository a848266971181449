"""Remember answers for some seconds, and ask only once for what many want at the same time."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cached(Generic[K, V]):
    """At most `size` answers, the least recently used go first, none older than `seconds`.

    An answer's age counts from when it was asked for. Errors are not remembered.
    """

    def __init__(
        self, seconds: float, size: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._size, self._clock = seconds, size, clock
        self._known: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._asking: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        """What is known of `key`, or what `ask` answers; who goes away stops nobody else."""
        known = self._known.get(key)
        if known and self._clock() - known[0] < self._seconds:
            self._known.move_to_end(key)
            return known[1]
        task = self._asking.get(key)
        if task is None:
            task = asyncio.ensure_future(self._ask(key, ask))
            self._asking[key] = task
            task.add_done_callback(lambda ended: self._asked(key, ended))
        return await asyncio.shield(task)

    def forget(self, key: K) -> None:
        """It is known to have changed."""
        self._known.pop(key, None)

    def __len__(self) -> int:
        return len(self._known)

    async def _ask(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        asked_at = self._clock()
        answer = await ask()
        self._known[key] = (asked_at, answer)
        self._known.move_to_end(key)
        while len(self._known) > self._size:
            self._known.popitem(last=False)
        return answer

    def _asked(self, key: K, task: asyncio.Task[V]) -> None:
        del self._asking[key]
        if not task.cancelled():
            task.exception()  # looked at, so that an error nobody waited for is not reported
