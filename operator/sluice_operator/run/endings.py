"""How runs end, go on after a failure, or vanish; each end is stored before it is told."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sluice_operator.run import retry, status
from sluice_operator.run.children import Children
from sluice_operator.run.link import Link
from sluice_operator.run.observed import Name, Run
from sluice_operator.run.ports import Parts
from sluice_operator.run.reconcile import End


class Endings:
    """Takes runs out of the book, or gives them back for a further attempt."""

    def __init__(
        self,
        parts: Parts,
        children: Children,
        again: Callable[[Run], None],
        changed: Callable[[Name], None],
    ) -> None:
        self._ports, self._book, self._runners = parts.ports, parts.book, parts.runners
        self._showing, self._gate, self._tasks = parts.showing, parts.gate, parts.tasks
        self._solo = parts.solo
        self._children, self._again, self._changed = children, again, changed

    def finish(self, run: Run, link: Link) -> None:
        """The runner says that the attempt is over."""
        when = retry.next_attempt(run, self._ports.now(), self._ports.random())
        run.ending = True
        link.busy.discard(run.uid)
        if when is not None:
            self._tasks.spawn(self._try_again(run, link, when))
            return
        made = status.running(run, self._ports.now())
        self._tasks.spawn(self._store_end(run, made, link))
        self._changed(run.workflow)

    def end(self, run: Run, end: End) -> None:
        """It ends without its runner's word."""
        run.ending = True
        self._book.take(run)
        self._tasks.spawn(self._store_end(run, status.ended(run, end, self._ports.now()), None))

    async def look_again(self, run: Run) -> None:
        """A run that left the watch ended by other hands, or was deleted, perhaps both."""
        if await self._ports.exists(run):
            return
        self._showing.drop(run)
        link = None if run.ending else self._runners.link(run.pod)
        self._forget(run)
        if link is not None:
            await link.cancel(run.uid, run.attempt)

    async def _try_again(self, run: Run, link: Link, when: datetime) -> None:
        """The failure is stored first: until then only the runner knows the finished steps."""
        failed, run.waiting_for = run.attempt, retry.why(run, when)
        run.record.fail_attempt()
        run.attempt, run.retries, run.not_before = failed + 1, run.retries + 1, when
        await self._showing.end(run, status.waiting(run, self._ports.now()))
        link.acknowledge(run.uid, failed, run.through)
        run.ending = False
        if await self._ports.exists(run):
            self._again(run)
        else:
            self._forget(run)

    async def _store_end(self, run: Run, made: dict[str, Any], link: Link | None) -> None:
        self._book.end(run)
        await self._ports.tell(run, made)
        self._ports.ending(run, made)
        await self._showing.end(run, made)
        if link is not None:
            link.acknowledge(run.uid, run.attempt, run.through)
        self._solo.over(run, told=link is not None)
        self._gate.over(run)
        self._children.ended(run, made)
        self._book.forget(run)
        self._ports.ended(run, made, self._ports.now())
        self._changed(run.workflow)

    def _forget(self, run: Run) -> None:
        """It was deleted, or ended by other hands."""
        run.ending = True  # whoever still wants to tell its runner something stops
        self._solo.over(run, told=False)
        self._gate.over(run)
        self._children.gone(run)
        self._book.forget(run)
        self._changed(run.workflow)
