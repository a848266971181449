"""What is asked of a definition over the installed gateway: is it valid, its scopes, a copy."""

from typing import Any

import pytest

from cluster.waiting import until
from testkit.e2e import callers
from testkit.e2e.callers import Callers, Refusal, see_refused
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space

FLOW = "/workflows/orders"
APP = {"app.kubernetes.io/part-of": "shop"}
HOST = "api.example.com"


def flow(name: str, **spec: Any) -> Manifest:
    """Asleep, since nothing of it is executed here."""
    steps = a_step("call", "http.get", url=f"https://{HOST}/orders"), a_step("say", "log")
    steps[1]["with"] = {"message": "hello"}
    made = a_workflow(name, *steps, lifecycle={"policy": "OnDemand"}, **spec)
    return {**made, "metadata": {"name": name, "labels": APP}}


@pytest.fixture(scope="module")
def by(here: Space) -> Callers:
    here.apply(flow("orders", tags=["shop"]), flow("sketch", state="Draft"))
    here.is_at("orders", "Stopped")
    return callers.callers(here)


def test_it_is_validated_as_it_is_and_as_it_would_be(here: Space, by: Callers) -> None:
    spec = here.workflow("orders")["spec"]
    odd = {"spec": spec | {"steps": [a_step("say", "dance")]}}

    valid = by["view"].ask("POST", f"{FLOW}/validate", {})
    wrong = by["view"].ask("POST", f"{FLOW}/validate", odd)

    assert (valid.code, wrong.code) == (200, 200)
    assert (valid.body["valid"], valid.body["nodeCount"]) == (True, 2)
    assert (wrong.body["valid"], wrong.body["errors"][0]["nodeId"]) == (False, "say")
    assert here.workflow("orders")["spec"] == spec


def test_what_it_may_use_is_what_its_status_shows(here: Space, by: Callers) -> None:
    answer = by["view"].ask("POST", f"{FLOW}/compute-scopes", {})

    assert (answer.code, answer.body["scopes"]) == (200, [f"egress:{HOST}:443"])
    assert here.workflow("orders")["status"]["scopes"] == answer.body["scopes"]


def test_its_steps_are_placed_once(here: Space, by: Callers) -> None:
    first = by["edit"].ask("POST", f"{FLOW}/layout", {})
    again = by["edit"].ask("POST", f"{FLOW}/layout", {})

    assert (first.code, again.code) == (200, 200)
    assert (first.body["nodesRepositioned"], again.body["changed"]) == (2, False)
    places = [step["position"]["left"] for step in here.workflow("orders")["spec"]["steps"]]
    assert places == sorted({*places})


def test_a_copy_is_a_draft_and_one_for_each_key(here: Space, by: Callers) -> None:
    headers = {"Idempotency-Key": "once"}

    made = by["edit"].ask("POST", f"{FLOW}/duplicate", {"name": "Copied"}, **headers)
    again = by["edit"].ask("POST", f"{FLOW}/duplicate", {"name": "Copied"}, **headers)
    other = by["edit"].ask("POST", f"{FLOW}/duplicate", {"name": "Other"}, **headers)
    copy, orders = here.workflow(made.body["id"]), here.workflow("orders")

    assert (made.code, again.code, other.code) == (201, 201, 422)
    assert made.body["id"] == again.body["id"]
    assert (copy["spec"]["state"], copy["spec"]["title"]) == ("Draft", "Copied")
    assert copy["spec"]["steps"] == orders["spec"]["steps"]
    assert by["edit"].user in copy["metadata"]["annotations"].values()


def test_its_state_is_set_and_counted_and_only_an_active_one_is_discovered(
    here: Space, by: Callers
) -> None:
    def discovered() -> list[str]:
        answer = by["view"].ask("GET", "/workflows/discover?appId=shop")
        return [one["endpoints"]["proxy_url"] for one in answer.body]

    host = f"http://workflow-orders.{here.namespace}.svc.cluster.local/trigger"
    until("it is discovered", lambda: discovered() == [host], 20)
    paused = by["edit"].ask("PUT", f"{FLOW}/status", {"status": "paused"})
    refused = by["trigger"].ask("POST", f"{FLOW}/trigger", {})
    state = here.workflow("orders")["spec"]["state"]
    until("it is discovered no more", lambda: discovered() == [], 20)
    stats = by["view"].ask("GET", "/workflows/stats").body
    tagged = by["view"].ask("GET", "/workflows?tag=shop&status=paused")
    resumed = by["edit"].ask("PUT", f"{FLOW}/status", {"status": "active"})

    assert (paused.code, state, refused.code, resumed.code) == (200, "Paused", 409, 200)
    assert refused.body["type"] == "urn:sluice:problem:WorkflowPaused"
    assert (stats["paused"], stats["active"]) == (1, 0)
    assert [one["id"] for one in tagged.body["workflows"]] == ["orders"]
    assert here.workflow("orders")["spec"]["state"] == "Active"


REFUSED: dict[str, Refusal] = {
    "no right to place steps": ("view", "POST", f"{FLOW}/layout", {}, {}, 403),
    "no right to make a copy": ("view", "POST", f"{FLOW}/duplicate", {}, {}, 403),
    "no right to list": ("trigger", "GET", "/workflows/stats", None, {}, 403),
    "nothing to validate": ("view", "POST", "/workflows/none/validate", {}, {}, 404),
    "nothing to copy": ("edit", "POST", "/workflows/none/duplicate", {}, {}, 404),
    "another version": (
        "edit", "PUT", f"{FLOW}/status", {"status": "draft"}, {"If-Match": '"0"'}, 412,
    ),
    "a body that is too large": (
        "edit", "POST", f"{FLOW}/duplicate", {"name": "x" * (1 << 20)}, {}, 413,
    ),
    "a state that is none": ("edit", "PUT", f"{FLOW}/status", {"status": "gone"}, {}, 422),
    "an order that is none": ("view", "GET", "/workflows?sort=colour", None, {}, 422),
    "a name that is too long": ("edit", "POST", f"{FLOW}/duplicate", {"name": "x" * 251}, {}, 422),
    "no app": ("view", "GET", "/workflows/discover", None, {}, 422),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_changes_nothing(here: Space, by: Callers, what: str) -> None:
    before = here.kubectl("get", "workflows.sluice.dev", "-o", "jsonpath={.items[*].spec}")

    see_refused(by, REFUSED[what])

    after = here.kubectl("get", "workflows.sluice.dev", "-o", "jsonpath={.items[*].spec}")
    assert after == before
