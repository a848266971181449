"""Walk the graph once: begin what may begin, as much at a time as allowed, until all has ended."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import JsonValue

from sluice_core import graph, wire
from sluice_core.api.steps import Step
from sluice_runner.engine import memory, report, scope, step
from sluice_runner.engine.frontier import Decision, Frontier
from sluice_runner.engine.job import Job, Tools
from sluice_runner.engine.outcome import OFFERED, SKIPPED, Outcome
from sluice_runner.engine.plan import Plan
from sluice_runner.engine.report import Report
from sluice_runner.engine.toolbox import Toolbox


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What is walked: a run, or one entity of it; `known` steps ended in an earlier attempt."""

    job: Job
    plan: Plan
    ends_at: float
    parallelism: int
    known: Mapping[str, Outcome] = field(default_factory=dict)
    entity: str | None = None

    def knowing(self, known: Mapping[str, Outcome]) -> "Walk":
        """The same walk with steps that need not be repeated."""
        return replace(self, known=known)


class StepEnded(Exception):  # noqa: N818 - what ended the walk
    """A step failed whose failure ends the run."""

    def __init__(self, name: str, error: wire.StepError) -> None:
        super().__init__(f"step {name}: {error.message}")
        self.name = name
        self.error = error


class Traversal:
    """State of one walk; `cut_off` are the steps that were at work when it was cancelled."""

    def __init__(self, walk: Walk, tools: Tools) -> None:
        self._walk = walk
        self._tools = tools
        self._graph = walk.plan.graph
        self._frontier = Frontier(self._graph)
        self._memory = memory.Memory(walk.plan.uses, self._graph)
        self._shared = scope.of_run(walk.job, tools, walk.entity)
        self._toolbox = Toolbox(walk.plan.steps, self._call, tools)
        self._ready: deque[Step] = deque()
        self._workers = 0
        self.cut_off: list[str] = []
        self._failure: StepEnded | None = None

    async def run(self) -> JsonValue:
        """The output of the last steps; StepEnded if one of them ended the walk.

        What was running when a step failed is let finish: its effects are known then.
        """
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                self._take_in(self._frontier.begin())
                self._hire()
        finally:
            self._toolbox.tell()
        if self._failure is not None:
            raise self._failure
        return self._memory.result(self._frontier.last())

    def _take_in(self, decisions: Iterable[Decision]) -> None:
        """Queue what may run; what is skipped, or has ended before, settles at once."""
        pending = deque(decisions)
        while pending:
            decision = pending.popleft()
            outcome = self._walk.known.get(decision.step)
            if decision.verdict == "Run" and decision.step in self._graph.tools:
                self._toolbox.offer(decision.step)
                outcome = OFFERED
            if outcome is None and decision.verdict == "Run":
                self._ready.append(self._walk.plan.steps[decision.step])
                continue
            if outcome is None:
                outcome = SKIPPED
                self._tell(decision.step, Report(outcome=SKIPPED), self._now_ms(), 0.0)
            size = 0 if outcome.output is None else report.weight(outcome.output)
            pending.extend(self._settle(decision.step, outcome, size))

    def _settle(self, name: str, outcome: Outcome, size: int) -> list[Decision]:
        self._memory.keep(name, outcome, size)
        return self._frontier.settle(name, outcome.port)

    def _hire(self) -> None:
        for _ in range(min(len(self._ready), self._walk.parallelism - self._workers)):
            self._workers += 1
            self._group.create_task(self._work())

    async def _work(self) -> None:
        """One step after another: a chain of steps is one task."""
        while self._ready and self._failure is None:
            current = self._ready.popleft()
            await self._step(current)
            if len(self._ready) > 1:
                self._hire()
            await asyncio.sleep(0)  # steps that wait for nothing must not hold the loop
        self._workers -= 1

    async def _step(self, current: Step) -> None:
        name, started, began = current.name, self._now_ms(), self._tools.monotonic()
        if current.enabled:
            self._tools.emit(wire.StepStarted(step=name))
        try:
            ended = await self._report(current)
        except asyncio.CancelledError:
            cancelled = Report(outcome=Outcome(phase="Cancelled"))
            self._tell(name, cancelled, started, self._since(began))
            self.cut_off.append(name)
            raise
        self._tell(name, ended, started, self._since(began))
        outcome = ended.outcome
        if outcome.phase == "Failed" and outcome.port is None and outcome.error is not None:
            self._failure = self._failure or StepEnded(name, outcome.error)
            return
        try:
            self._take_in(self._settle(name, outcome, ended.size))
        except memory.TooLarge as error:
            self._failure = StepEnded(name, error.as_step_error())

    async def _report(self, current: Step) -> Report:
        job, entity = self._walk.job, self._walk.entity
        key = [job.uid, entity, current.name] if entity is not None else [job.uid, current.name]
        work = self._assignment(current, "/".join(key))
        return await step.run(work, self._scope(current.name), self._tools)

    async def _call(self, name: str, key: str, arguments: JsonValue) -> Report:
        """Carry out a step as the tool of another."""
        work = self._assignment(self._walk.plan.steps[name], key)
        return await step.run(work, {**self._scope(name), "data": arguments}, self._tools)

    def _scope(self, name: str) -> dict[str, Any]:
        outcomes = self._memory.outcomes
        return scope.of_step(name, self._graph, outcomes, self._shared, self._tools)

    def _assignment(self, current: Step, key: str) -> step.Assignment:
        job, name = self._walk.job, current.name
        tools = self._graph.through(name, graph.TOOLS)
        return step.Assignment(
            step=current,
            action=self._walk.plan.actions[name],
            key=key,
            retries=job.trigger.get("type") != "Test",
            ends_at=self._walk.ends_at,
            chain=(*job.ancestors, job.workflow),
            ai=scope.ai_of(name, self._graph, self._memory.outcomes),
            tools=lambda caller: self._toolbox.of(tools, caller),
        )

    def _tell(self, name: str, ended: Report, started: int, duration_ms: float) -> None:
        self._tools.emit(ended.event(name, started, duration_ms))

    def _since(self, began: float) -> float:
        return (self._tools.monotonic() - began) * 1000

    def _now_ms(self) -> int:
        return int(self._tools.now().timestamp() * 1000)
