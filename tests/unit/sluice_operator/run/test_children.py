"""Steps run other workflows: the child is made once, its end is told, its parent's end ends it."""

from typing import Any

import pytest

from sluice_core import wire
from sluice_operator.run.children import make_child
from sluice_operator.run.dispatch import Dispatcher
from sluice_operator.run.observed import Name, read
from sluice_runner.server.attempt import Attempt
from testkit.dispatching import FLOW, NOON, Cluster, a_manifest
from testkit.eventually import until

CHILD = Name(FLOW.namespace, "child")


class Asking:
    """Asks for a child run, and ends with what it is told."""

    def __init__(self, **body: Any) -> None:
        self.body = {"workflow": "child", "key": "run-1/s", **body}
        self.replies: list[wire.Reply] = []
        self.requests: list[wire.RunRequest] = []

    async def __call__(self, attempt: Attempt[bytes]) -> None:
        self.requests.append(attempt.request)
        self.replies.append(await attempt.ask("s", "ChildRun", self.body))
        attempt.emit(wire.Finished(phase="Succeeded", reason="Succeeded"))


@pytest.fixture
async def asking(cluster: Cluster) -> Asking:
    worker = Asking()
    await cluster.start("pod-1", worker)
    cluster.world.objects.workflows.add(CHILD)
    return worker


def told(worker: Asking) -> wire.ChildOutcome:
    [reply] = worker.replies
    assert reply.ok
    return wire.ChildOutcome.model_validate(reply.value)


def the_child(cluster: Cluster) -> dict[str, Any]:
    runs = cluster.world.objects.runs.values()
    [child] = [one for one in runs if one["spec"]["workflow"] == "child"]
    return child


def end(cluster: Cluster, dispatcher: Dispatcher, phase: str) -> None:
    """The child is taken up and ends, here as one that is cancelled before a runner has it."""
    child = the_child(cluster)
    dispatcher.run_found(child | {"spec": child["spec"] | {"cancel": phase == "Cancelled"}})


async def test_a_step_is_told_how_its_child_ended(cluster: Cluster, asking: Asking) -> None:
    async with cluster.world.leader(a_manifest()) as dispatcher:
        await cluster.world.objects.created.wait()
        end(cluster, dispatcher, "Cancelled")
        await cluster.world.until_over("run-1")

    assert told(asking).phase == "Cancelled"
    assert told(asking).run == the_child(cluster)["metadata"]["name"]


async def test_a_step_that_does_not_wait_is_told_at_once(cluster: Cluster) -> None:
    worker = Asking(wait=False, inputs={"order": 7})
    await cluster.start("pod-1", worker)
    cluster.world.objects.workflows.add(CHILD)

    async with cluster.world.leader(a_manifest(priority=5)):
        await cluster.world.until_over("run-1")

    child = the_child(cluster)
    [owner] = child["metadata"]["ownerReferences"]
    assert told(worker).phase == "Pending"
    assert (owner["uid"], owner["blockOwnerDeletion"]) == ("run-1", False)
    assert child["spec"] == {
        "workflow": "child",
        "inputs": {"order": 7},
        "priority": 5,
        "trigger": {"type": "Api", "source": "run-1"},
    }


async def test_a_new_leader_finds_the_child_that_was_made(cluster: Cluster, asking: Asking) -> None:
    async with cluster.world.leader(a_manifest()):
        await cluster.world.objects.created.wait()
    child = the_child(cluster)
    child["status"] = {"phase": "Succeeded", "output": 42, "conditions": []}

    async with cluster.world.leader(a_manifest(), epoch=2):
        await cluster.world.until_over("run-1")

    assert (told(asking).phase, told(asking).output) == ("Succeeded", 42)
    assert len(asking.requests) == 1


async def test_a_cancelled_parent_cancels_its_child(cluster: Cluster, asking: Asking) -> None:
    async with cluster.world.leader(a_manifest()) as dispatcher:
        await cluster.world.objects.created.wait()
        dispatcher.run_found(the_child(cluster))
        dispatcher.run_found(a_manifest(cancel=True))
        await until(lambda: bool(cluster.world.objects.cancelled), "the child's cancellation")

    name = the_child(cluster)["metadata"]["name"]
    assert cluster.world.objects.cancelled == [f"{name} {name}"]


async def test_a_child_whose_parent_was_cancelled_meanwhile_is_cancelled(cluster: Cluster) -> None:
    parent = a_manifest("parent", status={"phase": "Cancelled"})
    cluster.world.objects.runs[Name("shop", "parent")] = parent
    child = a_manifest("orphan")
    child["metadata"]["ownerReferences"] = [an_owner("parent")]

    async with cluster.world.leader(child):
        await until(lambda: bool(cluster.world.objects.cancelled), "its cancellation")

    assert cluster.world.objects.cancelled == ["orphan orphan"]


async def test_a_runner_is_told_the_workflows_above(cluster: Cluster) -> None:
    worker = Asking()
    await cluster.start("pod-1", worker)
    top = a_manifest("top") | {"spec": {"workflow": "outer"}}
    middle = a_manifest("middle") | {"spec": {"workflow": "inner"}}
    middle["metadata"]["ownerReferences"] = [an_owner("top")]
    for manifest in (top, middle):
        cluster.world.objects.runs[Name("shop", manifest["metadata"]["name"])] = manifest
    run = a_manifest()
    run["metadata"]["ownerReferences"] = [an_owner("middle")]

    async with cluster.world.leader(run):
        await cluster.world.until_over("run-1")

    assert worker.requests[0].ancestors == ("outer", "inner")


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a workflow that is not there": ({"workflow": "nowhere"}, "WorkflowNotFound"),
    "itself": ({"workflow": FLOW.name}, "TooDeep"),
    "a request without a key": ({"key": None}, "InvalidRequest"),
}


@pytest.mark.parametrize(("body", "reason"), REFUSED.values(), ids=REFUSED)
async def test_what_is_refused(cluster: Cluster, body: dict[str, Any], reason: str) -> None:
    worker = Asking(**body)
    await cluster.start("pod-1", worker)

    async with cluster.world.leader(a_manifest()):
        await cluster.world.until_over("run-1")

    [reply] = worker.replies
    assert (reply.ok, reply.reason) == (False, reason)
    assert cluster.world.objects.runs == {}


async def test_a_namesake_that_is_anothers_is_not_taken(cluster: Cluster, asking: Asking) -> None:
    manifest = make_child(read(a_manifest()), wire.ChildRun.model_validate(asking.body))
    meta = manifest["metadata"] | {"ownerReferences": [], "uid": "x"}
    name = Name("shop", meta["name"])
    cluster.world.objects.runs[name] = manifest | {"metadata": meta}

    async with cluster.world.leader(a_manifest()):
        await cluster.world.until_over("run-1")

    assert asking.replies[0].reason == "NameTaken"


def test_one_key_means_one_child_until_the_parent_is_tried_again() -> None:
    parent, asked = read(a_manifest()), wire.ChildRun(workflow="child", key="k")
    first = make_child(parent, asked)["metadata"]["name"]

    again = make_child(parent, asked)["metadata"]["name"]
    parent.retries, parent.not_before = 1, NOON
    after = make_child(parent, asked)["metadata"]["name"]

    assert first == again != after


def an_owner(name: str) -> dict[str, Any]:
    return {"apiVersion": "sluice.dev/v1alpha1", "kind": "WorkflowRun", "name": name, "uid": name}
