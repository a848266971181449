"""What is done about runs over HTTP, with a cluster in memory."""

from typing import Any

import pytest

from sluice_gateway.schemas.runs import LogAnswer, RunChange, RunList
from sluice_gateway.schemas.triggers import RunAnswer
from sluice_kube.resources import Key, Manifest
from testkit.gateway_app import CREATED, Cluster, a_workflow, client

BASE = "/api/v1/namespaces/shop"
STEPS = [
    {"name": "a", "phase": "Succeeded", "startTime": CREATED, "durationMs": 1500, "output": 1},
    {
        "name": "b",
        "phase": "Failed",
        "startTime": CREATED,
        "durationMs": 10,
        "error": {"failure": "Permanent", "message": "no such table"},
    },
]


def a_run(name: str, workflow: str = "etl", **status: Any) -> Manifest:
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "creationTimestamp": CREATED,
            "ownerReferences": [{"uid": f"uid-{workflow}"}],
        },
        "spec": {"workflow": workflow, "trigger": {"type": "Api"}, "inputs": {"a": 1}},
        "status": status,
    }


def a_cluster(*runs: Manifest) -> Cluster:
    cluster = Cluster(runs={Key.of(run): run for run in runs})
    cluster.add(a_workflow())
    cluster.add(a_workflow("secret", sharing={"visibility": "Private"}))
    return cluster


async def test_the_log_tells_how_each_step_went() -> None:
    async with client(a_cluster(a_run("r", phase="Failed", steps=STEPS))) as http:
        answer = await http.get(f"{BASE}/runs/r/logs")

    log = LogAnswer.model_validate(answer.json())
    assert [(one.step_id, one.status, one.error_message) for one in log.logs] == [
        ("a", "succeeded", None),
        ("b", "failed", "no such table"),
    ]
    assert answer.json()["logs"][0]["completedAt"] == "2026-11-23T02:00:01Z"


async def test_a_failed_run_is_tried_again_from_where_it_failed() -> None:
    cluster = a_cluster(a_run("r", phase="Failed", revision=3, steps=STEPS))

    async with client(cluster) as http:
        answer = await http.post(f"{BASE}/runs/r/retry")

    made = RunAnswer.model_validate(answer.json())
    spec = cluster.runs[Key("shop", made.execution_id)]["spec"]
    assert (answer.status_code, spec["resumeFrom"], spec["revision"]) == (201, "r", 3)
    assert spec["inputs"] == {"a": 1}


@pytest.mark.parametrize("phase", [None, "Running", "Succeeded"])
async def test_a_run_that_did_not_fail_is_not_tried_again(phase: str | None) -> None:
    status = {"phase": phase} if phase else {}

    async with client(a_cluster(a_run("r", **status))) as http:
        answer = await http.post(f"{BASE}/runs/r/retry")

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:sluice:problem:NotFailed")


async def test_runs_that_go_on_are_listed_and_cancelled_but_those_that_are_hidden() -> None:
    cluster = a_cluster(a_run("r1"), a_run("r2", phase="Running"), a_run("r3", "secret"))

    async with client(cluster) as http:
        pending = await http.get(f"{BASE}/runs/pending")
        cleared = await http.post(f"{BASE}/runs/clear")

    listed = RunList.model_validate(pending.json())
    assert {run.execution_id for run in listed.runs} == {"r1", "r2"}
    assert cleared.json() == {"cancelled": 2, "more": False}
    assert "cancel" not in cluster.runs[Key("shop", "r3")]["spec"]


async def test_a_run_is_found_below_its_workflow_and_no_other() -> None:
    cluster = a_cluster(a_run("r"))
    cluster.add(a_workflow("other"))

    async with client(cluster) as http:
        mine = await http.get(f"{BASE}/workflows/etl/runs/r")
        same = await http.get(f"{BASE}/workflows/etl/executions/r")
        other = await http.get(f"{BASE}/workflows/other/runs/r")

    assert (mine.status_code, same.status_code, other.status_code) == (200, 200, 404)


async def test_the_events_of_a_run_that_has_ended_are_its_end() -> None:
    async with client(a_cluster(a_run("r", phase="Failed", steps=STEPS))) as http:
        answer = await http.get(f"{BASE}/runs/r/events")

    event, data, *rest = answer.text.splitlines()
    change = RunChange.model_validate_json(data.removeprefix("data: "))
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert (event, rest) == ("event: end", [""])
    assert (change.status, [step.phase for step in change.steps]) == (
        "failed",
        ["Succeeded", "Failed"],
    )


DOORS = {
    "pending": ("GET", "/runs/pending", "list workflowruns"),
    "logs": ("GET", "/runs/r/logs", "get workflowruns"),
    "events": ("GET", "/runs/r/events", "get workflowruns"),
    "retry": ("POST", "/runs/r/retry", "create workflows/trigger"),
    "clear": ("POST", "/runs/clear", "update workflowruns"),
}


@pytest.mark.parametrize(("method", "path", "right"), DOORS.values(), ids=DOORS)
async def test_each_endpoint_asks_for_its_right(method: str, path: str, right: str) -> None:
    cluster = a_cluster(a_run("r", phase="Failed"))
    cluster.denied.add(right)

    async with client(cluster) as http:
        answer = await http.request(method, BASE + path)

    assert (answer.status_code, len(cluster.runs)) == (403, 1)
    assert right in answer.json()["detail"]
