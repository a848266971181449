"""A runner dies in the middle of a step: the run goes on elsewhere after the last finished step."""

from collections.abc import Iterable

import pytest

from testkit.e2e import kubectl
from testkit.e2e.flows import a_long_workflow
from testkit.e2e.killing import crash
from testkit.e2e.space import TERMINAL, Space

PAUSE_SECONDS = 4


def test_on_another_pod_when_the_pod_is_gone(recorded: Space) -> None:
    recorded.deploy(a_long_workflow("moved", recorded.recorder(), PAUSE_SECONDS))
    name = recorded.create_run("moved")
    recorded.see_post("/moved/before")
    first = recorded.runner("moved")["metadata"]["name"]

    recorded.kubectl("delete", "pod", first, "--grace-period=0", "--force")
    seen = phases(recorded, name)

    status = recorded.run(name)["status"]
    assert seen[-1] == "Succeeded"
    assert "Retrying" in seen
    assert (status["attempt"], status["runnerLosses"]) == (2, 1)
    assert status["runner"] != first
    assert recorded.posted()["/moved/before"] == recorded.posted()["/moved/after"] == 1


def test_in_the_same_pod_when_its_process_crashed(recorded: Space) -> None:
    recorded.deploy(a_long_workflow("crashed", recorded.recorder(), PAUSE_SECONDS))
    name = recorded.create_run("crashed")
    recorded.see_post("/crashed/before")
    pod = recorded.runner("crashed")["metadata"]["name"]

    crash(recorded, pod)
    seen = phases(recorded, name)

    status = recorded.run(name)["status"]
    assert seen[-1] == "Succeeded"
    assert "Retrying" in seen
    assert (status["attempt"], status["runnerLosses"], status["runner"]) == (2, 1, pod)
    assert recorded.posted()["/crashed/before"] == recorded.posted()["/crashed/after"] == 1


def test_a_pod_that_is_asked_to_go_hands_over_or_finishes(recorded: Space) -> None:
    recorded.deploy(a_long_workflow("asked", recorded.recorder(), PAUSE_SECONDS))
    name = recorded.create_run("asked")
    recorded.see_post("/asked/before")
    pod = recorded.runner("asked")["metadata"]["name"]

    recorded.kubectl("delete", "pod", pod, "--wait=false")
    status = recorded.ended(name)

    assert (status["phase"], status.get("runnerLosses", 0)) == ("Succeeded", 0)
    assert recorded.posted()["/asked/before"] == recorded.posted()["/asked/after"] == 1


def test_a_run_whose_runner_is_always_lost_fails_and_says_so(recorded: Space) -> None:
    flow = a_long_workflow("unlucky", recorded.recorder(), 60, settings={"runnerLossLimit": 0})
    recorded.deploy(flow)
    name = recorded.create_run("unlucky")
    recorded.see_post("/unlucky/before")
    pod = recorded.runner("unlucky")["metadata"]["name"]

    recorded.kubectl("delete", "pod", pod, "--grace-period=0", "--force")
    status = recorded.ended(name)

    [shown] = status["conditions"]
    assert (status["phase"], shown["reason"]) == ("Failed", "RunnerLost")
    assert "runnerLossLimit" in shown["message"]


def phases(space: Space, name: str) -> list[str]:
    """The phases of a run in their order until it ends."""
    return list(distinct(_phases(space, name)))


def _phases(space: Space, name: str) -> Iterable[str]:
    for seen in kubectl.changes(space.namespace, "workflowruns", name, 60):
        phase = seen.get("status", {}).get("phase", "Pending")
        yield phase
        if phase in TERMINAL:
            return
    pytest.fail(f"{name} did not end")


def distinct(words: Iterable[str]) -> Iterable[str]:
    """Without those that equal the one before."""
    last = None
    for word in words:
        if word != last:
            yield word
        last = word
