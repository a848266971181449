"""Versions over the installed gateway: one gets a tag, another follows, the first comes back."""

from cluster.waiting import until
from testkit.e2e import callers
from testkit.e2e.callers import Caller
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space

FLOW = "/workflows/orders"


def flow(message: str) -> Manifest:
    step = a_step("say", "log", message=message)
    return a_workflow("orders", step, lifecycle={"policy": "OnDemand"})


def test_a_version_is_tagged_and_an_old_one_comes_back(here: Space) -> None:
    by = callers.callers(here)
    made = by["edit"].ask("POST", "/workflows", flow("hello"))
    here.is_at("orders", "Stopped")

    tagged = by["edit"].ask("POST", f"{FLOW}/versions", {"versionTag": "first"})
    changed = by["edit"].ask("PUT", FLOW, flow("bye"))
    assert (made.code, tagged.code, changed.code) == (201, 201, 200), (tagged.body, changed.body)
    until("it has two versions", lambda: _numbers(by["view"]) == [1, 2], 30)
    forbidden = by["view"].ask("POST", f"{FLOW}/versions/1/rollback", {})
    back = by["edit"].ask("POST", f"{FLOW}/versions/1/rollback", {})

    assert (forbidden.code, back.code) == (403, 200), back.body
    assert here.workflow("orders")["spec"]["steps"][0]["with"] == {"message": "hello"}
    first = here.kubectl("get", "controllerrevision.apps/workflow-orders-v1", "-o", "yaml")
    assert "sluice.dev/version-tag: first" in first


def _numbers(caller: Caller) -> list[int]:
    answer = caller.ask("GET", f"{FLOW}/versions")
    return sorted(one["version"] for one in answer.body["versions"])
