"""The resource triggers of all workflows at work: the room, its queue, its watches."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sluice_core.api.workflow import Workflow
from sluice_kube.resources import Key
from sluice_kube.session import Session
from sluice_operator.deadlines import Deadlines
from sluice_operator.resource.access import Problem
from sluice_operator.resource.observed import Kind, read
from sluice_operator.resource.room import Ledger, Ports, Room
from sluice_operator.workqueue import WorkQueue


@dataclass(frozen=True, kw_only=True)
class Outside:
    """`told` hears what keeps triggers from being watched, `gone` of a workflow that is deleted."""

    session: Session
    listed: Collection[Kind]
    ledger: Ledger
    told: Callable[[Key, tuple[Problem, ...]], None]
    gone: Callable[[Key, str], None]
    leading: Callable[[], bool]
    now: Callable[[], datetime]


class ResourceTriggers:
    """Sees all workflows, and watches the objects that their triggers name."""

    def __init__(self, outside: Outside) -> None:
        self._queue: WorkQueue[Key] = WorkQueue(self._look)
        self._deadlines: Deadlines[Key] = Deadlines(self._queue.add, outside.now)
        self._room = Room(
            Ports(
                session=outside.session,
                listed=outside.listed,
                ledger=outside.ledger,
                look=self._queue.add,
                wake=self._deadlines.set,
                told=outside.told,
                gone=outside.gone,
                leading=outside.leading,
                now=outside.now,
            )
        )

    async def run(self) -> None:
        """Watch, and set runs off, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._room.watches.start(tasks)
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
