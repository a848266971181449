"""Work in the background of one loop: ended with its owner, and never failing unnoticed."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeAlias

log = logging.getLogger(__name__)

Task: TypeAlias = "asyncio.Task[Any]"


class Tasks:
    """Holds on to what it began until that is over."""

    def __init__(self) -> None:
        self._running: set[Task] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> Task:
        """Begin; a failure is logged, since nobody waits for the result."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    async def close(self) -> None:
        """Cancel what is not over, and wait for that."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _done(self, task: Task) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("work in the background failed", exc_info=task.exception())
