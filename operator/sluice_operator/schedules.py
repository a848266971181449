"""The schedules of all workflows at work: the room, its queue, and the times to look again."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from sluice_core.api.workflow import Workflow
from sluice_kube.resources import Key
from sluice_kube.session import Session
from sluice_operator.deadlines import Deadlines
from sluice_operator.schedule.observed import read
from sluice_operator.schedule.room import Ledger, Ports, Room
from sluice_operator.workqueue import WorkQueue

AT_ONCE = 64  # workflows whose runs are made at the same time


class Schedules:
    """`gone` is told of a workflow that is deleted, `refused` why a run is not made."""

    def __init__(
        self,
        session: Session,
        ledger: Ledger,
        gone: Callable[[Key, str], None],
        refused: Callable[[Key, str, str], None],
        leading: Callable[[], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._queue: WorkQueue[Key] = WorkQueue(self._look, workers=AT_ONCE)
        self._deadlines: Deadlines[Key] = Deadlines(self._queue.add, now)
        self._room = Room(
            Ports(
                session=session,
                ledger=ledger,
                wake=self._deadlines.set,
                gone=gone,
                refused=refused,
                leading=leading,
                now=now,
            )
        )

    async def run(self) -> None:
        """Set runs off until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._queue.run())
            tasks.create_task(self._deadlines.run())

    def see(self, workflow: Workflow, *, valid: bool) -> None:
        """A workflow as it is now."""
        seen = read(workflow, valid=valid)
        if self._room.see(seen):
            self._queue.add(Key(seen.namespace, seen.name))

    def forget(self, key: Key) -> None:
        """There is no such workflow any more."""
        self._room.forget(key)

    async def _look(self, key: Key) -> None:
        await self._room.look(key)
