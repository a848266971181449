"""Count runs against the rates of their namespace's plan before they begin, many in one write."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable

from sluice_kube import errors
from sluice_operator.run.observed import Flow, Name, Run
from sluice_operator.run.ports import Parts
from sluice_operator.run.reconcile import End

log = logging.getLogger(__name__)

AT_ONCE = 100  # runs of one write
AGAIN_SECONDS = 1.0


class Meter:
    """What the gateway has counted is not counted again, nor what has begun."""

    def __init__(
        self, parts: Parts, end: Callable[[Run, End], None], changed: Callable[[Name], None]
    ) -> None:
        self._ports, self._tasks = parts.ports, parts.tasks
        self._end, self._changed = end, changed
        self._asked: defaultdict[str, dict[str, Run]] = defaultdict(dict)
        self._busy: set[str] = set()

    def counts(self, run: Run, flow: Flow | None) -> bool:
        """Whether the run is to be counted before it may begin; then it will be, soon."""
        if flow is None or not flow.rates or run.counted or run.begun:
            return False
        namespace = run.name.namespace
        self._asked[namespace][run.uid] = run
        if namespace not in self._busy:
            self._busy.add(namespace)
            self._tasks.spawn(self._count(namespace))
        return True

    async def _count(self, namespace: str) -> None:
        """All that have asked, the most urgent first."""
        try:
            while self._asked[namespace]:
                asked = sorted(self._asked[namespace].values(), key=lambda run: run.order)
                await self._count_some(namespace, asked[:AT_ONCE])
        finally:
            self._busy.discard(namespace)

    async def _count_some(self, namespace: str, runs: list[Run]) -> None:
        flow = self._ports.flow(runs[0].workflow)
        limits = flow.rates if flow is not None else ()
        ids = {_id(run): run for run in runs}
        try:
            if not self._ports.leading():
                raise errors.Unavailable(0, "NotLeading", "the Lease is not renewed")
            taken, going = await self._ports.counters.take_ids(namespace, limits, list(ids))
        except errors.ApiError as error:
            log.warning("counting runs of namespace %s: %s", namespace, error)
            await asyncio.sleep(AGAIN_SECONDS)
            return
        for id_, run in ids.items():
            self._asked[namespace].pop(run.uid, None)
            run.counted = id_ in going
            if not run.counted and not run.ending:
                self._end(run, End("Failed", "RateLimited", str(taken.full)))
        self._tell(runs)

    def _tell(self, runs: Iterable[Run]) -> None:
        for flow in {run.workflow for run in runs}:
            self._changed(flow)


def _id(run: Run) -> str:
    """Short, since hundreds of them are remembered."""
    return run.uid.replace("-", "")[:12]
