"""A workflow's parts over the installed gateway: its steps, their connections, its schedule."""

from typing import Any

import pytest

from cluster.waiting import until
from testkit.e2e import asking, callers
from testkit.e2e.callers import Caller, Callers, Refusal, see_refused
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space

FLOW = "/workflows/orders"
CLOCK = f"{FLOW}/schedule"
JANUARY = {"cron_expression": "0 9 1 1 *", "timezone": "America/New_York"}
STALE = {"If-Match": '"0"'}


@pytest.fixture(scope="module")
def by(here: Space) -> Callers:
    first, last = (a_step(name, "log", needs=[], message=name) for name in ("say", "bye"))
    here.apply(a_workflow("orders", first, last, lifecycle={"policy": "OnDemand"}))
    here.is_at("orders", "Stopped")
    return callers.callers(here)


def steps(here: Space) -> dict[str, Manifest]:
    return {step["name"]: step for step in here.workflow("orders")["spec"]["steps"]}


def schedule(here: Space) -> Manifest:
    """What the trigger holds, and whether it is on; {} where there is none."""
    triggers = here.workflow("orders")["spec"].get("triggers", [])
    found: Manifest = next((one for one in triggers if one["name"] == "schedule"), {})
    return {**found["schedule"], "enabled": found.get("enabled", True)} if found else {}


@pytest.mark.parametrize("noun", ["steps", "nodes"])
def test_a_step_is_added_changed_and_removed(here: Space, by: Callers, noun: str) -> None:
    one = f"{FLOW}/{noun}/more"
    body = {"id": "more", "nodeId": "log", "config": {"message": "hello"}}

    added = by["edit"].ask("POST", f"{FLOW}/{noun}", body)
    listed = by["view"].ask("GET", f"{FLOW}/{noun}")
    changed = by["edit"].ask("PUT", one, {"config": {"level": "debug"}, "label": "Say more"})
    mapped = by["edit"].ask("PUT", f"{one}/input-mappings", {"mappings": {"day": "inputs.day"}})
    passed = by["edit"].ask("PUT", f"{one}/passthrough-values", {"values": {"id": "inputs.id"}})
    shown = by["view"].ask("GET", one)
    step = steps(here)["more"]
    gone = by["edit"].ask("DELETE", one)
    none = by["view"].ask("GET", one)

    codes = [it.code for it in (added, listed, changed, mapped, passed, shown, gone, none)]
    assert codes == [201, 200, 200, 200, 200, 200, 200, 404]
    assert [node["id"] for node in listed.body["nodes"]] == ["say", "bye", "more"]
    assert step["with"] == {"message": "hello", "level": "debug"}
    assert (step["title"], step["needs"]) == ("Say more", [])
    assert (step["inputs"], step["passthrough"]) == ({"day": "inputs.day"}, {"id": "inputs.id"})
    assert shown.body["node"]["inputMappings"] == {"day": "inputs.day"}
    assert list(steps(here)) == ["say", "bye"]


def test_steps_are_connected_and_disconnected(here: Space, by: Callers) -> None:
    ends = {"sourceNodeId": "say", "targetNodeId": "bye"}

    made = by["edit"].ask("POST", f"{FLOW}/connections", ends)
    connected = steps(here)["bye"]["needs"]
    twice = by["edit"].ask("POST", f"{FLOW}/connections", ends)
    gone = by["edit"].ask("DELETE", f"{FLOW}/connections/{made.body['connectionId']}")

    assert (made.code, twice.code, gone.code) == (201, 409, 200)
    assert (connected, steps(here)["bye"]["needs"]) == (["say"], [])
    assert [one["nodeId"] for one in gone.body["warnings"]] == ["bye"]


def test_a_schedule_is_made_changed_and_taken_away(here: Space, by: Callers) -> None:
    none = by["view"].ask("GET", CLOCK)
    made = by["edit"].ask("POST", CLOCK, JANUARY)
    trigger = schedule(here)
    until("its time is known", lambda: _next(by["view"]).endswith("-01-01T14:00:00Z"), 20)
    twice = by["edit"].ask("POST", CLOCK, JANUARY)
    changed = by["edit"].ask("PUT", CLOCK, {"cron_expression": "0 9 2 1 *"})
    until("it is another time", lambda: _next(by["view"]).endswith("-01-02T14:00:00Z"), 20)
    off = by["edit"].ask("PUT", CLOCK, {"enabled": False})
    until("it has no time", lambda: not _next(by["view"]), 20)
    left = schedule(here)
    gone = by["edit"].ask("DELETE", CLOCK)

    codes = [one.code for one in (none, made, twice, changed, off, gone)]
    assert codes == [404, 201, 409, 200, 200, 204]
    assert (trigger["cron"], trigger["enabled"]) == ("0 9 1 1 *", True)
    assert (left["cron"], left["enabled"]) == ("0 9 2 1 *", False)
    assert left["timeZone"] == "America/New_York"
    assert (changed.body["nextRunAt"], schedule(here)) == (None, {})


def _next(caller: Caller) -> str:
    return caller.ask("GET", CLOCK).body["nextRunAt"] or ""


def test_of_two_changes_of_one_version_one_is_refused_and_may_follow(
    here: Space, by: Callers
) -> None:
    made = by["edit"].ask("POST", CLOCK, JANUARY)
    version = by["view"].ask("GET", CLOCK).headers["etag"]
    first = schedule(here)
    bodies = [{"cron_expression": "0 9 2 1 *"}, {"timezone": "Europe/Berlin"}]

    answers = asking.at_once(here.namespace, *(_put(by["edit"], one, version) for one in bodies))
    [late] = [at for at, answer in enumerate(answers) if answer.code == 412]
    lone = schedule(here)
    again = _put(by["edit"], bodies[late], answers[late].headers["etag"])
    [after] = asking.at_once(here.namespace, again)
    whole = schedule(here)

    assert (made.code, made.headers["etag"]) == (201, version)
    assert sorted(answer.code for answer in answers) == [200, 412]
    assert (after.code, by["edit"].ask("DELETE", CLOCK, **STALE).code) == (200, 412)
    assert lone in (first | {"cron": "0 9 2 1 *"}, first | {"timeZone": "Europe/Berlin"})
    assert whole == first | {"cron": "0 9 2 1 *", "timeZone": "Europe/Berlin"}


def _put(caller: Caller, body: Any, version: str) -> asking.Request:
    return caller.request("PUT", CLOCK, body, **{"If-Match": version})


def test_changes_of_no_version_are_all_made(here: Space, by: Callers) -> None:
    names = ["a", "b", "c"]
    body = {"nodeId": "log", "config": {"message": "x"}}

    answers = asking.at_once(
        here.namespace,
        *(by["edit"].request("POST", f"{FLOW}/steps", body | {"id": name}) for name in names),
    )

    assert [one.code for one in answers] == [201, 201, 201]
    assert steps(here).keys() >= {*names}


REFUSED: dict[str, Refusal] = {
    "no right to add a step": ("view", "POST", "steps", {"nodeId": "log"}, {}, 403),
    "no right to see the steps": ("trigger", "GET", "nodes", None, {}, 403),
    "a key that would do nothing": (
        "edit", "POST", "nodes", {"nodeId": "log"}, {"Idempotency-Key": "once"}, 400,
    ),
    "no such step": ("edit", "DELETE", "steps/none", None, {}, 404),
    "a step of another version": ("edit", "DELETE", "steps/say", None, STALE, 412),
    "a name that is taken": ("edit", "POST", "steps", {"name": "say", "action": "log"}, {}, 422),
    "an action that is not known": ("edit", "PUT", "steps/say", {"nodeId": "dance"}, {}, 422),
    "no paths": ("edit", "PUT", "nodes/say/input-mappings", {"mappings": {"a": 1}}, {}, 422),
    "no such step to pass through": (
        "edit", "PUT", "steps/none/passthrough-values", {"values": {}}, {}, 404,
    ),
    "an end that is not there": (
        "edit", "POST", "connections", {"sourceNodeId": "no", "targetNodeId": "say"}, {}, 422,
    ),
    "a circle": (
        "edit", "POST", "connections", {"sourceNodeId": "say", "targetNodeId": "say"}, {}, 422,
    ),
    "no such connection": ("edit", "DELETE", "connections/conn-000000000000", None, {}, 404),
    "a time that never comes": (
        "edit", "POST", "schedule", {"cron_expression": "0 0 31 2 *"}, {}, 422,
    ),
    "no right to have it by the clock": ("view", "PUT", "schedule", {"enabled": True}, {}, 403),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_changes_nothing(here: Space, by: Callers, what: str) -> None:
    before = here.workflow("orders")["spec"]

    see_refused(by, REFUSED[what], f"{FLOW}/")

    assert here.workflow("orders")["spec"] == before
