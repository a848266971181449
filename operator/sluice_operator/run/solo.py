"""Runs with a pod of their own: asked for once an attempt, taken away when not needed."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from sluice_operator.run.observed import Flow, Name, Run
from sluice_operator.run.reconcile import Wait
from sluice_operator.run.refusals import Refusals
from sluice_operator.run.tasks import Tasks

AGAIN_SECONDS = 5.0
COMING = Wait("WaitingForRunner", "the run's own pod is not up yet")


class Refused(Exception):  # noqa: N818 - what the API server did
    """The pod cannot be had now; the message says why, and it is asked for again."""


class Over(Exception):  # noqa: N818 - what became of it
    """The attempt had a pod, and that has ended."""


class Pods(Protocol):
    """Makes pods for one run."""

    async def make(self, run: Run) -> None:
        """Have a pod made for the run's attempt, unless it was; raises Refused, Over."""

    async def remove(self, run: Run, attempt: int) -> None:
        """Have it taken away, if it is there."""


class Solo:
    """Knows for which attempt of which run a pod was asked."""

    def __init__(
        self,
        pods: Pods,
        tasks: Tasks,
        *,
        changed: Callable[[Name], None],
        lose: Callable[[Run], None],
    ) -> None:
        self._pods, self._tasks, self._lose = pods, tasks, lose
        self.refusals = Refusals(changed)
        self._asked: dict[str, int] = {}
        self._count: Counter[Name] = Counter()

    def want(self, run: Run, flow: Flow) -> Wait:
        """The run may go: have a pod made for it. Answers what it waits for."""
        if run.uid not in self._asked:
            if flow.most_pods is not None and self._count[run.workflow] >= flow.most_pods:
                message = f"runner.maxReplicas is {flow.most_pods}, and so many runs have pods"
                return Wait("Queued", message)
            self._count[run.workflow] += 1
        if self._asked.get(run.uid) != run.attempt:
            self._leave(run)
            self._asked[run.uid] = run.attempt
            self._tasks.spawn(self._make(run, run.attempt))
        refused = self.refusals.of(run) or flow.failure
        return Wait("RunnerFailed", refused) if refused else COMING

    def waits(self, run: Run) -> bool:
        """Whether it waits for a pod that was asked for."""
        return run.pod is None and not run.ending and self._asked.get(run.uid) == run.attempt

    def over(self, run: Run, *, told: bool) -> None:
        """The run has ended; `told` by its runner, which then ends by itself."""
        asked = self._leave(run)
        if asked is None:
            return
        self._count[run.workflow] -= 1
        if not self._count[run.workflow]:
            del self._count[run.workflow]
        if not told:
            self._tasks.spawn(self._pods.remove(run, asked))

    def _leave(self, run: Run) -> int | None:
        """Nobody waits for the pod of an attempt that was asked for; answers which."""
        asked = self._asked.pop(run.uid, None)
        if asked is not None:
            self.refusals.forget(run, asked)
        return asked

    async def _make(self, run: Run, attempt: int) -> None:
        while self._asked.get(run.uid) == attempt and not run.ending:
            try:
                await self._pods.make(run)
            except Refused as error:
                self.refusals.note(run, str(error))
                await asyncio.sleep(AGAIN_SECONDS)
            except Over:
                if self.waits(run):
                    self._lose(run)
                return
            else:
                self.refusals.expect(run)
                return
