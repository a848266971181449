"""Gateways end and others come: what was accepted is one run, and a key has it from any of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from cluster.waiting import until
from testkit.e2e import asking, kubectl, release, steady
from testkit.e2e.asking import Answer, Request
from testkit.e2e.flows import a_greeting, a_step, a_workflow
from testkit.e2e.space import TERMINAL, Space

KEPT = {"successfulRuns": 1000, "failedRuns": 1000}


@pytest.fixture(scope="module", autouse=True)
def _flows(here: Space) -> None:
    slow = a_workflow("slow", a_step("pause", "wait", seconds=6))
    here.deploy(a_greeting(history=KEPT), slow)
    release.available()


def runs(here: Space, workflow: str) -> dict[str, str]:
    """Name and phase of each."""
    found = kubectl.items("-n", here.namespace, "workflowruns.sluice.dev")
    return {
        run["metadata"]["name"]: run.get("status", {}).get("phase", "")
        for run in found
        if run["spec"]["workflow"] == workflow
    }


def test_what_is_accepted_while_gateways_end_is_one_run_and_no_request_is_lost(
    here: Space,
) -> None:
    with steady.triggers(here, "hello") as heard:
        leaving = release.component("gateway")[0]["metadata"]["name"]
        kubectl.run("-n", release.NAMESPACE, "delete", "pod", leaving)
        release.available()
        release.restart("gateway")

    until("all have ended", lambda: {*runs(here, "hello").values()} <= {*TERMINAL}, 60)
    made = {key: {one.run for one in tries if one.accepted} for key, tries in heard.items()}
    not_once = {key: heard[key] for key, names in made.items() if len(names) != 1}
    assert not_once == {}
    refused = [one for tries in heard.values() for one in tries if not one.accepted]
    assert {one.code for one in refused} <= {0, 503}, refused
    assert sorted(name for names in made.values() for name in names) == sorted(runs(here, "hello"))
    assert {*runs(here, "hello").values()} == {"Succeeded"}


def ask_all(here: Space, key: str, body: Any) -> list[Answer]:
    """The same of every gateway in the same moment."""
    path = f"/api/v1/namespaces/{here.namespace}/workflows/slow/trigger"
    headers = {"Idempotency-Key": key}
    requests = [Request("POST", f"{at}{path}", body, headers) for at in release.gateways()]
    return asking.at_once(here.namespace, *requests)


def test_a_key_has_one_run_of_two_gateways_at_once_and_of_those_that_come_after(
    here: Space,
) -> None:
    body = {"sync": True, "trigger_type": "orders"}
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask_all, here, "once", body)
        until("there is a run", lambda: bool(runs(here, "slow")), 20)
        others = ask_all(here, "once", body | {"trigger_type": "other"})
        asked = datetime.now(UTC)
        during = ask_all(here, "once", body)
        begun = first.result()
    before = release.gateways()
    release.restart("gateway")
    later = ask_all(here, "once", body)
    refused = ask_all(here, "once", body | {"trigger_type": "other"})

    [name] = runs(here, "slow")
    assert asked < datetime.fromisoformat(here.run(name)["status"]["completionTime"])
    assert not {*before} & {*release.gateways()}
    told = [*begun, *during, *later]
    assert [one.code for one in told] == [200] * 6
    assert [one.body for one in told] == [told[0].body] * 6
    assert (told[0].body["execution_id"], told[0].body["status"]) == (name, "succeeded")
    for answer in (*others, *refused):
        assert (answer.code, answer.body["type"]) == (
            422,
            "urn:sluice:problem:IdempotencyKeyReused",
        )
