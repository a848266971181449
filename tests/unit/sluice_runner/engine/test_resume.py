import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice_core import wire
from sluice_core.wire import FinishedStep
from sluice_runner.actions.action import Action, Context, Done
from sluice_runner.engine import Job, execute
from testkit.runs import World, a_condition, a_constant, a_job, an_action

A_DONE = FinishedStep(name="a", phase="Succeeded", port="output", output=5)


async def test_a_step_that_has_ended_is_not_repeated() -> None:
    world = World()

    end = await world.run(
        a_job(a_constant("a", 1), a_constant("b", "{{ data }}"), finished=(A_DONE,))
    )

    assert world.begun == ["b"]
    assert end.output == 5


STANDS: dict[str, tuple[FinishedStep, dict[str, Any], list[str]]] = {
    "a success stands": (A_DONE, {}, ["b"]),
    "a skipped step stands, and what needs it alone": (
        FinishedStep(name="a", phase="Skipped"), {}, [],
    ),
    "a failure that the graph went on after stands": (
        FinishedStep(name="a", phase="Failed", port="error"), {"onFailure": "Continue"}, ["b"],
    ),
    "a failure that ended the run is tried again": (
        FinishedStep(name="a", phase="Failed"), {}, ["a", "b"],
    ),
    "a cancelled step is tried again": (FinishedStep(name="a", phase="Cancelled"), {}, ["a", "b"]),
    "a step that is not there any more is nothing": (
        FinishedStep(name="gone", phase="Succeeded", port="output"), {}, ["a", "b"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("done", "fields", "begun"), STANDS.values(), ids=STANDS)
async def test_what_stands(done: FinishedStep, fields: dict[str, Any], begun: list[str]) -> None:
    world = World()

    await world.run(a_job(a_constant("a", 1, **fields), a_constant("b", 2), finished=(done,)))

    assert world.begun == begun


LOST = FinishedStep(name="a", phase="Succeeded", port="output", truncated=True)
READS, READS_NOT = a_constant("b", "{{ data }}"), a_constant("b", 2)


def giving(*, repeatable: bool) -> Action:
    async def give(_params: Any, _context: Context) -> Done:
        return Done(output="again")

    return an_action("give", give, repeatable=repeatable)


LOSSES: dict[str, tuple[bool, dict[str, Any], list[str]]] = {
    "needed and repeatable: repeated": (True, READS, ["a", "b"]),
    "not needed: not repeated": (True, READS_NOT, ["b"]),
    "not needed and not repeatable: not repeated": (False, READS_NOT, ["b"]),
}


@pytest.mark.parametrize(("repeatable", "after", "begun"), LOSSES.values(), ids=LOSSES)
async def test_an_output_that_was_too_large_to_keep(
    repeatable: bool, after: dict[str, Any], begun: list[str]
) -> None:
    world = World(giving(repeatable=repeatable))

    end = await world.run(a_job({"name": "a", "action": "give"}, after, finished=(LOST,)))

    assert world.begun == begun
    assert end.phase == "Succeeded"


async def test_an_output_that_is_needed_and_gone_and_must_not_be_made_again() -> None:
    world = World(giving(repeatable=False))

    end = await world.run(a_job({"name": "a", "action": "give"}, READS, finished=(LOST,)))

    assert (end.phase, end.reason) == ("Failed", "OutputLost")
    assert end.message == (
        "step a: its output was too large to be kept, later steps need it, and give must not be "
        "repeated"
    )
    assert world.begun == []


async def test_a_step_is_no_more_repeatable_than_its_tools() -> None:
    async def ask(_params: Any, _context: Context) -> Done:
        return Done(output="again")

    agent = an_action("agent", ask, repeatable=True, accepts=frozenset({"tools"}))
    tool = {"name": "mail", "action": "give", "needs": []}
    caller = {"name": "a", "action": "agent", "needs": ["mail:tools"]}

    end = await World(giving(repeatable=False), agent).run(
        a_job(tool, caller, READS, finished=(LOST,))
    )

    assert end.reason == "OutputLost"


async def test_a_step_that_is_made_again_has_what_it_reads_made_again() -> None:
    first = {"name": "first", "action": "give"}
    a = a_constant("a", "{{ data }}!", needs=["first"])
    lost = [LOST, FinishedStep(name="first", phase="Succeeded", port="output", truncated=True)]
    world = World(giving(repeatable=True))

    end = await world.run(a_job(first, a, READS, finished=tuple(lost)))

    assert world.begun == ["first", "a", "b"]
    assert end.output == "again!"


def a_long_run(counts: Counter[str]) -> tuple[Action, list[dict[str, Any]]]:
    async def count(params: Any, context: Context) -> Done:
        counts[context.key] += 1
        await asyncio.sleep(0)
        return Done(output=params.v)

    steps = [
        {"name": "a", "action": "count", "with": {"v": 1}},
        {"name": "b", "action": "count", "needs": ["a"], "with": {"v": "{{ data + 1 }}"}},
        {"name": "c", "action": "count", "needs": ["a"], "with": {"v": "{{ data + 10 }}"}},
        a_condition("check", "{{ steps.b.output > 100 }}", needs=["b"]),
        {"name": "no", "action": "count", "needs": ["check.true"], "with": {"v": 0}},
        {"name": "yes", "action": "count", "needs": ["check.false", "c"],
         "with": {"v": "{{ data.c }}"}},
        a_constant("end", "{{ [steps.yes.output, steps.no.output, data] }}", needs=["yes", "no"]),
    ]  # fmt: skip
    return an_action("count", count), steps


class Died(Exception):  # noqa: N818 - what happened to the runner
    """The runner is gone in the middle of telling something."""


async def killed_after(events: int, job: Job, action: Action) -> list[wire.Happening]:
    """What was received of a run whose runner died."""
    world, received = World(action), []

    def emit(happening: wire.Happening) -> None:
        if len(received) == events:
            raise Died
        received.append(happening)

    try:
        await execute(job, world.tools(emit=emit))
    except* Died:
        pass
    return received


def finished(received: list[wire.Happening]) -> tuple[FinishedStep, ...]:
    return tuple(
        FinishedStep(name=e.step, phase=e.phase, port=e.port, output=e.output, error=e.error)
        for e in received
        if isinstance(e, wire.StepFinished)
    )


@settings(max_examples=60, deadline=None)
@given(events=st.integers(0, 14))
async def test_a_run_killed_at_any_event_and_resumed_ends_as_one_never_killed(events: int) -> None:
    counts: Counter[str] = Counter()
    action, steps = a_long_run(counts)
    received = await killed_after(events, a_job(*steps), action)
    known = finished(received)
    counts.clear()
    world = World(action)

    end = await world.run(a_job(*steps, attempt=2, finished=known))

    assert end.output == [11, None, {"yes": 11, "no": None}]
    assert not {f"u1/{step.name}" for step in known} & set(counts)
