"""Carry out one step: its condition, its input mapping, its items, its action, its passthrough."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from pydantic import JsonValue

from sluice_core import plain, wire
from sluice_core.api.steps import Step, StepRetry
from sluice_core.catalog import OUTPUT
from sluice_runner.actions.action import Action, Context, Level, StepFailed, Tool
from sluice_runner.actions.condition import is_true
from sluice_runner.engine import attempts, credential, each, failing, report
from sluice_runner.engine.attempts import Exhausted, Task
from sluice_runner.engine.job import Tools
from sluice_runner.engine.outcome import SKIPPED, Outcome
from sluice_runner.engine.report import Report
from sluice_runner.engine.scope import Scope

LOG_BYTES = 8 * plain.KIB


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A step that may begin: `key` is its own over all attempts of the run.

    `tools` gives what the step, or an item of it, may call, under the key of who calls.
    """

    step: Step
    action: Action
    key: str
    retries: bool
    ends_at: float
    chain: tuple[str, ...]
    ai: JsonValue
    tools: Callable[[str], Mapping[str, Tool]]

    def task(self, tools: Tools, item: int | None = None) -> Task:
        """What is to be done for the step, or for one item."""
        retry = self.step.retry if self.retries else None
        return Task(
            step=self.step,
            action=self.action,
            context=self._context(tools, self.key if item is None else f"{self.key}/{item}"),
            retry=retry or NO_RETRY,
            ends_at=self.ends_at,
        )

    def _context(self, tools: Tools, key: str) -> Context:
        name = self.step.name
        return Context(
            key=key,
            http=tools.http,
            guard=tools.guard,
            credential=lambda: credential.read(self.step, self.action.type, tools),
            log=_log(name, tools),
            now=tools.now,
            sleep=tools.sleep,
            ask=lambda kind, body: tools.ask(name, kind, body),
            render=partial(failing.rendered, tools.renderer),
            timeout_seconds=self.step.timeout_seconds,
            documents=tools.documents,
            chain=self.chain,
            ai=self.ai,
            tools=self.tools(key),
        )


NO_RETRY = StepRetry(limit=0)


async def run(work: Assignment, scope: Scope, tools: Tools) -> Report:
    """Never raises but for cancellation: a failure is a report."""
    step = work.step
    if not step.enabled:
        return _passed_on(work, scope)
    try:
        seen = {**failing.mapped(step.inputs, scope, "inputs"), **scope}
        if not await _wanted(step, seen, tools):
            return Report(outcome=SKIPPED)
        if step.for_each is not None:
            return await _for_each(work, seen, tools)
        return await _once(work, work.task(tools), seen, tools)
    except Exhausted as exhausted:
        return report.of_failure(step, exhausted.failed, exhausted.attempts)
    except StepFailed as failed:
        return report.of_failure(step, failed)


def _passed_on(work: Assignment, scope: Scope) -> Report:
    """A step that is not enabled is left by its first port, as if it were not there."""
    output = scope["data"]
    first = work.action.type.ports_of(work.step.with_)[0]
    outcome = Outcome(phase="Skipped", port=first, output=output)
    return Report(outcome=outcome, size=report.weight(output))


async def _wanted(step: Step, scope: Scope, tools: Tools) -> bool:
    if step.when is None:
        return True
    return is_true(await failing.rendered(tools.renderer, step.when, scope, "when"))


async def _once(work: Assignment, task: Task, scope: Scope, tools: Tools) -> Report:
    success = await attempts.until_success(task, scope, tools)
    output = _with_passthrough(work.step, success.done.output, scope)
    return report.of_success(work.step, success, output)


async def _for_each(work: Assignment, scope: Scope, tools: Tools) -> Report:
    step, loop = work.step, work.step.for_each
    assert loop is not None  # noqa: S101 - the caller has looked
    listed = await failing.rendered(tools.renderer, loop.in_, scope, "forEach.in")

    async def one(index: int, item: JsonValue) -> Report:
        seen = {**scope, "item": item, loop.as_: item}
        return await _once(work, work.task(tools, index), seen, tools)

    results = await each.run(step, each.items_of(listed), loop.parallelism, one)
    outcome = Outcome(phase="Succeeded", port=OUTPUT)
    if (failure := results.failure) is not None:
        outcome = report.of_failure(step, failure).outcome
    return Report(
        outcome=replace(outcome, output=results.outputs),
        size=report.weight(results.outputs),
        attempts=results.attempts,
        result=results.summary,
    )


def _with_passthrough(step: Step, output: JsonValue, scope: Scope) -> JsonValue:
    """An output that is no object becomes the field `value` of one."""
    if not step.passthrough:
        return output
    extra = failing.mapped(step.passthrough, scope, "passthrough")
    if output is None:
        return extra
    return {**(output if isinstance(output, dict) else {"value": output}), **extra}


def _log(step: str, tools: Tools) -> Callable[[Level, str], None]:
    def log(level: Level, message: str) -> None:
        tools.emit(wire.Log(step=step, level=level, message=plain.cut(message, LOG_BYTES)))

    return log
