"""Runners stop and start by annotations, which touch no spec; what has begun ends first."""

import pytest

from testkit.e2e.flows import a_greeting, a_step, a_workflow
from testkit.e2e.space import Space, condition, is_running


@pytest.fixture(scope="module", autouse=True)
def _flows(here: Space) -> None:
    here.deploy(
        a_greeting(),
        a_greeting("idle", lifecycle={"policy": "IdleShutdown"}),
        a_workflow("long", a_step("pause", "wait", seconds=8)),
    )


def test_stopped_an_always_on_workflow_refuses_triggers_until_it_is_started(here: Space) -> None:
    before = here.workflow("hello")["metadata"]["generation"]

    here.ask("hello", "stop")
    stopped = here.is_at("hello", "Stopped")
    refused = here.trigger("hello", {"name": "Ada"})
    by_hand = here.ended(here.create_run("hello", inputs={"name": "Ada"}))
    here.ask("hello", "start")
    started = here.is_at("hello", "Running")
    answer = here.trigger("hello", {"name": "Ada"})

    assert stopped["status"]["stoppedReason"] == "Manual"
    assert condition(stopped, "Ready")["reason"] == "Stopped"
    assert (refused.code, "start it" in refused.body["detail"]) == (409, True)
    assert (by_hand["phase"], by_hand["conditions"][0]["reason"]) == ("Failed", "Stopped")
    assert (answer.code, started["metadata"]["generation"]) == (200, before)
    assert "Stopped" in here.events("hello")


def test_stopped_one_that_shuts_down_when_idle_is_woken_by_the_next_trigger(here: Space) -> None:
    up = here.is_at("idle", "Running")
    assert up["status"]["nextTransitionTime"]

    here.ask("idle", "stop")
    stopped = here.is_at("idle", "Stopped")
    answer = here.trigger("idle", {"name": "Ada"})

    assert stopped["status"]["stoppedReason"] == "Manual"
    assert condition(stopped, "Ready")["status"] == "True"
    assert answer.code == 200
    here.is_at("idle", "Running")


def test_a_run_that_has_begun_is_finished_before_the_runner_stops(here: Space) -> None:
    run = here.create_run("long")
    here.see_run(run, is_running)

    here.ask("long", "stop")

    status = here.ended(run)
    assert (status["phase"], status["attempt"]) == ("Succeeded", 1)
    here.is_at("long", "Stopped")


def test_a_draft_loses_its_runner_and_an_active_one_has_it_again(here: Space) -> None:
    here.kubectl(
        "patch", "workflow.sluice.dev/idle", "--type=merge", '-p={"spec":{"state":"Draft"}}'
    )
    draft = here.is_at("idle", "NotDeployed")
    refused = here.trigger("idle", {"name": "Ada"})
    here.kubectl(
        "patch", "workflow.sluice.dev/idle", "--type=merge", '-p={"spec":{"state":"Active"}}'
    )

    assert condition(draft, "Ready")["reason"] == "Draft"
    assert refused.code in (0, 409)  # the name behind which it is triggered is gone as well
    here.is_at("idle", "Running")  # its last run was minutes ago
