"""An event starts every workflow that waits for it; so do the ends of runs, and nothing loops."""

from typing import Any

import pytest

from cluster.waiting import until
from testkit.e2e import kubectl
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space

ALARM = "alarm"


def on(type_: str, **more: Any) -> list[dict[str, Any]]:
    return [{"name": "on", "event": {"type": type_, **more}}]


def runs_of(here: Space, workflow: str) -> list[Manifest]:
    found = kubectl.items("-n", here.namespace, "workflowruns.sluice.dev")
    return [one for one in found if one["spec"]["workflow"] == workflow]


def first_end(here: Space, workflow: str) -> Manifest:
    until(f"a run of {workflow}", lambda: bool(runs_of(here, workflow)), 60)
    return here.ended(runs_of(here, workflow)[0]["metadata"]["name"])


@pytest.fixture(scope="module", autouse=True)
def _flows(here: Space) -> None:
    paid = a_step("tell", "publish", type="order.paid", data={"total": "{{ inputs.total }}"})
    tally = a_step("note", "transform", template="{{ inputs.total }}")
    alarm = a_step("note", "fail", message="{{ inputs.workflow }}")
    here.deploy(
        a_workflow("shop", paid),
        a_workflow("big", tally, triggers=on("order.paid", filter="event.data.total > 100")),
        a_workflow("small", tally, triggers=on("order.paid", match={"data.total": 1})),
        a_workflow("bad", a_step("breaks", "fail", message="no")),
        a_workflow(
            ALARM,
            alarm,
            triggers=[
                {"name": "run", "event": {"type": "workflows.run.failed"}},
                {"name": "step", "event": {"type": "workflows.step.failed"}},
            ],
        ),
    )


def test_a_step_publishes_and_another_workflow_runs(here: Space) -> None:
    answer = here.trigger("shop", {"total": 120})

    told = answer.body["output"]
    [started] = told["runs"]
    assert started["workflow"] == "big"
    assert here.ended(started["run"])["output"] == 120
    assert runs_of(here, "small") == []


def test_a_program_publishes_and_is_told_what_came_of_it(here: Space) -> None:
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "/till",
        "type": "order.paid",
        "data": {"total": 1},
    }
    headers = {"Content-Type": "application/cloudevents+json"}

    first = here.call(here.api("/events"), event, **headers)
    again = here.call(here.api("/workflows/events"), event, **headers)  # the same, elsewhere

    told = {one["workflowId"]: one for one in first.body["results"]}
    assert first.code == 200, first.body
    assert (told["small"]["status"], told["big"]["status"]) == ("started", "skipped")
    assert told["big"]["message"] == "filter: it is false"
    assert again.body == first.body
    assert here.ended(told["small"]["executionId"])["output"] == 1


def test_a_failure_starts_its_handlers_once_and_their_own_failure_starts_none(here: Space) -> None:
    name = here.create_run("bad")
    here.ended(name)

    until("both handlers have run", lambda: len(runs_of(here, ALARM)) == 2, 60)
    ends = [here.ended(one["metadata"]["name"]) for one in runs_of(here, ALARM)]
    here.ended(here.create_run("bad"))
    until("both have run again", lambda: len(runs_of(here, ALARM)) >= 4, 60)
    for one in runs_of(here, ALARM):
        here.ended(one["metadata"]["name"])

    said = {one["spec"]["trigger"]["name"]: one["spec"] for one in runs_of(here, ALARM)}
    assert [end["phase"] for end in ends] == ["Failed", "Failed"]
    assert said["run"]["inputs"]["workflow"] == "bad"
    assert said["step"]["inputs"]["step"] == "breaks"
    assert len(runs_of(here, ALARM)) == 4, "a handler that fails sets no handler off"
