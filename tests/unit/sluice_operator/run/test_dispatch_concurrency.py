"""Runs wait for each other, refuse or replace each other, as their workflow has it."""

from typing import Any

from sluice_core.api.workflow import Concurrency
from sluice_operator.run.dispatch import Dispatcher
from sluice_operator.run.observed import Name
from testkit.dispatching import FLOW, Cluster, Worker, a_flow, a_manifest
from testkit.eventually import until

LATER = "2026-01-31T11:00:09Z"


def ruled(policy: str = "Allow", **fields: Any) -> Any:
    rule = Concurrency.model_validate({"policy": policy, **fields})
    return a_flow(concurrency=rule)


async def begun(worker: Worker, uid: str) -> None:
    await until(lambda: uid in {run for run, _, _ in worker.begun}, f"the start of {uid}")


async def second_beside_first(cluster: Cluster, dispatcher: Dispatcher, worker: Worker) -> None:
    dispatcher.run_found(a_manifest("first"))
    await begun(worker, "first")
    dispatcher.run_found(a_manifest("second", created=LATER))


async def test_forbid_refuses_the_second(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    await cluster.start("pod-1", worker)
    cluster.world.flow = ruled("Forbid")

    async with cluster.world.leader() as dispatcher:
        await second_beside_first(cluster, dispatcher, worker)
        await cluster.world.until_over("second")
        worker.let_go("a")
        await cluster.world.until_over("first")

    assert cluster.world.over == [("second", "Failed"), ("first", "Succeeded")]
    assert cluster.world.reason("second") == "ConcurrencyForbidden"


async def test_queue_lets_the_second_go_after_the_first(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    await cluster.start("pod-1", worker)
    cluster.world.flow = ruled("Queue")

    async with cluster.world.leader() as dispatcher:
        await second_beside_first(cluster, dispatcher, worker)
        await until(lambda: "second" in {uid for uid, _ in cluster.world.writes}, "a status")
        reason = cluster.world.reason("second")
        worker.let_go("a")
        await cluster.world.until_over("first", "second")

    assert reason == "Queued"
    assert [uid for uid, _, _ in worker.begun] == ["first", "second"]


async def test_replace_cancels_the_first_and_says_why(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    await cluster.start("pod-1", worker)
    cluster.world.flow = ruled("Replace")

    async with cluster.world.leader() as dispatcher:
        await second_beside_first(cluster, dispatcher, worker)
        await cluster.world.until_over("first")
        await begun(worker, "second")
        worker.let_go("a")
        await cluster.world.until_over("second")

    assert cluster.world.over == [("first", "Cancelled"), ("second", "Succeeded")]
    assert cluster.world.reason("first") == "Replaced"


async def test_a_new_leader_counts_what_runners_work_on(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    await cluster.start("pod-1", worker)
    cluster.world.flow = ruled("Forbid")
    async with cluster.world.leader(a_manifest("first")):
        await begun(worker, "first")

    second = a_manifest("second", created=LATER)
    async with cluster.world.leader(a_manifest("first"), second, epoch=2):
        await cluster.world.until_over("second")
        worker.let_go("a")
        await cluster.world.until_over("first")

    assert dict(cluster.world.over) == {"first": "Succeeded", "second": "Failed"}


async def test_after_a_restart_kept_runs_tell_when_the_last_one_began(cluster: Cluster) -> None:
    await cluster.start("pod-1", Worker("a"))
    cluster.world.flow = ruled(minIntervalSeconds=60)
    status = {"phase": "Succeeded", "startTime": "2026-01-31T11:00:00Z"}
    kept = a_manifest("kept", status=status)
    cluster.world.objects.runs[Name(FLOW.namespace, "kept")] = kept
    soon = a_manifest("soon", created="2026-01-31T11:00:59Z")
    late = a_manifest("late", created="2026-01-31T11:01:00Z")

    async with cluster.world.leader(soon, late):
        await cluster.world.until_over("soon", "late")

    assert dict(cluster.world.over) == {"soon": "Failed", "late": "Succeeded"}
    assert cluster.world.reason("soon") == "RateLimited"


async def test_a_schedule_has_a_policy_of_its_own(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    await cluster.start("pod-1", worker)
    cluster.world.flow = a_flow(schedules={"nightly": "Forbid"})
    scheduled = {"trigger": {"type": "Schedule", "name": "nightly"}}

    async with cluster.world.leader() as dispatcher:
        dispatcher.run_found(a_manifest("first", **scheduled))
        await begun(worker, "first")
        dispatcher.run_found(a_manifest("second", created=LATER, **scheduled))
        dispatcher.run_found(a_manifest("by-hand", created=LATER))
        await cluster.world.until_over("second")
        worker.let_go("a")
        await cluster.world.until_over("first", "by-hand")

    assert cluster.world.reason("second") == "ConcurrencyForbidden"
    assert dict(cluster.world.over) == {
        "second": "Failed",
        "first": "Succeeded",
        "by-hand": "Succeeded",
    }
