"""The leading operator dies while a run goes on: the run ends, and no step of it is repeated."""

import time

import pytest

from testkit.e2e import kubectl, release
from testkit.e2e.flows import a_long_workflow, a_step, a_workflow
from testkit.e2e.space import Space

RUN_SECONDS = 12
TAKEOVER_SECONDS = 10  # the Lease's 5, and what it takes to list and adopt


@pytest.fixture(autouse=True)
def _whole_again() -> None:
    release.available()


def test_the_run_ends_on_the_same_attempt(recorded: Space) -> None:
    recorded.deploy(a_long_workflow("long", recorded.recorder(), RUN_SECONDS))
    started = time.monotonic()
    name = recorded.create_run("long")
    recorded.see_post("/long/before")
    leader = release.leader()

    kill(leader)
    status = recorded.ended(name)

    assert (status["phase"], status["attempt"]) == ("Succeeded", 1)
    assert recorded.posted() == {"/long/before": 1, "/long/after": 1}
    assert time.monotonic() - started < RUN_SECONDS + TAKEOVER_SECONDS
    assert release.leader() != leader


def test_what_ends_while_nobody_leads_is_written_by_the_next(recorded: Space) -> None:
    recorded.deploy(a_long_workflow("short", recorded.recorder(), 2))
    name = recorded.create_run("short")
    recorded.see_post("/short/before")

    kill(release.leader())
    recorded.see_post("/short/after", 10)
    status = recorded.ended(name, 20)

    assert (status["phase"], status["attempt"]) == ("Succeeded", 1)
    assert [step["name"] for step in status["steps"]] == ["before", "pause", "after"]
    assert recorded.posted()["/short/before"] == recorded.posted()["/short/after"] == 1


def test_a_run_created_while_nobody_leads_is_executed(recorded: Space) -> None:
    recorded.deploy(a_long_workflow("later", recorded.recorder(), 0))
    kill(release.leader())

    answer = recorded.trigger("later", seconds=30)

    assert (answer.code, answer.body["status"]) == (200, "succeeded")
    assert recorded.posted()["/later/after"] == 1


def test_a_child_run_that_is_waited_for_is_found_by_the_next_leader(recorded: Space) -> None:
    outer = a_workflow("outer", a_step("sub", "workflow.run", workflow="inner"))
    recorded.deploy(a_long_workflow("inner", recorded.recorder(), RUN_SECONDS), outer)
    name = recorded.create_run("outer")
    recorded.see_post("/inner/before")

    kill(release.leader())
    status = recorded.ended(name)

    runs = kubectl.items("-n", recorded.namespace, "workflowruns.sluice.dev")
    [child] = [run for run in runs if run["spec"]["workflow"] == "inner"]
    assert (status["phase"], status["attempt"]) == ("Succeeded", 1)
    assert status["output"]["run"] == child["metadata"]["name"]
    assert recorded.posted()["/inner/before"] == recorded.posted()["/inner/after"] == 1


def kill(pod: str) -> None:
    """As when its node loses power: no signal that it could answer."""
    kubectl.run("-n", release.NAMESPACE, "delete", "pod", pod, "--grace-period=0", "--force")
