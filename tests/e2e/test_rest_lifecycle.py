"""When a runner is up, told over the installed gateway: what is asked for is what comes about."""

from datetime import UTC, datetime
from typing import Any

import pytest

from testkit.e2e import callers
from testkit.e2e.callers import Callers, Refusal, see_refused
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space

FLOW, ASLEEP = "/workflows/orders", "/workflows/asleep"
STALE = {"If-Match": '"0"'}


def flow(name: str, **spec: Any) -> Manifest:
    return a_workflow(name, a_step("say", "log", message="hello"), **spec)


@pytest.fixture(scope="module")
def by(here: Space) -> Callers:
    here.apply(
        flow("orders", state="Draft"),
        flow("asleep", lifecycle={"policy": "OnDemand"}),
        flow("draft", state="Draft"),
        flow("old", state="Archived"),
    )
    here.is_at("asleep", "Stopped")
    here.is_at("old", "NotDeployed")
    return callers.callers(here)


def test_it_is_deployed_stopped_started_and_undeployed(here: Space, by: Callers) -> None:
    deployed = by["edit"].ask("POST", f"{FLOW}/deploy", {})
    running = here.is_at("orders", "Running")
    up = by["view"].ask("GET", f"{FLOW}/lifecycle")
    stopped = by["edit"].ask("POST", f"{FLOW}/stop", {})
    asleep = here.is_at("orders", "Stopped")
    down = by["view"].ask("GET", f"{FLOW}/lifecycle")
    refused = by["trigger"].ask("POST", f"{FLOW}/trigger", {})
    started = by["edit"].ask("POST", f"{FLOW}/start", {"replicas": 1})
    here.is_at("orders", "Running")
    ran = by["trigger"].ask("POST", f"{FLOW}/trigger", {"sync": True})
    undeployed = by["edit"].ask("POST", f"{FLOW}/undeploy", {})
    gone = here.is_at("orders", "NotDeployed")

    answers = (deployed, up, stopped, down, refused, started, ran, undeployed)
    assert [one.code for one in answers] == [200, 200, 200, 200, 409, 200, 200, 200]
    assert (deployed.body["status"], undeployed.body["status"]) == ("active", "draft")
    assert (running["spec"]["state"], gone["spec"]["state"]) == ("Active", "Draft")
    assert up.body["deploymentStatus"] == "running"
    assert (down.body["deploymentStatus"], down.body["stoppedReason"]) == ("stopped", "manual")
    assert (asleep["status"]["stoppedReason"], asleep["spec"]) == ("Manual", running["spec"])
    assert refused.body["type"] == "urn:sluice:problem:WorkflowStopped"
    assert gone["spec"]["replicas"] == 1


def test_a_policy_that_is_set_is_followed(here: Space, by: Callers) -> None:
    day = (datetime.now(UTC).isoweekday() + 3) % 7
    windows = [{"days": [day], "startTime": "09:00", "endTime": "10:00"}]
    closed = {"type": "scheduled-window", "schedule": {"timezone": "UTC", "windows": windows}}

    always = by["edit"].ask("PUT", f"{ASLEEP}/lifecycle", {"type": "always-on"})
    here.is_at("asleep", "Running")
    window = by["edit"].ask("PUT", f"{ASLEEP}/lifecycle", closed)
    outside = here.is_at("asleep", "Stopped")
    told = by["view"].ask("GET", f"{ASLEEP}/lifecycle")
    idle = {"type": "idle-shutdown", "idleTimeoutMinutes": 45}
    changed = by["edit"].ask("PUT", f"{ASLEEP}/lifecycle", idle)

    assert [one.code for one in (always, window, told, changed)] == [200, 200, 200, 200]
    assert outside["spec"]["lifecycle"]["window"]["windows"] == windows
    assert outside["status"]["stoppedReason"] == "OutsideWindow"
    assert told.body["lifecyclePolicy"]["schedule"]["windows"] == windows
    assert told.body["stoppedReason"] == "outside-window"
    opens = datetime.fromisoformat(told.body["nextTransitionAt"])
    assert (opens.isoweekday() % 7, opens.hour) == (day, 9)
    assert here.workflow("asleep")["spec"]["lifecycle"] == {
        "policy": "IdleShutdown",
        "idleTimeoutMinutes": 45,
    }


ALWAYS = {"type": "always-on"}
REFUSED: dict[str, Refusal] = {
    "no right to deploy": ("view", "POST", "orders/deploy", {}, {}, 403),
    "no right to see when it is up": ("trigger", "GET", "orders/lifecycle", None, {}, 403),
    "no such workflow": ("edit", "POST", "none/undeploy", {}, {}, 404),
    "a draft has no runner to start": ("edit", "POST", "draft/start", {}, {}, 409),
    "nor has one that is archived": ("edit", "POST", "old/stop", {}, {}, 409),
    "which takes no other policy": ("edit", "PUT", "old/lifecycle", {"type": "on-demand"}, {}, 422),
    "another version": ("edit", "POST", "asleep/stop", {}, STALE, 412),
    "another version of the policy": ("edit", "PUT", "asleep/lifecycle", ALWAYS, STALE, 412),
    "no pods": ("edit", "POST", "asleep/start", {"replicas": 0}, {}, 422),
    "an unknown field": ("edit", "POST", "asleep/stop", {"now": True}, {}, 422),
    "an unknown policy": ("edit", "PUT", "asleep/lifecycle", {"type": "sometimes"}, {}, 422),
    "a window without hours": (
        "edit", "PUT", "asleep/lifecycle", {"type": "scheduled-window"}, {}, 422,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_changes_nothing(here: Space, by: Callers, what: str) -> None:
    before = _as_people_left_them(here)

    see_refused(by, REFUSED[what], "/workflows/")

    assert _as_people_left_them(here) == before


def _as_people_left_them(here: Space) -> str:
    parts = "{.metadata.annotations}{.spec}"
    return here.kubectl("get", "workflows.sluice.dev", "-o", f"jsonpath={{range .items[*]}}{parts}")
