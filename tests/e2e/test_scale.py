"""`kubectl scale --replicas=0` suspends a workflow, and brings it back."""

import pytest

from testkit.e2e import kubectl
from testkit.e2e.flows import a_greeting
from testkit.e2e.space import Space, condition


@pytest.fixture(scope="module", autouse=True)
def _hello(here: Space) -> None:
    here.deploy(a_greeting())


def test_to_zero_the_runner_goes_and_triggers_are_refused(here: Space) -> None:
    here.kubectl("scale", "workflow.sluice.dev/hello", "--replicas=0")

    stopped = kubectl.see(here.namespace, "workflows", "hello", _is_stopped)
    answer = here.trigger("hello", {"name": "Ada"})
    assert stopped["status"]["stoppedReason"] == "Suspended"
    assert stopped["status"]["replicas"] == 0
    assert (condition(stopped, "Ready")["reason"], condition(stopped, "Active")["status"]) == (
        "Suspended",
        "False",
    )
    assert pods(here) == []
    assert (answer.code, "replicas" in answer.body["detail"]) == (409, True)


def test_a_run_that_kubectl_creates_is_refused_with_the_way_out(here: Space) -> None:
    here.kubectl("scale", "workflow.sluice.dev/hello", "--replicas=0")
    kubectl.see(here.namespace, "workflows", "hello", _is_stopped)

    status = here.ended(here.create_run("hello", inputs={"name": "Ada"}))

    [shown] = status["conditions"]
    assert (status["phase"], shown["reason"]) == ("Failed", "Suspended")
    assert "kubectl scale workflow hello --replicas=1" in shown["message"]


def test_back_to_one_it_works(here: Space) -> None:
    here.kubectl("scale", "workflow.sluice.dev/hello", "--replicas=1")

    here.ready("hello")
    answer = here.trigger("hello", {"name": "Ada"})

    assert (answer.code, len(pods(here))) == (200, 1)
    assert here.workflow("hello")["status"].get("stoppedReason") is None


def test_two_replicas_share_the_runs(here: Space) -> None:
    here.kubectl("scale", "workflow.sluice.dev/hello", "--replicas=2")
    kubectl.wait(here.namespace, "deployment/workflow-hello", "jsonpath={.status.readyReplicas}=2")

    names = [here.create_run("hello", inputs={"name": str(number)}) for number in range(6)]

    assert {here.ended(name)["phase"] for name in names} == {"Succeeded"}


def _is_stopped(workflow: kubectl.Manifest) -> bool:
    status: kubectl.Manifest = workflow.get("status", {})
    return bool(status.get("deploymentStatus") == "Stopped")


def pods(here: Space) -> list[kubectl.Manifest]:
    """The runner's pods that have not ended, leaving ones too."""
    ended = "status.phase!=Succeeded,status.phase!=Failed"
    chosen = ("-l", "sluice.dev/workflow=hello", "--field-selector", ended)
    return kubectl.items("-n", here.namespace, "pods", *chosen)
