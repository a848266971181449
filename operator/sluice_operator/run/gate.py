"""Let waiting runs through as their workflow's concurrency has it, knowing when others began."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sluice_core import spacing
from sluice_core.api.workflow import Concurrency
from sluice_operator.run import concurrency
from sluice_operator.run.concurrency import Begin, Verdict
from sluice_operator.run.observed import Flow, Name, Run
from sluice_operator.run.reconcile import Wait
from sluice_operator.run.tasks import Tasks

REMEMBERED = 100_000  # keys of one workflow; the oldest go first
ADOPTING = Wait("Adopting", "waiting for runners to say which runs they hold")
READING = Wait("Pending", "reading when runs of the workflow began")


@dataclass
class _Past:
    """The last begin of each key, of runs that are over; `rule` is what they were keyed by."""

    rule: Concurrency
    last: dict[str, Begin] = field(default_factory=dict)
    read: bool = False

    def note(self, spec: Any, begin: Begin) -> None:
        key = spacing.key(spec, self.rule)
        self.last[key] = max(begin, self.last.get(key, begin))
        if len(self.last) > REMEMBERED:
            newest = sorted(self.last.items(), key=lambda one: one[1])
            self.last = dict(newest[-REMEMBERED // 2 :])


class Gate:
    """Remembers only of workflows with an interval; after a restart the kept runs tell."""

    def __init__(
        self,
        ended: Callable[[Name], Awaitable[list[dict[str, Any]]]],
        changed: Callable[[Name], None],
        tasks: Tasks,
    ) -> None:
        self._ended, self._changed, self._tasks = ended, changed, tasks
        self._past: dict[Name, _Past] = {}

    def judge(self, name: Name, flow: Flow, known: Iterable[Run], ready: Iterable[Run]) -> Verdict:
        """`known` are all undecided runs of the workflow, `ready` those that could go now."""
        if concurrency.is_free(flow.concurrency) and not flow.schedules:
            return Verdict()
        runs = list(known)
        placed = [run for run in runs if _has_place(run)]
        taken = {run.uid for run in placed}
        new = [run for run in ready if run.uid not in taken]
        if any(run.blocked_by for run in runs):
            return Verdict({run.uid: ADOPTING for run in new})
        first = concurrency.by_schedule(placed, new, flow.schedules)
        passed = [run for run in new if run.uid not in first.held]
        second = self._by_workflow(name, flow.concurrency, placed, passed)
        return Verdict({**first.held, **second.held}, {**first.replaced, **second.replaced})

    def _by_workflow(
        self, flow: Name, rule: Concurrency, placed: list[Run], new: list[Run]
    ) -> Verdict:
        past = self._remembered(flow, rule) if rule.min_interval_seconds else _Past(rule, read=True)
        if not past.read:
            return Verdict({run.uid: READING for run in new})
        return concurrency.judge(placed, new, rule, past.last)

    def over(self, run: Run) -> None:
        """A run has ended or is gone."""
        past = self._past.get(run.workflow)
        if past is not None and run.begun:
            past.note(run.spec, concurrency.begin(run))

    def _remembered(self, flow: Name, rule: Concurrency) -> _Past:
        past = self._past.get(flow)
        if past is None or past.rule.key != rule.key:
            past = self._past[flow] = _Past(rule)
            self._tasks.spawn(self._read(flow, past))
        return past

    async def _read(self, flow: Name, past: _Past) -> None:
        for manifest in await self._ended(flow):
            if "startTime" in manifest["status"]:
                meta = manifest["metadata"]
                past.note(manifest["spec"], Begin(meta["creationTimestamp"], meta["name"]))
        past.read = True
        self._changed(flow)


def _has_place(run: Run) -> bool:
    """One that fails and is to be tried again keeps its place."""
    return (run.begun or run.admitted) and run.record.ended is None
