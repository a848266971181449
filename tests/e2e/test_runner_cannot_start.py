"""A runner that does not come up says so in the kubelet's words; mended, waiting runs go on."""

import pytest

from testkit.e2e import kubectl
from testkit.e2e.flows import a_greeting
from testkit.e2e.space import NO_SUCH_IMAGE, Space, condition


@pytest.fixture(scope="module")
def waiting(here: Space) -> str:
    """A run of a workflow whose image does not exist."""
    here.apply(a_greeting(runner={"image": NO_SUCH_IMAGE}))
    return here.create_run("hello", inputs={"name": "Ada"})


def test_the_workflow_says_so(here: Space, waiting: str) -> None:
    seen = kubectl.see(
        here.namespace,
        "workflows",
        "hello",
        lambda it: condition(it, "Ready").get("reason") == "RunnerFailed",
        30,
    )

    ready = condition(seen, "Ready")
    assert ready["status"] == "False"
    assert NO_SUCH_IMAGE in ready["message"]
    assert "kubectl logs" in ready["message"] or "kubectl describe" in ready["message"]
    assert condition(seen, "Active")["status"] == "False"
    assert seen["status"]["deploymentStatus"] == "Failed"


def test_the_run_that_waits_says_so(here: Space, waiting: str) -> None:
    seen = here.see_run(
        waiting, lambda it: condition(it, "Succeeded").get("reason") == "RunnerFailed", 30
    )

    assert seen["status"]["phase"] == "Pending"
    assert NO_SUCH_IMAGE in condition(seen, "Succeeded")["message"]


def test_an_image_that_no_plan_lists_is_not_permitted(here: Space) -> None:
    here.apply(a_greeting("other", runner={"image": "localhost/not-listed:1"}))

    seen = kubectl.see(
        here.namespace, "workflows", "other", lambda it: condition(it, "Valid") != {}
    )

    assert condition(seen, "Valid")["reason"] == "PlanLimitExceeded"
    assert "localhost/not-listed:1" in condition(seen, "Valid")["message"]


def test_mended_the_waiting_run_is_executed(here: Space, waiting: str) -> None:
    here.deploy(a_greeting())

    status = here.ended(waiting)

    assert (status["phase"], status["output"]) == ("Succeeded", {"greeting": "Hello, Ada!"})
