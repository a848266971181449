"""Runs go to a runner, in their order, and how they end is written and then acknowledged."""

import asyncio
from typing import Any

import pytest

from sluice_core import wire
from sluice_core.definition import digest
from sluice_core.mounts import Mount
from testkit.dispatching import FLOW, Cluster, Worker, a_flow, a_manifest, a_version
from testkit.eventually import until


async def test_a_short_run_costs_one_status_write_and_is_acknowledged(cluster: Cluster) -> None:
    worker = Worker("a", "b")
    await cluster.start("pod-1", worker)

    async with cluster.world.leader(a_manifest(inputs={"day": 1})):
        await cluster.world.until_over("run-1")
        await cluster.world.until_forgotten("pod-1")

    [(_, made)] = cluster.world.writes
    assert cluster.world.over == [("run-1", "Succeeded")]
    assert (made["phase"], made["revision"], made["runner"]) == ("Succeeded", 3, "pod-1")
    assert [(step["name"], step["phase"]) for step in made["steps"]] == [
        ("a", "Succeeded"),
        ("b", "Succeeded"),
    ]


async def test_a_run_that_comes_later_goes_to_the_runner_that_is_known(cluster: Cluster) -> None:
    await cluster.start("pod-1", Worker("a"))

    async with cluster.world.leader() as dispatcher:
        dispatcher.run_found(a_manifest("first"))
        dispatcher.run_found(a_manifest("second"))
        await cluster.world.until_over("first", "second")

    assert len(cluster.world.writes) == 2


async def test_many_runs_end_once_each(cluster: Cluster) -> None:
    worker = Worker("a")
    await cluster.start("pod-1", worker, slots=3)
    await cluster.start("pod-2", worker, slots=2)
    uids = [f"run-{number}" for number in range(60)]

    async with cluster.world.leader(*(a_manifest(uid) for uid in uids)):
        await cluster.world.until_over(*uids)

    assert sorted(cluster.world.over) == sorted((uid, "Succeeded") for uid in uids)
    assert sorted(uid for uid, _, _ in worker.begun) == sorted(uids)


async def test_higher_priority_goes_first_and_then_the_older_one(cluster: Cluster) -> None:
    worker = Worker("a")
    await cluster.start("pod-1", worker, slots=1)
    runs = [
        a_manifest("young", created="2026-01-31T11:00:05Z"),
        a_manifest("old", created="2026-01-31T11:00:01Z"),
        a_manifest("urgent", created="2026-01-31T11:00:09Z", priority=5),
        a_manifest("minor", created="2026-01-31T11:00:00Z", priority=-5),
    ]

    async with cluster.world.leader(*runs):
        await cluster.world.until_over("minor", "old", "young", "urgent")

    assert [uid for uid, _, _ in worker.begun] == ["urgent", "old", "young", "minor"]


async def test_a_run_waits_for_a_runner_and_says_so(cluster: Cluster) -> None:
    async with cluster.world.leader(a_manifest()) as dispatcher:
        await until(lambda: cluster.world.reason("run-1") == "WaitingForRunner", "the reason")
        await cluster.start("pod-1", Worker("a"))
        dispatcher.pod_found(cluster.world.pod("pod-1"))
        await cluster.world.until_over("run-1")

    assert cluster.world.phases("run-1") == ["Pending", "Succeeded"]


async def test_a_waiting_run_tells_that_the_runner_fails_once_that_is_known(
    cluster: Cluster,
) -> None:
    async with cluster.world.leader(a_manifest()) as dispatcher:
        await until(lambda: cluster.world.reason("run-1") == "WaitingForRunner", "the reason")
        cluster.world.flow = a_flow(failure="ImagePullBackOff: no such image")
        dispatcher.flow_changed(FLOW)

        await until(lambda: cluster.world.reason("run-1") == "RunnerFailed", "the failure")

    assert cluster.world.status("run-1")["conditions"][0]["message"].startswith("ImagePullBackOff")


async def test_a_run_that_has_no_slot_is_queued(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    await cluster.start("pod-1", worker, slots=1)

    async with cluster.world.leader(a_manifest("first"), a_manifest("second")):
        await until(lambda: cluster.world.reason("second") == "Queued", "the reason")
        worker.let_go("a")
        await cluster.world.until_over("first", "second")


async def test_a_version_that_the_run_names_is_the_one_that_runs(cluster: Cluster) -> None:
    await cluster.start("pod-1", Worker("a"))
    cluster.world.versions[2] = a_version(2)

    async with cluster.world.leader(a_manifest(revision=2)) as dispatcher:
        await cluster.world.until_over("run-1")
        pinned = dispatcher.pinned_versions(FLOW)

    assert cluster.world.status("run-1")["revision"] == 2
    assert pinned == frozenset()


ENDS_UNSENT: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, str]]] = {
    "cancelled while it waits": ({"cancel": True}, {}, ("Cancelled", "Cancelled")),
    "of a paused workflow": ({}, {"state": "Paused"}, ("Failed", "Paused")),
    "of a workflow at zero": ({}, {"replicas": 0}, ("Failed", "Suspended")),
    "of a workflow that is wrong": ({}, {"invalid": "a cycle"}, ("Failed", "Invalid")),
    "of a version that does not exist": ({"revision": 9}, {}, ("Failed", "RevisionNotFound")),
    "with a definition of its own that is empty": (
        {"definition": {"steps": []}}, {}, ("Failed", "Invalid"),
    ),
    "that resumes one that is not there": (
        {"resumeFrom": "other"}, {}, ("Failed", "ResumeRefused"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "flow", "end"), ENDS_UNSENT.values(), ids=ENDS_UNSENT)
async def test_a_run_that_never_goes_to_a_runner(
    cluster: Cluster, spec: dict[str, Any], flow: dict[str, Any], end: tuple[str, str]
) -> None:
    worker = Worker("a")
    await cluster.start("pod-1", worker)
    cluster.world.flow = a_flow(**flow)

    async with cluster.world.leader(a_manifest(**spec)):
        await cluster.world.until_over("run-1")

    assert (cluster.world.phases("run-1"), cluster.world.reason("run-1")) == ([end[0]], end[1])
    assert worker.begun == []


async def test_a_run_is_cancelled_in_the_middle(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    await cluster.start("pod-1", worker)

    async with cluster.world.leader(a_manifest()) as dispatcher:
        await until(lambda: bool(worker.begun), "the step")
        dispatcher.run_found(a_manifest(cancel=True))
        await cluster.world.until_over("run-1")

    assert cluster.world.over == [("run-1", "Cancelled")]


async def test_a_run_is_cancelled_on_its_way_to_the_runner(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    await cluster.start("pod-1", worker)
    raw = b'{"steps":[],"inputs":{}}'
    cluster.world.versions[2] = a_version(2, raw=raw, digest=digest(raw))
    async with cluster.world.leader(a_manifest("before")) as dispatcher:
        await until(lambda: bool(worker.begun), "a connection")

        dispatcher.run_found(a_manifest(revision=2))
        await until(lambda: 2 in (dispatcher.pinned_versions(FLOW) or ()), "the version", pause=0)
        await asyncio.sleep(0)  # it is with the link, which sends the definition first
        dispatcher.run_found(a_manifest(revision=2, cancel=True))
        await cluster.world.until_over("run-1")

    assert cluster.world.over == [("run-1", "Cancelled")]


async def test_a_deleted_run_is_stopped_and_nothing_is_written(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    await cluster.start("pod-1", worker)

    async with cluster.world.leader(a_manifest()) as dispatcher:
        await until(lambda: bool(worker.begun), "the step")
        cluster.world.gone.add("run-1")
        dispatcher.run_gone(a_manifest())
        await cluster.world.until_forgotten("pod-1")

    assert cluster.world.writes == []


async def test_the_slot_of_a_deleted_run_is_the_next_ones(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    await cluster.start("pod-1", worker, slots=1)

    async with cluster.world.leader(a_manifest("first"), a_manifest("second")) as dispatcher:
        await until(lambda: cluster.world.reason("second") == "Queued", "the reason")
        cluster.world.gone.add("first")
        dispatcher.run_gone(a_manifest("first"))
        await until(lambda: ("second", 1, "a") in worker.begun, "the step of the next run")
        worker.let_go("a")
        await cluster.world.until_over("second")

    assert cluster.world.over == [("second", "Succeeded")]


async def test_what_the_watch_still_says_of_a_run_that_ended_starts_nothing(
    cluster: Cluster,
) -> None:
    worker = Worker("a")
    await cluster.start("pod-1", worker)

    async with cluster.world.leader(a_manifest()) as dispatcher:
        await cluster.world.until_over("run-1")
        dispatcher.run_found(a_manifest())
        dispatcher.run_found(a_manifest("next"))
        await cluster.world.until_over("next")

    assert [uid for uid, _, _ in worker.begun] == ["run-1", "next"]


async def test_an_output_as_long_as_the_contract_admits_arrives(cluster: Cluster) -> None:
    output = "x" * (wire.EVENT_BYTES - 4096)

    async def chatter(attempt: Any) -> None:
        attempt.emit(wire.Finished(phase="Succeeded", reason="Succeeded", output=output))

    await cluster.start("pod-1", chatter)

    async with cluster.world.leader(a_manifest()):
        await cluster.world.until_over("run-1")

    assert cluster.world.status("run-1")["output"] == output


async def test_a_request_that_nobody_serves_is_answered(cluster: Cluster) -> None:
    async def ask(attempt: Any) -> None:
        reply = await attempt.ask("a", "Job", {})
        attempt.emit(wire.Finished(phase="Failed", reason="Refused", message=reply.message))

    await cluster.start("pod-1", ask)

    async with cluster.world.leader(a_manifest()):
        await cluster.world.until_over("run-1")

    [condition] = cluster.world.status("run-1")["conditions"]
    assert condition["message"] == "Job is not served by this release"


TOKEN = Mount(type="HttpBearer", secret="api")


async def test_a_run_waits_for_a_runner_that_has_its_credentials_as_they_are_now(
    cluster: Cluster,
) -> None:
    other, right = Worker("a"), Worker("a")
    for pod, worker in (("old", other), ("new", right)):
        await cluster.start(pod, worker)
    needing = a_version(credentials=frozenset({"api"}))
    cluster.world.flow = a_flow(current=needing, mounted={"api": TOKEN})

    async with cluster.world.leader(a_manifest(), pods=("old",)) as dispatcher:
        await until(
            lambda: cluster.world.reason("run-1") == "WaitingForRunner",
            "the run to be seen waiting",
        )
        dispatcher.pod_found(cluster.world.pod("new", mounted={"api": TOKEN}))
        await cluster.world.until_over("run-1")

    assert other.begun == []
    assert right.begun == [("run-1", 1, "a")]
    assert cluster.world.looked_at == []


async def test_a_credential_that_does_not_exist_keeps_no_run_waiting(cluster: Cluster) -> None:
    await cluster.start("pod-1", Worker("a"))
    needing = a_version(credentials=frozenset({"api"}))
    cluster.world.flow = a_flow(current=needing, mounted={"api": None})

    async with cluster.world.leader(a_manifest()):
        await cluster.world.until_over("run-1")

    assert cluster.world.over == [("run-1", "Succeeded")]


async def test_a_workflow_is_looked_at_again_for_what_a_run_of_an_older_version_needs(
    cluster: Cluster,
) -> None:
    await cluster.start("pod-1", Worker("a"))
    cluster.world.versions[2] = a_version(2, credentials=frozenset({"lake"}))
    cluster.world.flow = a_flow(mounted={})

    async with cluster.world.leader(a_manifest(revision=2)):
        await until(lambda: FLOW in cluster.world.looked_at, "another look at the workflow")

    assert cluster.world.looked_at == [FLOW]
