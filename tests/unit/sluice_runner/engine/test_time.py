import asyncio
from typing import Any

import pytest

from sluice_core import wire
from sluice_core.wire import FailureClass
from sluice_runner.actions.action import Action, Context, Done, StepFailed
from sluice_runner.engine import Job, execute
from sluice_runner.engine.job import Tools
from testkit.runs import NOON, World, a_constant, a_job, an_action

RETRY = {"limit": 2, "backoffSeconds": 5, "factor": 3, "failures": ["Transient", "RateLimited"]}


def flaky(
    times: int, failure: FailureClass = "Transient", retry_after: float | None = None
) -> Action:
    left = times

    async def run(_params: Any, _context: Context) -> Done:
        nonlocal left
        if left:
            left -= 1
            raise StepFailed(failure, "Busy", "busy", retry_after)
        return Done(output="done")

    return an_action("flaky", run)


def hanging() -> Action:
    async def run(_params: Any, _context: Context) -> Done:
        await asyncio.Event().wait()
        return Done()

    return an_action("hang", run)


ATTEMPTS = {
    "succeeds at once": (flaky(0), "Succeeded", 1, []),
    "succeeds the third time": (flaky(2), "Succeeded", 3, [5, 15]),
    "its retries are used up": (flaky(3), "Failed", 3, [5, 15]),
    "not a failure to retry": (flaky(1, "Permanent"), "Failed", 1, []),
    "a class that is not listed": (flaky(1, "Timeout"), "Failed", 1, []),
    "the server says when": (flaky(1, "RateLimited", 60), "Succeeded", 2, [60]),
    "the server says after the end of the run": (flaky(1, "RateLimited", 9999), "Failed", 1, []),
}


@pytest.mark.parametrize(("action", "phase", "attempts", "pauses"), ATTEMPTS.values(), ids=ATTEMPTS)
async def test_retries(action: Action, phase: str, attempts: int, pauses: list[float]) -> None:
    world = World(action)

    await world.run(a_job({"name": "a", "action": "flaky", "retry": RETRY}))

    step = world.ended["a"]
    assert (step.phase, step.attempts, world.pauses) == (phase, attempts, pauses)


async def test_a_step_without_retry_is_tried_once() -> None:
    world = World(flaky(1))

    await world.run(a_job({"name": "a", "action": "flaky"}))

    assert world.ended["a"].attempts == 1


async def test_a_test_run_retries_nothing() -> None:
    world = World(flaky(1))

    await world.run(
        a_job({"name": "a", "action": "flaky", "retry": RETRY}, trigger={"type": "Test"})
    )

    assert (world.ended["a"].attempts, world.end.phase) == (1, "Failed")


async def test_a_step_that_takes_too_long_fails_with_its_limit() -> None:
    world = World(hanging())

    end = await asyncio.wait_for(
        world.run(a_job({"name": "a", "action": "hang", "timeoutSeconds": 1})), 5
    )

    error = world.ended["a"].error
    assert error is not None
    assert (error.failure, error.message) == ("Timeout", "took longer than 1 s")
    assert end.reason == "StepFailed"


async def test_each_attempt_has_its_own_time() -> None:
    step = {
        "name": "a",
        "action": "hang",
        "timeoutSeconds": 1,
        "retry": {**RETRY, "limit": 1, "failures": ["Timeout"]},
    }
    world = World(hanging())

    await asyncio.wait_for(world.run(a_job(step)), 5)

    assert world.ended["a"].attempts == 2


async def test_a_run_that_takes_too_long_ends_its_steps() -> None:
    world = World(hanging())
    job = a_job({"name": "a", "action": "hang"}, definition={"settings": {"timeoutSeconds": 1}})

    end = await asyncio.wait_for(world.run(job), 5)

    assert world.phases == {"a": "Cancelled"}
    assert (end.phase, end.reason) == ("Failed", "Timeout")
    assert (
        end.message
        == "the run took longer than settings.timeoutSeconds, 1 s, or its deadline; at work: a"
    )


async def test_a_deadline_that_has_passed_begins_nothing() -> None:
    past = int(NOON.timestamp() * 1000) - 1
    world = World()

    end = await world.run(a_job(a_constant("a", 1), deadline=past))

    assert (end.phase, end.reason) == ("Failed", "Timeout")
    assert world.begun == []


async def test_the_failed_attempt_after_which_no_time_is_left_is_the_last() -> None:
    soon = int(NOON.timestamp() * 1000) + 4000
    world = World(flaky(1))

    await world.run(a_job({"name": "a", "action": "flaky", "retry": RETRY}, deadline=soon))

    assert world.ended["a"].attempts == 1


class Waiting:
    """Lets a test cancel a run at the moment when it waits for something."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()

    async def __call__(self, *_: Any, **__: Any) -> Any:
        self.reached.set()
        await asyncio.Event().wait()

    async def render(self, *_: Any) -> Any:
        await self()


async def cancelled(world: World, job: Job, tools: Tools, reached: asyncio.Event) -> float:
    """How long it took to end, in seconds."""
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(execute(job, tools))
    await asyncio.wait_for(reached.wait(), 5)
    began = loop.time()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return loop.time() - began


@pytest.mark.parametrize("where", ["an action", "a template", "a wait", "a pause", "an item"])
async def test_cancel_reaches(where: str) -> None:
    waiting = Waiting()
    world = World(an_action("stuck", waiting), flaky(9))
    step, fields = {
        "an action": ({"action": "stuck"}, {}),
        "a template": ({"action": "log", "with": {"message": "{{ x }}"}}, {"renderer": waiting}),
        "a wait": ({"action": "wait", "with": {"seconds": 60}}, {"sleep": waiting}),
        "a pause": ({"action": "flaky", "retry": RETRY}, {"sleep": waiting}),
        "an item": ({"action": "stuck", "forEach": {"in": "{{ [1, 2] }}"}}, {}),
    }[where]

    seconds = await cancelled(
        world, a_job({"name": "a", **step}), world.tools(**fields), waiting.reached
    )

    assert seconds < 1
    assert world.phases == {"a": "Cancelled"}
    assert world.events[-1] == wire.Finished(
        phase="Cancelled", reason="Cancelled", message="cancelled"
    )
