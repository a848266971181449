"""Runs over the installed gateway: tried out, with steps of the caller, followed, cleared."""

import json
from typing import Any

import pytest

from cluster.waiting import until
from testkit.e2e import callers
from testkit.e2e.callers import Callers, Refusal, see_refused
from testkit.e2e.flows import a_greeting, a_step, a_workflow
from testkit.e2e.space import Space

GREET, LONG = "/workflows/hello", "/workflows/long"
MINE = {"steps": [a_step("mine", "transform", template="{{ inputs.name }}!")]}


@pytest.fixture(scope="module")
def by(here: Space) -> Callers:
    here.deploy(a_greeting(), a_workflow("long", a_step("pause", "wait", seconds=600)))
    return callers.callers(here)


@pytest.fixture(scope="module")
def greeted(here: Space, by: Callers) -> str:
    """A run that ended well."""
    answer = by["trigger"].ask("POST", f"{GREET}/run", {"inputs": {"name": "Ada"}})
    name: str = answer.body["executionId"]
    assert here.ended(name)["phase"] == "Succeeded"
    return name


def test_a_test_run_answers_all_of_the_run(here: Space, by: Callers) -> None:
    tried = by["trigger"].ask("POST", f"{GREET}/test", {"eventPayload": {"name": "Ada"}})
    run = here.run(tried.body["executionId"])

    assert (tried.code, tried.body["status"]) == (200, "succeeded")
    assert tried.body["output"] == run["status"]["output"] == {"greeting": "Hello, Ada!"}
    assert run["spec"]["trigger"]["type"] == "Test"


def test_steps_of_the_callers_are_executed_for_each_entity(here: Space, by: Callers) -> None:
    body = {"definition": MINE, "inputs": {"name": "Ada"}, "entities": ["a", "b"]}

    executed = by["edit"].ask("POST", f"{GREET}/execute", body)
    status = here.ended(executed.body["executionId"])
    spec = here.run(executed.body["executionId"])["spec"]

    assert executed.code == 201
    assert (status["phase"], status["progress"]["completed"]) == ("Succeeded", 2)
    assert (spec["definition"]["steps"][0]["name"], spec["entities"]) == ("mine", ["a", "b"])


def test_a_run_is_found_by_its_workflow_and_its_phase(by: Callers, greeted: str) -> None:
    of_phase = by["view"].ask("GET", "/runs?workflow=hello&phase=Succeeded&limit=500")
    page = by["view"].ask("GET", f"{GREET}/runs?limit=1")
    shown = [
        by["view"].ask("GET", f"{path}/{greeted}")
        for path in ("/runs", f"{GREET}/runs", f"{GREET}/executions")
    ]
    wrong = by["view"].ask("GET", f"{LONG}/runs/{greeted}")

    assert greeted in [one["executionId"] for one in of_phase.body["runs"]]
    assert (page.code, page.body["count"]) == (200, 1)
    assert [(one.code, one.body["executionId"]) for one in shown] == [(200, greeted)] * 3
    assert wrong.code == 404


def test_a_run_is_followed_to_its_end(by: Callers) -> None:
    begun = by["trigger"].ask("POST", f"{GREET}/run", {"inputs": {"name": "Ada"}})

    told = by["view"].ask("GET", f"/runs/{begun.body['executionId']}/events")

    *_, last = told.body.strip().split("\n\n")
    name, data = (line.partition(": ")[2] for line in last.splitlines())
    assert (told.code, name, json.loads(data)["status"]) == (200, "end", "succeeded")


def test_those_that_go_on_are_listed_and_cleared(here: Space, by: Callers) -> None:
    names = {by["trigger"].ask("POST", f"{LONG}/run", {}).body["executionId"] for _ in range(3)}
    pending = by["view"].ask("GET", "/runs/pending")
    refused = by["trigger"].ask("POST", "/runs/clear", {})
    cleared = by["edit"].ask("POST", "/runs/clear", {})
    phases = {here.ended(name)["phase"] for name in names}
    left = by["view"].ask("GET", "/runs/pending")

    assert {one["executionId"] for one in pending.body["runs"]} == names
    assert (refused.code, cleared.code, cleared.body["cancelled"]) == (403, 200, 3)
    assert (phases, left.body["count"]) == ({"Cancelled"}, 0)


def test_how_its_runs_went_is_counted(by: Callers, greeted: str) -> None:
    def told() -> dict[str, Any]:
        answer = by["view"].ask("GET", f"{GREET}/health")
        found: dict[str, Any] = answer.body
        return found

    until(f"{greeted} is counted", lambda: told()["successRuns24h"] > 0, 30)
    shown = told()
    assert (shown["failedRuns24h"], shown["successRatePercent"]) == (0, 100)
    assert shown["totalRuns30d"] == shown["successRuns30d"] >= shown["totalRuns24h"]


REFUSED: dict[str, Refusal] = {
    "no right to try it": ("view", "POST", f"{GREET}/test", {}, {}, 403),
    "no right to its health": ("trigger", "GET", f"{GREET}/health", None, {}, 403),
    "nothing to try": ("trigger", "POST", "/workflows/none/test", {}, {}, 404),
    "no such run": ("view", "GET", "/runs/none/events", None, {}, 404),
    "no key at all": ("trigger", "POST", f"{GREET}/test", {}, {"Idempotency-Key": " "}, 400),
    "no such phase": ("view", "GET", "/runs?phase=Odd", None, {}, 422),
    "no page before": ("view", "GET", "/runs?continue=odd", None, {}, 400),
    "inputs that are missing": ("trigger", "POST", f"{GREET}/test", {"eventPayload": {}}, {}, 422),
    "no such trigger": ("trigger", "POST", f"{GREET}/test", {"trigger": "none"}, {}, 422),
    "steps of nothing": ("edit", "POST", f"{GREET}/execute", {"definition": {}}, {}, 422),
    "steps in place of those of the workflow": (
        "trigger", "POST", f"{GREET}/run", {"definition": MINE}, {}, 403,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_makes_no_run(here: Space, by: Callers, what: str) -> None:
    before = here.kubectl("get", "flowrun", "-o", "name")

    see_refused(by, REFUSED[what])

    assert here.kubectl("get", "flowrun", "-o", "name") == before
