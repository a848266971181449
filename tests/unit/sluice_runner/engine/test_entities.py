import asyncio
from typing import Any

from sluice_core import wire
from sluice_core.wire import EntityFinished, FinishedEntity, StepError
from sluice_runner.actions.action import Action, Context, Done, StepFailed
from sluice_runner.engine import Job
from testkit.runs import World, a_constant, a_job, an_action


def picky(seen: list[str]) -> Action:
    async def run(params: Any, context: Context) -> Done:
        seen.append(context.key)
        context.log("info", f"looked at {params.id}")
        await asyncio.sleep(0)
        if params.id.startswith("bad"):
            raise StepFailed("Permanent", "Bad", f"{params.id} is bad")
        return Done(output=params.id)

    return an_action("picky", run)


def a_run(*entities: str, **fields: Any) -> Job:
    step = {"name": "look", "action": "picky", "with": {"id": "{{ entity.id }}"}}
    definition = {"entityType": "order", **fields.pop("definition", {})}
    return a_job(step, entities=entities, definition=definition, **fields)


async def test_the_graph_runs_once_for_each_entity_with_a_key_of_its_own() -> None:
    seen: list[str] = []
    world = World(picky(seen))

    end = await world.run(a_run("o-1", "o-2"))

    assert sorted(seen) == ["u1/o-1/look", "u1/o-2/look"]
    assert (end.phase, end.output) == (
        "Succeeded",
        {"total": 2, "completed": 2, "failed": 0, "failures": []},
    )


async def test_one_that_fails_does_not_stop_the_others() -> None:
    world = World(picky([]))

    end = await world.run(a_run("bad-1", "o-1", "bad-2", "o-2"))

    assert (end.phase, end.reason) == ("Failed", "EntitiesFailed")
    assert end.message == "2 of 4 entities failed; bad-1: step look: bad-1 is bad"
    told = {e.entity: e.phase for e in world.events if isinstance(e, EntityFinished)}
    assert told == {"bad-1": "Failed", "o-1": "Succeeded", "bad-2": "Failed", "o-2": "Succeeded"}


async def test_progress_begins_at_nothing_and_ends_with_all() -> None:
    world = World(picky([]))

    await world.run(a_run("o-1", "bad-1", "o-2"))

    progress = [e for e in world.events if isinstance(e, wire.Progress)]
    assert progress[0] == wire.Progress(total=3, completed=0, failed=0)
    assert progress[-1] == wire.Progress(total=3, completed=2, failed=1)


async def test_of_their_steps_only_logs_are_told() -> None:
    world = World(picky([]))

    await world.run(a_run("o-1"))

    assert world.ended == {}
    assert wire.Log(step="look[o-1]", message="looked at o-1") in world.events


async def test_what_an_earlier_attempt_was_through_with_is_counted_and_not_repeated() -> None:
    seen: list[str] = []
    through = (
        FinishedEntity(entity="o-1", phase="Succeeded"),
        FinishedEntity(
            entity="bad-1", phase="Failed", error=StepError(reason="Bad", message="bad")
        ),
    )

    end = await World(picky(seen)).run(a_run("o-1", "bad-1", "o-2", finished_entities=through))

    assert seen == ["u1/o-2/look"]
    assert end.message == "1 of 3 entities failed; bad-1: bad"


async def test_an_entity_that_is_named_twice_is_one() -> None:
    seen: list[str] = []

    await World(picky(seen)).run(a_run("o-1", "o-1"))

    assert len(seen) == 1


async def test_all_entities_together_have_the_parallelism_of_one_run() -> None:
    now, most = 0, 0

    async def count(_params: Any, _context: Context) -> Done:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return Done()

    steps = [{"name": f"s{i}", "action": "count", "needs": []} for i in range(6)]
    job = a_job(
        *steps,
        entities=tuple(f"e{i}" for i in range(20)),
        definition={"settings": {"maxParallelSteps": 5}},
    )

    await World(an_action("count", count)).run(job)

    assert most == 5


async def test_cancelling_ends_all_of_them() -> None:
    reached = asyncio.Event()

    async def stuck(_params: Any, _context: Context) -> Done:
        reached.set()
        await asyncio.Event().wait()
        return Done()

    world = World(an_action("picky", stuck))
    task = asyncio.create_task(world.run(a_run("o-1", "o-2")))
    await asyncio.wait_for(reached.wait(), 5)

    task.cancel()
    await asyncio.wait({task}, timeout=1)

    assert task.cancelled()
    assert world.end.phase == "Cancelled"


async def test_ten_thousand_entities() -> None:
    world = World()
    job = a_job(a_constant("a", 1), entities=tuple(f"e{i}" for i in range(10_000)))

    end = await world.run(job)

    assert end.output == {"total": 10_000, "completed": 10_000, "failed": 0, "failures": []}
