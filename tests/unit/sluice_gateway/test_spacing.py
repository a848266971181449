"""Runs that come too soon after another one, by the workflow's minIntervalSeconds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice_gateway.schemas.problem import ProblemAnswer
from sluice_kube.resources import Key
from testkit.gateway_app import Cluster, a_workflow, client

PATH = "/api/v1/namespaces/shop/workflows/etl/trigger"
REFUSED = {"phase": "Failed", "completionTime": "2026-01-31T12:00:00Z"}
ENDED = REFUSED | {"phase": "Succeeded", "startTime": "2026-01-31T12:00:00Z"}


def a_cluster(*, ago: float, workflow: str = "etl", key: str | None = None, **run: Any) -> Cluster:
    """A workflow of one run a minute, and a run that was made so many seconds ago."""
    cluster = Cluster()
    spacing = {"minIntervalSeconds": 60} | ({"key": key} if key else {})
    event = {"name": "up", "event": {"type": "order.paid"}}
    cluster.add(a_workflow(concurrency=spacing, triggers=[event]))
    made = datetime.now(UTC) - timedelta(seconds=ago)
    metadata = {
        "name": "earlier",
        "namespace": "shop",
        "uid": "e",
        "creationTimestamp": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    spec = {"workflow": workflow, "inputs": {"customer": "Ada"}}
    cluster.runs[Key("shop", "earlier")] = {"metadata": metadata, "spec": spec, **run}
    return cluster


SOON: dict[str, dict[str, Any]] = {
    "and goes on": {"ago": 20},
    "and has ended": {"ago": 20, "status": ENDED},
    "of the same key": {"ago": 20, "key": "inputs.customer"},
}


@pytest.mark.parametrize("earlier", SOON.values(), ids=SOON)
async def test_a_run_soon_after_one_that_counts_is_409_and_names_it(
    earlier: dict[str, Any],
) -> None:
    cluster = a_cluster(**earlier)

    async with client(cluster) as http:
        answer = await http.post(PATH, json={"inputs": {"customer": "Ada"}})

    problem = ProblemAnswer.model_validate(answer.json())
    assert (problem.status, problem.type) == (409, "urn:sluice:problem:TooSoon")
    assert problem.detail.startswith("run earlier was 2")
    assert "concurrency.minIntervalSeconds is 60: try again in " in problem.detail
    assert 1 <= int(answer.headers["retry-after"]) <= 40
    assert len(cluster.runs) == 1


TAKEN: dict[str, dict[str, Any]] = {
    "was long ago": {"ago": 61},
    "was refused itself": {"ago": 20, "status": REFUSED},
    "has another key": {"ago": 20, "key": "inputs.day"},
    "is of another workflow": {"ago": 20, "workflow": "other"},
}


@pytest.mark.parametrize("earlier", TAKEN.values(), ids=TAKEN)
async def test_a_run_is_taken_where_the_earlier_one(
    earlier: dict[str, Any],
) -> None:
    cluster = a_cluster(**earlier)

    async with client(cluster) as http:
        answer = await http.post(PATH, json={"inputs": {"customer": "Ada", "day": "today"}})

    assert answer.status_code == 202


async def test_a_repeated_request_has_its_run_within_the_interval_too() -> None:
    cluster = a_cluster(ago=61)
    async with client(cluster) as http:
        first, second = [
            await http.post(PATH, json={}, headers={"Idempotency-Key": "a"}) for _ in range(2)
        ]

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.headers["location"] == second.headers["location"]


async def test_an_event_is_told_that_its_run_is_refused() -> None:
    body = {"event_type": "order.paid", "event_data": {}}
    async with client(a_cluster(ago=20)) as http:
        answer = await http.post("/api/v1/namespaces/shop/events", json=body)

    [result] = answer.json()["results"]
    assert (result["status"], result["reason"]) == ("refused", "TooSoon")
