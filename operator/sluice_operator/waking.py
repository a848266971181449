"""Look at a workflow again when its runs, or the time, would change the size of its runner."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar

from sluice_core.admission import Standing
from sluice_core.shared import shared
from sluice_operator.deadlines import Deadlines
from sluice_operator.workflow import lifecycle
from sluice_operator.workflow.lifecycle import Size
from sluice_operator.workflow.observed import Demand
from sluice_operator.workflow.situation import Situation

SETTLED_SECONDS = 0.2  # counting all runs of a workflow that is up has time

F = TypeVar("F", bound=tuple[str, str])


@dataclass(frozen=True, slots=True)
class _Decided:
    """The last decision about a workflow, and what it was made from."""

    situation: Situation
    size: Size


class Waking(Generic[F]):
    """Compares sizes, so that what changes none costs no look at the workflow."""

    def __init__(
        self,
        look: Callable[[F], None],
        demand: Callable[[F, Standing], Demand],
        now: Callable[[], datetime],
        settled: float = SETTLED_SECONDS,
    ) -> None:
        self._look, self._demand, self._now, self._settled = look, demand, now, settled
        self._decided: dict[F, _Decided] = {}
        self._fixed: set[F] = set()
        self._due: set[F] = set()
        self._deadlines: Deadlines[F] = Deadlines(self._compare, now)

    def decided(self, flow: F, situation: Situation, size: Size) -> None:
        """The workflow was looked at."""
        self.forget(flow)
        if lifecycle.is_fixed(situation):
            self._fixed.add(flow)
        else:
            self._decided[flow] = _Decided(situation, shared(size))
        self._deadlines.set(flow, size.recheck_at)

    def forget(self, flow: F) -> None:
        """There is nothing to decide about it."""
        self._decided.pop(flow, None)
        self._fixed.discard(flow)
        self._deadlines.set(flow, None)

    def changed(self, flow: F) -> None:
        """Its runs may want another size."""
        if flow in self._fixed or flow in self._due:
            return
        self._due.add(flow)
        before = self._decided.get(flow)
        is_up = before is not None and bool(before.size.replicas)
        asyncio.get_running_loop().call_later(self._settled if is_up else 0, self._compare, flow)

    def all_changed(self) -> None:
        """What is known of the runs of all workflows has changed."""
        for flow in list(self._decided):
            self.changed(flow)

    async def run(self) -> None:
        """Watch the time until cancelled."""
        await self._deadlines.run()

    def _compare(self, flow: F) -> None:
        self._due.discard(flow)
        before = self._decided.get(flow)
        if before is None:
            if flow not in self._fixed:
                self._look(flow)
            return
        seen = replace(
            before.situation,
            demand=self._demand(flow, before.situation.standing),
            shown=before.size.transition,
            now=self._now(),
        )
        size = lifecycle.decide(seen)
        same = seen.demand.spare == before.situation.demand.spare
        if same and _shown(size) == _shown(before.size):
            self._deadlines.sooner(flow, size.recheck_at)
        else:
            self._look(flow)


def _shown(size: Size) -> tuple[object, ...]:
    return size.replicas, size.keep, size.solo, size.reason, size.transition
