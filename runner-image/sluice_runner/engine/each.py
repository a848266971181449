"""forEach: a step once for each item of a list, some at a time, results in the list's order."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from pydantic import JsonValue

from sluice_core import plain
from sluice_core.api.steps import Step
from sluice_runner.actions.action import StepFailed
from sluice_runner.engine import failing
from sluice_runner.engine.attempts import Exhausted
from sluice_runner.engine.report import Report

ITEMS = 10_000
OUTPUT_BYTES = 64 * plain.MIB

Work = Callable[[int, JsonValue], Awaitable[Report]]


def items_of(value: JsonValue) -> list[JsonValue]:
    """The list to go through; StepFailed where there is none, or too long a one."""
    if not isinstance(value, list):
        raise failing.permanent("NotAList", f"forEach.in: gives {_word(value)}, not a list")
    if len(value) > ITEMS:
        raise failing.permanent(
            "TooLarge", f"forEach.in: {len(value)} items; at most {ITEMS} are allowed"
        )
    return value


@dataclass
class _Results:
    """What is known so far; `failures` by the item's index."""

    outputs: list[JsonValue]
    size: int = 2
    attempts: int = 1
    failures: dict[int, StepFailed] = field(default_factory=dict)

    def add(self, index: int, report: Report) -> None:
        self.attempts = max(self.attempts, report.attempts)
        if self.size + report.size > OUTPUT_BYTES:
            limit = OUTPUT_BYTES // plain.MIB
            self.failures[index] = failing.permanent("TooLarge", f"results over {limit} MiB")
            return
        self.outputs[index] = report.outcome.output
        self.size += report.size + 1


async def run(step: Step, items: list[JsonValue], parallelism: int, work: Work) -> "Results":
    """Work through the items. With onFailure Fail none is begun after one has failed."""
    results = _Results([None] * len(items))
    left = iter(enumerate(items))
    async with asyncio.TaskGroup() as group:
        for _ in range(min(parallelism, len(items))):
            group.create_task(_worker(step, left, results, work))
    return Results(
        outputs=results.outputs,
        attempts=results.attempts,
        failures=dict(sorted(results.failures.items())),
    )


@dataclass(frozen=True, kw_only=True)
class Results:
    """Outputs in the order of the items; null where an item failed or was not begun."""

    outputs: list[JsonValue]
    attempts: int
    failures: dict[int, StepFailed]

    @property
    def failure(self) -> StepFailed | None:
        """The step's failure: that of the first item that failed, and how many did."""
        if not self.failures:
            return None
        index, first = next(iter(self.failures.items()))
        count = f"{len(self.failures)} of {len(self.outputs)} items failed; "
        return StepFailed(first.failure, first.reason, f"{count}item {index}: {first.message}")

    @property
    def summary(self) -> JsonValue:
        """Numbers for people, and which items failed and why."""
        failed: list[JsonValue] = [
            {"item": index, "reason": error.reason, "message": plain.cut(error.message, 200)}
            for index, error in list(self.failures.items())[:10]
        ]
        return {"items": len(self.outputs), "failed": len(self.failures), "errors": failed}


async def _worker(
    step: Step, left: Iterator[tuple[int, JsonValue]], results: _Results, work: Work
) -> None:
    for index, item in left:
        try:
            results.add(index, await work(index, item))
        except Exhausted as exhausted:
            results.failures[index] = exhausted.failed
            results.attempts = max(results.attempts, exhausted.attempts)
        except StepFailed as failed:
            results.failures[index] = failed
        if results.failures and step.on_failure == "Fail":
            return
        await asyncio.sleep(0)  # a list of a thousand constants must not hold the loop


def _word(value: JsonValue) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case dict():
            return "an object"
        case str():
            return "text"
        case _:
            return "a number"
