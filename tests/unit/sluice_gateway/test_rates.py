"""Rates of a namespace's plan, as callers meet them."""

from typing import Any

import pytest

from sluice_core import names
from sluice_kube import errors
from sluice_kube.resources import Key
from testkit.gateway_app import Cluster, a_workflow, client

PATH = "/api/v1/namespaces/shop/workflows/etl/trigger"
WORDS = ("limit", "used", "remaining")
BASE = "/api/v1/namespaces/shop"
FAILED = {"phase": "Failed", "error": {"reason": "StepFailed", "message": ""}}
WAYS: dict[str, tuple[str, Any, int]] = {
    "a trigger": (f"{BASE}/workflows/etl/trigger", {}, 202),
    "one that waits": (f"{BASE}/workflows/etl/trigger", {"sync": True}, 200),
    "by hand": (f"{BASE}/workflows/etl/run", {}, 201),
    "with a right of its own": (f"{BASE}/workflows/etl/execute", {}, 201),
    "a message": (f"{BASE}/workflows/etl/enqueue", {}, 201),
    "an e-mail": (f"{BASE}/workflows/etl/email-trigger", {"to": "a@b.example"}, 201),
    "a test": (f"{BASE}/workflows/etl/test", {}, 200),
    "another try": (f"{BASE}/runs/failed/retry", {}, 201),
    "an event": (f"{BASE}/events", {"event_type": "order.paid"}, 200),
    "a webhook": ("/hooks/shop/etl/hook", {}, 202),
}
TRIGGERS = [
    {"name": "queue", "queue": {}},
    {"name": "inbox", "email": {}},
    {"name": "paid", "event": {"type": "order.paid"}},
    {"name": "hook", "webhook": {"auth": {"type": "None"}}},
]
SPENT = {"X-RateLimit-Limit": "1", "X-RateLimit-Used": "1", "X-RateLimit-Remaining": "0"}


def a_cluster(**spec: Any) -> Cluster:
    cluster = Cluster()
    cluster.add(a_workflow(triggers=TRIGGERS))
    cluster.namespaces["shop"] = {"plan": "free"}
    cluster.plans["free"] = {"spec": spec}
    return cluster


async def test_over_a_rate_is_429_and_says_when_to_come_back() -> None:
    cluster = a_cluster(runsPerMinute=1)

    async with client(cluster) as http:
        first = await http.post(PATH, json={})
        second = await http.post(PATH, json={})

    assert (first.status_code, second.status_code) == (202, 429)
    assert second.headers.items() >= {k.lower(): v for k, v in SPENT.items()}.items()
    assert 1 <= int(second.headers["Retry-After"]) <= 60
    assert "runsPerMinute of the namespace's plan is 1" in second.json()["detail"]
    assert (second.json()["limit"], second.json()["used"]) == (1, 1)
    assert len(cluster.runs) == 1


@pytest.mark.parametrize(("path", "body", "status"), WAYS.values(), ids=WAYS)
async def test_who_begins_a_run_is_told_what_is_left_of_the_tightest_rate(
    path: str, body: Any, status: int
) -> None:
    cluster = a_cluster(runsPerMinute=9, runsPerDay=5)
    cluster.end = {"phase": "Succeeded"}
    failed = {"metadata": {"name": "failed", "namespace": "shop", "uid": "u"}, "status": FAILED}
    cluster.runs[Key("shop", "failed")] = {**failed, "spec": {"workflow": "etl"}}

    async with client(cluster) as http:
        answer = await http.post(path, json=body)

    told = {word: answer.headers[f"x-ratelimit-{word}"] for word in WORDS}
    assert answer.status_code == status
    assert told == {"limit": "5", "used": "1", "remaining": "4"}
    assert 60 <= int(answer.headers["x-ratelimit-reset"]) <= 86400


async def test_who_publishes_is_told_what_is_left_after_all_runs_and_when_some_were_refused() -> (
    None
):
    cluster = a_cluster(runsPerMinute=2)
    for name in ("load", "mail"):
        cluster.add(a_workflow(name, triggers=TRIGGERS))

    async with client(cluster) as http:
        answer = await http.post(f"{BASE}/events", json={"event_type": "order.paid"})

    outcomes = sorted(one["status"] for one in answer.json()["results"])
    told = {word: answer.headers[f"x-ratelimit-{word}"] for word in WORDS}
    assert outcomes == ["refused", "started", "started"]
    assert told == {"limit": "2", "used": "2", "remaining": "0"}


async def test_the_run_says_that_it_is_counted() -> None:
    cluster = a_cluster(runsPerDay=5)

    async with client(cluster) as http:
        await http.post(PATH, json={})

    [run] = cluster.runs.values()
    assert run["metadata"]["annotations"] == {names.ANNOTATION_COUNTED: "true"}


@pytest.mark.parametrize("spec", [{}, {"maxWorkflows": 3}])
async def test_without_a_rate_nothing_is_asked_or_written(spec: dict[str, Any]) -> None:
    cluster = a_cluster(**spec)

    async with client(cluster) as http:
        answer = await http.post(PATH, json={})

    [run] = cluster.runs.values()
    assert cluster.counts.requests == []
    assert "annotations" not in run["metadata"]
    assert not any(header.startswith("x-ratelimit") for header in answer.headers)


async def test_a_repeated_request_is_counted_once_and_answered_when_the_rate_is_used_up() -> None:
    cluster = a_cluster(runsPerMinute=2)

    async with client(cluster) as http:
        answers = [
            await http.post(PATH, json={}, headers={"Idempotency-Key": key})
            for key in ("a", "a", "b", "a", "c")
        ]

    assert [one.status_code for one in answers] == [202, 202, 202, 202, 429]
    assert cluster.counts.data()["runs.minute"].endswith(" 2")


async def test_what_the_cluster_refuses_is_given_back() -> None:
    cluster = a_cluster(runsPerMinute=1)
    cluster.failure = errors.Forbidden(403, "Forbidden", "quota")

    async with client(cluster) as http:
        refused = await http.post(PATH, json={})
        cluster.failure = None
        taken = await http.post(PATH, json={})

    assert (refused.status_code, taken.status_code) == (403, 202)
