"""What a new leader asks of a runner, before and after it knows what the pods hold."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sluice_operator.demands import Demands
from sluice_operator.run.activity import Activity
from sluice_operator.run.dispatch import Dispatcher
from sluice_operator.workflow.lifecycle import Size, decide
from sluice_operator.workflow.scaling import STABLE, Bounds
from testkit import dispatching
from testkit.dispatching import FLOW, Cluster, Worker, a_manifest
from testkit.eventually import until
from testkit.situations import Case, situation

SCALED = Bounds(low=1, high=5, slots=1)
BY_HAND = Bounds(low=1, high=1, slots=1)
RUNS = ("run-1", "run-2", "run-3")


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with dispatching.cluster(tmp_path) as made:
        yield made


class Looks:
    """The decisions about a workflow with three pods, as the leader makes them."""

    def __init__(self, cluster: Cluster, dispatcher: Dispatcher, bounds: Bounds) -> None:
        self.world, self.dispatcher, self.bounds = cluster.world, dispatcher, bounds
        self.demands = Demands(dispatcher, Activity(), lambda: self.world.clock)

    def decide(self) -> Size:
        seen = situation(Case("Active", "1", "AlwaysOn", "none", "none", "beyond"))
        demand = self.demands.of(FLOW, seen.standing)
        size = decide(
            replace(seen, demand=demand, bounds=self.bounds, live=3, now=self.world.clock)
        )
        scaled = not self.bounds.is_fixed
        self.demands.scale(FLOW, keep=size.keep, slots=self.bounds.slots, scaled=scaled)
        return size


async def working(cluster: Cluster) -> Worker:
    """Three runs, each on a pod of its own, that the leader of before has begun."""
    worker = Worker("a", held=("a",))
    for number in (1, 2, 3):
        await cluster.start(f"pod-{number}", worker, slots=1)
    async with cluster.world.leader(*map(a_manifest, RUNS)):
        await until(lambda: len(worker.begun) == len(RUNS), "three steps")
    return worker


@pytest.mark.parametrize("bounds", [SCALED, BY_HAND], ids=["by runs", "by hand"])
async def test_a_new_leader_takes_no_pod_away_before_the_pods_say_what_they_hold(
    cluster: Cluster, bounds: Bounds
) -> None:
    await working(cluster)

    async with cluster.world.leader(*map(a_manifest, RUNS), epoch=2) as dispatcher:
        size = Looks(cluster, dispatcher, bounds).decide()

    assert (size.replicas, size.keep) == (3, 3)


async def test_when_they_have_said_so_pods_without_a_run_go(cluster: Cluster) -> None:
    worker = await working(cluster)
    async with cluster.world.leader(*map(a_manifest, RUNS), epoch=2) as dispatcher:
        looks = Looks(cluster, dispatcher, BY_HAND)
        await until(lambda: dispatcher.busy_pods(FLOW) == 3, "what the pods hold")

        held = looks.decide()
        worker.let_go("a")
        await cluster.world.until_over(*RUNS)
        freed = looks.decide()

    assert (held.replicas, held.keep) == (3, 1)
    assert (freed.replicas, freed.keep) == (1, 1)


async def test_a_new_leader_shrinks_a_runner_no_sooner_than_a_minute_after_it_began(
    cluster: Cluster,
) -> None:
    async with cluster.world.leader() as dispatcher:
        looks = Looks(cluster, dispatcher, SCALED)

        first = looks.decide()
        cluster.world.clock += timedelta(seconds=1)
        second = looks.decide()
        cluster.world.clock += STABLE
        third = looks.decide()

    assert [size.replicas for size in (first, second, third)] == [3, 3, 1]
    assert second.recheck_at is not None
    assert second.recheck_at <= cluster.world.clock
