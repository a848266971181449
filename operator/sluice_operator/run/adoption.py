"""Agree with a runner about what it holds, after a change of leader or a broken connection."""

from collections.abc import Callable

from sluice_core import wire
from sluice_operator.run.link import Link
from sluice_operator.run.observed import Name, Run
from sluice_operator.run.ports import Parts
from sluice_operator.run.preparation import Preparation


class Adoption:
    """What a runner holds is adopted where that attempt counts, and ended where not."""

    def __init__(
        self,
        parts: Parts,
        preparation: Preparation,
        *,
        lose: Callable[[Run], None],
        again: Callable[[Run], None],
    ) -> None:
        self._book, self._tasks, self._preparation = parts.book, parts.tasks, preparation
        self._lose, self._again = lose, again

    def compare(self, link: Link, holdings: wire.Holdings, *, rebooted: bool) -> None:
        """Take over what goes on there; put back what it should hold and does not."""
        flow = Name(link.pod.namespace, link.pod.workflow)
        holding = {one.uid: one for one in holdings.runs}
        for run in self._book.of(flow):
            one = holding.get(run.uid)
            if one is not None and _is_current(run, link, one):
                self._adopt(run, link, one)
            elif run.pod == link.pod.uid and not run.ending and not link.is_flying(run.uid):
                self._missing(run, rebooted=rebooted)
            run.blocked_by.discard(link.pod.uid)
        for one in holding.values():
            self._disown(link, one)

    def _adopt(self, run: Run, link: Link, holding: wire.Holding) -> None:
        """The runner works on it, or has its end ready: take it from there."""
        if run.pod != link.pod.uid:
            run.through = 0
        self._book.take(run)
        run.pod, run.pod_name, run.attempt = link.pod.uid, link.pod.name, holding.attempt
        run.blocked_by.clear()
        if run.pinned is None:
            self._tasks.spawn(self._preparation.pin(run, holding.revision))
        if run.cancelled:
            self._tasks.spawn(link.cancel(run.uid, run.attempt))

    def _missing(self, run: Run, *, rebooted: bool) -> None:
        """It was handed over and is not there: it never arrived, or went with its container."""
        if rebooted and run.through:
            self._lose(run)
        else:
            self._again(run)

    def _disown(self, link: Link, holding: wire.Holding) -> None:
        """Nobody waits for this attempt: it was stored or deleted, or goes on elsewhere."""
        run = self._book.get(holding.uid)
        if run is not None and (run.pod == link.pod.uid and run.attempt == holding.attempt):
            return
        if holding.running:
            self._tasks.spawn(link.cancel(holding.uid, holding.attempt))


def _is_current(run: Run, link: Link, holding: wire.Holding) -> bool:
    """Whether what a runner holds is the attempt that counts.

    Before the runner was asked for the first time, any attempt is: the status may be older.
    """
    if run.ending or holding.attempt < run.status.get("attempt", 1):
        return False
    if link.pod.uid in run.blocked_by:
        return True
    return run.pod in (None, link.pod.uid) and run.attempt == holding.attempt
