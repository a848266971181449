"""Walk the graph once for each entity, some at a time; one that fails does not stop the others."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from sluice_core import plain, wire
from sluice_runner.engine.job import Job, Tools
from sluice_runner.engine.traversal import StepEnded, Traversal, Walk

FAILURES_SHOWN = 100
MESSAGE_BYTES = 200
PROGRESS_SECONDS = 0.5


@dataclass
class Tally:
    """How many entities are through, and why the first of those that failed did."""

    left: list[str]
    total: int
    completed: int = 0
    failed: int = 0
    failures: list[JsonValue] = field(default_factory=list)
    told_at: float = float("-inf")

    @classmethod
    def of(cls, job: Job) -> "Tally":
        """What is left to do; what an earlier attempt was through with counts as it ended."""
        known = {finished.entity: finished for finished in job.finished_entities}
        named = list(dict.fromkeys(job.entities))
        tally = cls(left=[name for name in named if name not in known], total=len(named))
        for name in named:
            if name in known:
                tally.add(name, known[name].error)
        return tally

    def add(self, entity: str, error: wire.StepError | None) -> None:
        """One more is through."""
        if error is None:
            self.completed += 1
            return
        self.failed += 1
        if len(self.failures) < FAILURES_SHOWN:
            message = plain.cut(error.message, MESSAGE_BYTES)
            self.failures.append({"entity": entity, "message": message})

    @property
    def output(self) -> JsonValue:
        """The run's output."""
        return {
            "total": self.total,
            "completed": self.completed,
            "failed": self.failed,
            "failures": self.failures,
        }

    @property
    def message(self) -> str:
        """How many failed, and the first of them."""
        said = f"{self.failed} of {self.total} entities failed"
        match self.failures:
            case [{"entity": entity, "message": message}, *_]:
                return f"{said}; {entity}: {message}"
            case _:
                return said

    @property
    def progress(self) -> wire.Progress:
        """For the run's status."""
        return wire.Progress(total=self.total, completed=self.completed, failed=self.failed)


async def run(walk: Walk, tally: Tally, tools: Tools) -> None:
    """Work through what is left. All entities together have the parallelism of one run."""
    workers = max(1, min(walk.parallelism, len(tally.left)))
    each = replace(walk, parallelism=max(1, walk.parallelism // workers))
    left = iter(tally.left)
    tools.emit(tally.progress)
    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(_worker(left, each, tally, tools))
    tools.emit(tally.progress)


async def _worker(left: Iterator[str], walk: Walk, tally: Tally, tools: Tools) -> None:
    for entity in left:
        error = await _one(replace(walk, entity=entity), _quiet(entity, tools))
        tally.add(entity, error)
        phase: wire.EndPhase = "Failed" if error else "Succeeded"
        tools.emit(wire.EntityFinished(entity=entity, phase=phase, error=error))
        if tools.monotonic() - tally.told_at >= PROGRESS_SECONDS:
            tally.told_at = tools.monotonic()
            tools.emit(tally.progress)


async def _one(walk: Walk, tools: Tools) -> wire.StepError | None:
    try:
        await Traversal(walk, tools).run()
    except StepEnded as ended:
        return ended.error.model_copy(update={"message": str(ended)})
    return None


def _quiet(entity: str, tools: Tools) -> Tools:
    """Of the steps of ten thousand entities only the logs are told."""
    emit: Callable[[wire.Happening], None] = tools.emit

    def told(happening: wire.Happening) -> None:
        if isinstance(happening, wire.Log):
            step = f"{happening.step}[{entity}]"
            emit(happening.model_copy(update={"step": step}))

    return replace(tools, emit=told)
