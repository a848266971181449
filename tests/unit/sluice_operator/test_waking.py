"""When a workflow is looked at again because of its runs or the time."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sluice_core.admission import Standing
from sluice_operator.waking import Waking
from sluice_operator.workflow.lifecycle import decide
from sluice_operator.workflow.observed import Demand
from sluice_operator.workflow.scaling import Bounds, Load
from sluice_operator.workflow.situation import Situation
from testkit.eventually import until
from testkit.seen import NOON
from testkit.situations import IDLE, SECOND, Case, situation

FLOW = ("shop", "etl")


class World:
    """What Waking asks, and whom it tells."""

    def __init__(self) -> None:
        self.looks: list[Any] = []
        self.asked = 0
        self.demand = Demand()
        self.clock = NOON
        self.waking: Waking[tuple[str, str]] = Waking(
            self.looks.append, self._demand, self._now, settled=0
        )

    def _demand(self, _flow: tuple[str, str], _standing: Standing) -> Demand:
        self.asked += 1
        return self.demand

    def _now(self) -> datetime:
        return self.clock

    def decided(self, policy: str, **fields: Any) -> Situation:
        seen = situation(Case("Active", "1", policy, "none", "none", "beyond"))
        seen = replace(seen, **fields)
        self.waking.decided(FLOW, seen, decide(seen))
        return seen

    async def changed(self, **demand: Any) -> list[Any]:
        self.demand = Demand(**demand)
        self.waking.changed(FLOW)
        await turns()
        return self.looks


async def turns() -> None:
    """What is due by now is done."""
    for _ in range(3):
        await asyncio.sleep(0)


@pytest.fixture
def world() -> World:
    return World()


async def test_a_run_of_a_workflow_asleep_is_looked_at_once(world: World) -> None:
    world.decided("OnDemand")

    for number in range(3):
        world.demand = Demand(fresh=number + 1)
        world.waking.changed(FLOW)
    await turns()

    assert world.looks == [FLOW]


async def test_a_change_that_brings_no_run_to_a_workflow_asleep_is_not_looked_at(
    world: World,
) -> None:
    world.decided("OnDemand")

    assert await world.changed() == []


async def test_runs_of_a_workflow_that_is_up_are_not_looked_at(world: World) -> None:
    world.decided("IdleShutdown", demand=Demand(begun=1))

    looks = [await world.changed(begun=n, last_end=NOON) for n in (2, 1, 0)]

    assert looks[-1] == []


async def test_of_one_that_is_always_on_nobody_even_counts_the_runs(world: World) -> None:
    world.decided("AlwaysOn")

    await world.changed(begun=5)

    assert (world.looks, world.asked) == ([], 0)


async def test_a_last_run_is_looked_at_when_its_batch_is_over(world: World) -> None:
    world.decided("OnDemand", demand=Demand(begun=1))
    await world.changed(last_end=NOON)
    assert world.looks == []

    world.clock = NOON + 10 * SECOND
    timer = asyncio.create_task(world.waking.run())

    await until(lambda: world.looks == [FLOW], "a look")
    timer.cancel()


async def test_a_time_that_runs_have_put_off_costs_a_look_when_it_comes_and_no_sooner(
    world: World,
) -> None:
    due = NOON + IDLE
    world.decided("IdleShutdown", demand=Demand(last_end=NOON))
    world.clock = due - SECOND
    await world.changed(last_end=due - SECOND)
    assert world.looks == []

    world.clock = due
    timer = asyncio.create_task(world.waking.run())

    await until(lambda: world.looks == [FLOW], "a look")
    timer.cancel()


async def test_when_the_kept_runs_are_read_those_that_are_up_are_looked_at(world: World) -> None:
    world.decided("IdleShutdown", demand=Demand(known=False))
    world.demand = Demand(last_end=NOON - timedelta(days=1))

    world.waking.all_changed()
    await turns()

    assert world.looks == [FLOW]


async def test_a_workflow_that_is_gone_is_not_looked_at_by_the_time(world: World) -> None:
    world.decided("Queue")
    world.waking.forget(FLOW)
    world.clock = NOON + timedelta(days=1)

    timer = asyncio.create_task(world.waking.run())
    await turns()

    assert world.looks == []
    timer.cancel()


async def test_a_draft_that_is_tested_is_looked_at_when_that_is_over_and_not_before(
    world: World,
) -> None:
    draft = situation(Case("Draft", "1", "OnDemand", "none", "none", "beyond"))
    draft = replace(draft, demand=Demand(fresh=1), live=None)
    world.waking.decided(FLOW, draft, decide(draft))

    begun = list(await world.changed(begun=1))
    over = list(await world.changed())

    assert (begun, over) == ([], [FLOW])


async def test_fewer_pods_that_take_runs_are_looked_at_though_all_are_still_up(
    world: World,
) -> None:
    bounds = Bounds(low=1, high=3, slots=1)
    world.decided("AlwaysOn", bounds=bounds, live=3, demand=Demand(load=Load(runs=3, busy_pods=1)))

    looks = await world.changed(load=Load(runs=1, busy_pods=1))

    assert looks == [FLOW]


async def test_a_surplus_pod_that_has_become_free_is_looked_at(world: World) -> None:
    bounds, load = Bounds(low=1, high=3, slots=1), Load(runs=1, busy_pods=2)
    world.decided("AlwaysOn", bounds=bounds, live=3, demand=Demand(load=load))

    looks = await world.changed(load=load, spare=frozenset({"a"}))

    assert looks == [FLOW]
