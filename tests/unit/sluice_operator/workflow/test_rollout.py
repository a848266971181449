"""How far a runner is up, as its objects show it."""

from typing import Any

import pytest

from sluice_operator.workflow import rollout
from testkit.seen import a_pod

DEPLOYMENT: dict[str, Any] = {"status": {}}
NO_QUOTA = {
    "status": {
        "conditions": [
            {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
             "message": "exceeded quota"}
        ]
    }
}  # fmt: skip


def over(phase: str) -> dict[str, Any]:
    """A pod that will never work again, which Kubernetes leaves there for a while."""
    pod = a_pod("over")
    return pod | {"status": pod["status"] | {"phase": phase}}


LEAVING = a_pod("old", ready=True, deletionTimestamp="2026-01-31T11:59:00Z")

CASES: dict[str, tuple[Any, list[Any], int | None, tuple[str, int, int]]] = {
    "wanted, and nothing yet": (None, [], 1, ("Starting", 0, 0)),
    "wanted, and a pod that is not ready": (DEPLOYMENT, [a_pod()], 1, ("Starting", 1, 0)),
    "wanted, and ready": (DEPLOYMENT, [a_pod(ready=True)], 1, ("Running", 1, 1)),
    "two wanted, one ready": (
        DEPLOYMENT, [a_pod("a", ready=True), a_pod("b")], 2, ("Running", 2, 1),
    ),
    "a pod on its way out does not count": (DEPLOYMENT, [LEAVING, a_pod()], 1, ("Starting", 1, 0)),
    "no node for it": (DEPLOYMENT, [a_pod(unscheduled="0/1 nodes")], 1, ("Failed", 1, 0)),
    "the quota is used up": (NO_QUOTA, [], 1, ("Failed", 0, 0)),
    "none wanted, one left": (DEPLOYMENT, [a_pod()], 0, ("Stopping", 1, 0)),
    "none wanted, one on its way out": (DEPLOYMENT, [LEAVING], 0, ("Stopping", 0, 0)),
    "none wanted, none left": (DEPLOYMENT, [], 0, ("Stopped", 0, 0)),
    "no runner wanted, and one there": (DEPLOYMENT, [], None, ("Stopping", 0, 0)),
    "no runner wanted, a pod left of it": (None, [a_pod()], None, ("Stopping", 1, 0)),
    "no runner wanted, and none": (None, [], None, ("NotDeployed", 0, 0)),
    "none wanted, one was evicted": (DEPLOYMENT, [over("Failed")], 0, ("Stopped", 0, 0)),
    "wanted, one was evicted, another comes": (
        DEPLOYMENT, [over("Failed"), a_pod()], 1, ("Starting", 1, 0),
    ),
    "no runner wanted, one was evicted": (None, [over("Failed")], None, ("NotDeployed", 0, 0)),
}  # fmt: skip


@pytest.mark.parametrize(("deployment", "pods", "wanted", "shown"), CASES.values(), ids=CASES)
def test_read(
    deployment: Any, pods: list[Any], wanted: int | None, shown: tuple[str, int, int]
) -> None:
    seen = rollout.read(deployment, pods, wanted)

    assert (seen.status, seen.pods, seen.ready) == shown


def test_a_pod_for_one_run_that_is_refused_is_a_failure_until_another_is_ready() -> None:
    refused = rollout.read(None, [], None, solo=True, refusal="exceeded quota")
    beside = rollout.read(None, [a_pod(ready=True)], None, solo=True, refusal="exceeded quota")

    assert (refused.status, refused.failure) == ("Failed", "exceeded quota")
    assert (beside.status, beside.failure) == ("Running", "")


def test_a_pod_for_one_run_that_has_done_its_work_is_no_runner() -> None:
    seen = rollout.read(None, [over("Succeeded")], None, solo=True)

    assert (seen.status, seen.pods) == ("Stopped", 0)


@pytest.mark.parametrize("reason", rollout.STUCK)
def test_each_word_of_a_kubelet_that_is_stuck_is_told_with_the_command_to_look(reason: str) -> None:
    failure = rollout.read(DEPLOYMENT, [a_pod("p", waiting=reason)], 1).failure

    look = "logs -n shop p -c runner" if reason in rollout.RAN else "describe pod -n shop p"
    assert failure == f"{reason}: no such image; see kubectl {look}"


def test_a_crash_tells_its_exit_code() -> None:
    pod = a_pod("p", waiting="CrashLoopBackOff")
    pod["status"]["containerStatuses"][0]["lastState"] = {"terminated": {"exitCode": 137}}

    failure = rollout.read(DEPLOYMENT, [pod], 1).failure

    assert failure.startswith("CrashLoopBackOff (last exit code 137): ")


def test_a_crash_tells_what_the_kubelet_says_of_it() -> None:
    pod = a_pod("p", waiting="CrashLoopBackOff")
    last = {"exitCode": 128, "reason": "StartError", "message": "exec: not found\n"}
    pod["status"]["containerStatuses"][0]["lastState"] = {"terminated": last}

    failure = rollout.read(DEPLOYMENT, [pod], 1).failure

    assert failure.startswith(
        "CrashLoopBackOff (last exit code 128, StartError: exec: not found): "
    )


def test_a_container_that_is_being_made_is_no_failure() -> None:
    assert rollout.read(DEPLOYMENT, [a_pod(waiting="ContainerCreating")], 1).failure == ""


KILLED = {"state": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}
ENDS: dict[str, tuple[dict[str, Any], str]] = {
    "its container was killed": (
        {"containerStatuses": [KILLED]}, "the pod p ended: OOMKilled (exit code 137)",
    ),
    "its node has no room": (
        {"reason": "Evicted", "message": "low on memory", "containerStatuses": [KILLED]},
        "the pod p ended: Evicted (exit code 137): low on memory",
    ),
    "nobody says": ({"containerStatuses": [{"state": {"running": {}}}]}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("status", "words"), ENDS.values(), ids=ENDS)
def test_how_a_pod_ended(status: dict[str, Any], words: str) -> None:
    told = rollout.end_of(a_pod("p") | {"status": status})

    assert told == (f"{words}; see kubectl logs -n shop p -c runner" if words else "")
