"""What becomes of runs on real runner servers is told to who waits for it: once, before the end."""

from typing import Any

from sluice_core import wire
from sluice_operator.run.observed import Name
from sluice_runner.server.attempt import Attempt
from testkit.dispatching import FLOW, Cluster, Worker, World, a_manifest
from testkit.eventually import until

TYPES = ("workflows.run.started", "workflows.run.completed", "order.paid")


def subscribe(world: World) -> None:
    triggers = [{"name": type_.replace(".", "-"), "event": {"type": type_}} for type_ in TYPES]
    metadata = {"name": "handler", "namespace": FLOW.namespace, "uid": "handler-uid"}
    workflow = {"metadata": metadata, "spec": {"triggers": triggers}}
    world.subscribers.see(Name(FLOW.namespace, "handler"), workflow)


def made(world: World) -> list[str]:
    return sorted(one["spec"]["trigger"]["event"] for one in world.objects.runs.values())


def is_told(world: World) -> bool:
    return "workflows.run.completed" in made(world)


async def test_an_end_is_told_before_it_is_stored(cluster: Cluster) -> None:
    world = cluster.world
    subscribe(world)
    await cluster.start("pod-1", Worker("a"))
    world.takes_writes.clear()

    async with world.leader(a_manifest()):
        await until(lambda: is_told(world), "the run of the handler")
        stored = world.phases("run-1")
        world.takes_writes.set()
        await world.until_over("run-1")

    assert "Succeeded" not in stored
    assert made(world) == ["workflows.run.completed", "workflows.run.started"]


async def test_a_leader_that_goes_before_it_has_stored_the_end_tells_nothing_twice(
    cluster: Cluster,
) -> None:
    world = cluster.world
    subscribe(world)
    await cluster.start("pod-1", Worker("a"))
    world.takes_writes.clear()

    async with world.leader(a_manifest()):
        await until(lambda: is_told(world), "the run of the handler")
    world.takes_writes.set()
    async with world.leader(a_manifest(), epoch=2):
        await world.until_over("run-1")

    assert made(world) == ["workflows.run.completed", "workflows.run.started"]


async def test_a_step_that_publishes_is_answered_with_the_runs(cluster: Cluster) -> None:
    replies: list[wire.Reply] = []

    async def publishing(attempt: Attempt[bytes]) -> None:
        body: dict[str, Any] = {"type": "order.paid", "data": {"order": 7}, "key": "run-1/s"}
        replies.extend([await attempt.ask("s", "Publish", body) for _ in range(2)])
        attempt.emit(wire.Finished(phase="Succeeded", reason="Succeeded"))

    world = cluster.world
    subscribe(world)
    await cluster.start("pod-1", publishing)

    async with world.leader(a_manifest()):
        await world.until_over("run-1")

    [first, again] = [reply.value for reply in replies]
    [name] = [
        one.name
        for one, run in world.objects.runs.items()
        if run["spec"]["trigger"]["event"] == "order.paid"
    ]
    assert first == again
    assert isinstance(first, dict)
    assert first["runs"] == [{"workflow": "handler", "trigger": "order-paid", "run": name}]
