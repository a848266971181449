"""Runs are counted against the rates of their namespace's plan before they begin, each once."""

from sluice_core import names, rates
from sluice_core.api.plan import PlanSpec
from testkit.dispatching import Cluster, Worker, a_flow, a_manifest

TWO = rates.of_runs(PlanSpec(runs_per_minute=2))


async def test_those_above_the_rate_fail_and_say_why(cluster: Cluster) -> None:
    await cluster.start("pod-1", Worker("a"))
    cluster.world.flow = a_flow(rates=TWO)
    runs = [a_manifest(f"run-{n}", created=f"2026-01-31T11:00:0{n}Z") for n in range(3)]

    async with cluster.world.leader(*runs):
        await cluster.world.until_over("run-0", "run-1", "run-2")

    assert dict(cluster.world.over) == {
        "run-0": "Succeeded",
        "run-1": "Succeeded",
        "run-2": "Failed",
    }
    [condition] = cluster.world.status("run-2")["conditions"]
    assert condition["reason"] == "RateLimited"
    assert "runsPerMinute of the namespace's plan is 2, and 2 are used" in condition["message"]


async def test_many_are_counted_in_one_write(cluster: Cluster) -> None:
    await cluster.start("pod-1", Worker("a"), slots=50)
    cluster.world.flow = a_flow(rates=rates.of_runs(PlanSpec(runs_per_minute=60)))
    names_ = [f"run-{n:02}" for n in range(40)]

    async with cluster.world.leader(*(a_manifest(name) for name in names_)):
        await cluster.world.until_over(*names_)

    assert cluster.world.counts.data()["runs.minute"].endswith(" 40")
    assert len(cluster.world.counts.requests) <= 4


async def test_what_the_gateway_has_counted_is_not_counted_again(cluster: Cluster) -> None:
    await cluster.start("pod-1", Worker("a"))
    cluster.world.flow = a_flow(rates=TWO)
    run = a_manifest("counted")
    run["metadata"]["annotations"] = {names.ANNOTATION_COUNTED: "true"}

    async with cluster.world.leader(run):
        await cluster.world.until_over("counted")

    assert cluster.world.counts.requests == []


async def test_without_rates_nothing_is_asked(cluster: Cluster) -> None:
    await cluster.start("pod-1", Worker("a"))

    async with cluster.world.leader(a_manifest("run-1")):
        await cluster.world.until_over("run-1")

    assert cluster.world.counts.requests == []


async def test_a_leader_that_died_after_counting_has_counted_for_the_next(
    cluster: Cluster,
) -> None:
    cluster.world.flow = a_flow(rates=rates.of_runs(PlanSpec(runs_per_minute=1)))
    async with cluster.world.leader(a_manifest("run-1")):
        await cluster.world.until_counted()
    await cluster.start("pod-1", Worker("a"))

    async with cluster.world.leader(a_manifest("run-1")):
        await cluster.world.until_over("run-1")

    assert cluster.world.over == [("run-1", "Succeeded")]
