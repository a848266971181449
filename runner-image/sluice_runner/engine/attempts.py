"""Try a step's action until it succeeds, its retries are used up, or its failure is final."""

from dataclasses import dataclass

from pydantic import JsonValue

from sluice_core.api.steps import Step, StepRetry
from sluice_runner.actions.action import Action, Context, Done, StepFailed
from sluice_runner.engine import backoff, failing
from sluice_runner.engine.credential import filled
from sluice_runner.engine.job import Tools
from sluice_runner.engine.scope import Scope


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing to be done: a step, or a step for one item."""

    step: Step
    action: Action
    context: Context
    retry: StepRetry
    ends_at: float  # of the run, on the monotonic clock


@dataclass(frozen=True, kw_only=True)
class Success:
    """What came of it, in how many attempts, and what `with` had become."""

    done: Done
    config: JsonValue
    attempts: int


class Exhausted(Exception):  # noqa: N818 - what happened to the attempts
    """No attempt succeeded; holds the last failure."""

    def __init__(self, failed: StepFailed, attempts: int) -> None:
        super().__init__(failed.message)
        self.failed = failed
        self.attempts = attempts


async def until_success(task: Task, scope: Scope, tools: Tools) -> Success:
    """The first attempt that succeeds; Exhausted when none does."""
    attempt = 1
    while True:
        try:
            config = await failing.rendered(tools.renderer, task.step.with_, scope, "with")
            used = task.context.credential()
            given = failing.params(task.action, filled(config, task.action.type, used))
            seconds = task.step.timeout_seconds or task.action.type.timeout_seconds
            done = await failing.done(task.action, given, task.context, seconds)
            return Success(done=done, config=config, attempts=attempt)
        except StepFailed as failed:
            pause = _pause(task, failed, attempt, tools)
            if pause is None:
                raise Exhausted(failed, attempt) from failed
        await tools.sleep(pause)
        attempt += 1


def _pause(task: Task, failed: StepFailed, attempt: int, tools: Tools) -> float | None:
    """Seconds until the next attempt; None where there is none."""
    if failed.failure not in task.retry.failures or attempt > task.retry.limit:
        return None
    if task.action.type.is_own and failed.failure not in task.action.type.failures:
        return None  # its author says that a repetition does harm
    pause = backoff.seconds(task.retry, attempt, failed.retry_after_seconds, tools.random)
    return pause if tools.monotonic() + pause < task.ends_at else None
