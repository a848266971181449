"""Keys that a room has to look at, one after the other, and only while this replica leads."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from sluice_operator.workqueue import WorkQueue

K = TypeVar("K", bound=Hashable)


class NotLeading(Exception):  # noqa: N818 - a state, not a fault
    """Nothing is written while the Lease is not renewed."""


class Looking(Generic[K]):
    """A work queue in front of a room's `look`."""

    def __init__(
        self,
        look: Callable[[K], Awaitable[None]],
        leading: Callable[[], bool],
        *,
        workers: int = 32,
    ) -> None:
        self._room_looks, self._leading = look, leading
        self._queue: WorkQueue[K] = WorkQueue(self._look, workers=workers)

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, key: K) -> None:
        """Look at it soon."""
        self._queue.add(key)

    def add_first(self, key: K) -> None:
        """Look at it before all others."""
        self._queue.add_first(key)

    async def run(self) -> None:
        """Until cancelled."""
        await self._queue.run()

    async def _look(self, key: K) -> None:
        if not self._leading():
            raise NotLeading(f"{key} is looked at again once the Lease is renewed")
        await self._room_looks(key)
