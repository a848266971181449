"""The gateway dies before or after it made a run: a caller who repeats the request has one run."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from testkit.e2e import kubectl, release
from testkit.e2e.asking import Answer
from testkit.e2e.flows import a_long_workflow
from testkit.e2e.killing import kill_pod
from testkit.e2e.space import Space

RUN_SECONDS = 6
GATEWAY = "deployment/sluice-gateway"


@pytest.fixture(autouse=True)
def _whole_again() -> None:
    release.available()


def trigger(space: Space, workflow: str, key: str) -> Answer:
    """A trigger with a key, which may be repeated."""
    url = f"http://workflow-{workflow}.{space.namespace}.svc/trigger"
    return space.call(url, {"sync": True}, seconds=30, **{"Idempotency-Key": key})


def runs(space: Space, workflow: str) -> int:
    found = kubectl.items("-n", space.namespace, "workflowruns.sluice.dev")
    return sum(run["spec"]["workflow"] == workflow for run in found)


def test_after_the_create_the_run_goes_on_and_is_found_again(recorded: Space) -> None:
    recorded.deploy(a_long_workflow("kept", recorded.recorder(), RUN_SECONDS))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(trigger, recorded, "kept", "once")
        recorded.see_post("/kept/before")
        for pod in release.component("gateway"):
            kill_pod(release.NAMESPACE, pod["metadata"]["name"])
        broken = first.result()
    release.available()

    again = trigger(recorded, "kept", "once")

    assert broken.code == 0
    assert (again.code, again.body["status"]) == (200, "succeeded")
    assert recorded.posted()["/kept/before"] == recorded.posted()["/kept/after"] == 1
    assert runs(recorded, "kept") == 1


def test_before_the_create_there_is_no_run_and_a_repetition_makes_one(recorded: Space) -> None:
    recorded.deploy(a_long_workflow("made", recorded.recorder(), 0))
    kubectl.run("-n", release.NAMESPACE, "scale", GATEWAY, "--replicas=0")
    words = ("wait", "pod", "-l", "app.kubernetes.io/component=gateway", "--for=delete")
    kubectl.run("-n", release.NAMESPACE, *words, "--timeout=60s")

    broken = trigger(recorded, "made", "once")
    before = runs(recorded, "made")
    kubectl.run("-n", release.NAMESPACE, "scale", GATEWAY, "--replicas=2")
    release.available()
    again = [trigger(recorded, "made", "once") for _ in range(2)]

    assert (broken.code, before) == (0, 0)
    assert [(one.code, one.body["status"]) for one in again] == [(200, "succeeded")] * 2
    assert again[0].body["execution_id"] == again[1].body["execution_id"]
    assert runs(recorded, "made") == 1
