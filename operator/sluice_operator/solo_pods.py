"""Pods for single runs, as dispatch asks for them and the room of workflows makes them."""

import asyncio
from collections.abc import Callable

from sluice_kube.session import Session
from sluice_operator.run.insisting import Insisting
from sluice_operator.run.observed import Name, Run
from sluice_operator.run.solo import Over, Refused
from sluice_operator.workflow import jobs
from sluice_operator.workflow.observed import Observed, RunAttempt

PAUSE_SECONDS = 0.1
TRIES = 50


class SoloPods:
    """`observe` is a workflow as it is now, None where there is none that can be read."""

    def __init__(
        self,
        session: Session,
        observe: Callable[[Name], Observed | None],
        leading: Callable[[], bool],
    ) -> None:
        self._session, self._observe, self._leading = session, observe, leading
        self._insist = Insisting(leading)

    async def make(self, run: Run) -> None:
        """Have a pod made for the run's attempt, unless it was; raises Refused, Over."""
        for _ in range(TRIES):
            seen = self._observe(run.workflow)
            if seen is not None and self._leading():
                try:
                    return await jobs.make(self._session, seen, _attempt(run, run.attempt))
                except jobs.NotMade as error:
                    raise Refused(str(error)) from error
                except jobs.Ended as error:
                    raise Over from error
                except jobs.NotYet:
                    pass
            await asyncio.sleep(PAUSE_SECONDS)
        raise Refused("what its pod needs is not made yet: see the conditions of the workflow")

    async def remove(self, run: Run, attempt: int) -> None:
        """Have it taken away, if it is there."""
        gone = _attempt(run, attempt)
        await self._insist(
            lambda: jobs.remove(self._session, run.name.namespace, gone), writes=True
        )


def _attempt(run: Run, number: int) -> RunAttempt:
    return RunAttempt(name=run.name.name, uid=run.uid, attempt=number)
