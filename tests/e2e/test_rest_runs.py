"""Runs over the installed gateway: set off, looked at, cancelled and tried again by role."""

from typing import Any

import pytest

from testkit.e2e import callers
from testkit.e2e.callers import Callers, see_refused
from testkit.e2e.flows import a_greeting, a_step, a_workflow
from testkit.e2e.space import Space, condition, is_running

GREET = "/workflows/hello"
NAME = {"inputs": {"name": "Ada"}}


@pytest.fixture(scope="module")
def by(here: Space) -> Callers:
    long = a_workflow("long", a_step("pause", "wait", seconds=600))
    here.deploy(a_greeting(), long)
    return callers.callers(here)


def test_a_run_that_is_set_off_is_a_workflowrun_with_its_caller(here: Space, by: Callers) -> None:
    answer = by["trigger"].ask("POST", f"{GREET}/trigger", NAME | {"sync": True})
    run = here.run(answer.body["execution_id"])
    seen = by["trigger"].ask("GET", f"/runs/{run['metadata']['name']}")
    logs = by["view"].ask("GET", f"/runs/{run['metadata']['name']}/logs")

    assert (answer.code, seen.code, logs.code) == (200, 200, 200)
    assert answer.body["output"] == {"greeting": "Hello, Ada!"}
    assert run["spec"]["inputs"] == {"name": "Ada"}
    assert (run["status"]["phase"], seen.body["status"]) == ("Succeeded", "succeeded")
    assert logs.body["count"] > 0


def test_a_run_is_cancelled_by_who_may_and_then_tried_again(here: Space, by: Callers) -> None:
    begun = by["trigger"].ask("POST", "/workflows/long/run", {})
    name = begun.body["executionId"]
    here.see_run(name, is_running)
    refused = by["trigger"].ask("POST", f"/runs/{name}/cancel", {})
    pending = by["view"].ask("GET", "/runs/pending")
    asked = by["edit"].ask("POST", f"/runs/{name}/cancel", {})
    status = here.ended(name)
    late = by["edit"].ask("POST", f"/runs/{name}/cancel", {})
    again = by["trigger"].ask("POST", f"/runs/{name}/retry", {})
    cleared = by["edit"].ask("POST", "/runs/clear", {})

    codes = [one.code for one in (begun, refused, asked, late, again, cleared)]
    assert codes == [201, 403, 202, 409, 201, 200]
    assert [one["executionId"] for one in pending.body["runs"]] == [name]
    assert status["phase"] == "Cancelled"
    assert condition({"status": status}, "Succeeded")["status"] == "False"
    assert here.ended(again.body["executionId"])["phase"] == "Cancelled"


REFUSED: dict[str, tuple[str, str, str, Any, int]] = {
    "no right to set it off": ("view", "POST", f"{GREET}/trigger", NAME, 403),
    "no right to put steps in its place": ("trigger", "POST", f"{GREET}/execute", NAME, 403),
    "no such workflow": ("trigger", "POST", "/workflows/none/trigger", NAME, 404),
    "no such run": ("view", "GET", "/runs/none", None, 404),
    "inputs that the workflow does not take": ("trigger", "POST", f"{GREET}/trigger", {}, 422),
    "an unknown field": ("trigger", "POST", f"{GREET}/run", {"x": 1}, 422),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_makes_no_run(here: Space, by: Callers, what: str) -> None:
    who, method, path, body, code = REFUSED[what]
    before = here.kubectl("get", "flowrun", "-o", "name")

    see_refused(by, (who, method, path, body, {}, code))

    assert here.kubectl("get", "flowrun", "-o", "name") == before
