"""Caps of a namespace's plan, as callers meet them."""

from typing import Any

import httpx
import pytest

from sluice_kube.resources import TEMPLATES, Key
from testkit.gateway_app import Cluster, a_workflow, client

BASE = "/api/v1/namespaces/shop"
ETL = f"{BASE}/workflows/etl"


def a_cluster(*, steps: int = 1, **spec: Any) -> Cluster:
    """One workflow, of so many steps."""
    cluster = Cluster()
    named = [step(f"s{number}") for number in range(steps)]
    cluster.add(a_workflow(steps=named))
    cluster.namespaces["shop"] = {"plan": "free"}
    cluster.plans["free"] = {"spec": spec}
    return cluster


def step(name: str) -> dict[str, Any]:
    return {"name": name, "action": "log", "with": {"message": "hello"}}


def own(title: str = "Greet", steps: int = 1, **spec: Any) -> dict[str, Any]:
    return {"spec": {"title": title, "steps": [step(f"s{n}") for n in range(steps)], **spec}}


NODE = {"nodeId": "log", "label": "More", "config": {"message": "hello"}}
TEMPLATE = {
    "metadata": {"name": "greet", "namespace": "shop"},
    "spec": {"title": "Greet", "workflow": {"steps": [step("say")]}},
}
RETRY = {"settings": {"retry": {"limit": 4}}}
Row = tuple[dict[str, Any], str, str, Any, tuple[int, int]]
BEYOND: dict[str, Row] = {
    "a workflow": ({"maxWorkflows": 1}, "POST", f"{BASE}/workflows", own(), (1, 1)),
    "a copy": ({"maxWorkflows": 1}, "POST", f"{ETL}/duplicate", {}, (1, 1)),
    "one of a template": (
        {"maxWorkflows": 0}, "POST", f"{BASE}/templates", {"template_id": "greet"}, (0, 1),
    ),
    "a workflow with steps": (
        {"maxStepsPerWorkflow": 2}, "POST", f"{BASE}/workflows", own(steps=3), (2, 3),
    ),
    "a step": ({"maxStepsPerWorkflow": 1}, "POST", f"{ETL}/steps", NODE, (1, 2)),
    "steps of an existing one": ({"maxStepsPerWorkflow": 1}, "PUT", ETL, own(steps=2), (1, 2)),
    "a copy with steps": ({"maxStepsPerWorkflow": 0}, "POST", f"{ETL}/duplicate", {}, (0, 1)),
    "retries": ({"maxRetries": 3}, "POST", f"{BASE}/workflows", own(**RETRY), (3, 4)),
    "retries of an existing one": ({"maxRetries": 3}, "PATCH", ETL, {"spec": RETRY}, (3, 4)),
}  # fmt: skip


@pytest.mark.parametrize(("plan", "method", "path", "body", "told"), BEYOND.values(), ids=BEYOND)
async def test_beyond_a_cap_is_403_and_says_how_much_is_used(
    plan: dict[str, Any], method: str, path: str, body: Any, told: tuple[int, int]
) -> None:
    cluster = a_cluster(**plan)
    cluster.objects[TEMPLATES.plural, Key("shop", "greet")] = TEMPLATE
    before = dict(cluster.live)

    async with client(cluster) as http:
        answer = await http.request(method, path, json=body)

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (403, "urn:sluice:problem:PlanLimitExceeded")
    assert (problem["limit"], problem["used"]) == told
    headers = [answer.headers[f"x-ratelimit-{word}"] for word in ("limit", "used")]
    assert headers == [str(one) for one in told]
    assert next(iter(plan)) in problem["detail"] or "steps: the plan" in problem["detail"]
    assert cluster.live == before


async def test_what_is_within_the_caps_is_made() -> None:
    cluster = a_cluster(maxWorkflows=2, maxStepsPerWorkflow=2, maxRetries=4)

    async with client(cluster) as http:
        answer = await http.post(f"{BASE}/workflows", json=own(steps=2, **RETRY))

    assert answer.status_code == 201


async def test_a_repeated_request_is_answered_when_there_is_no_room_any_more() -> None:
    cluster = a_cluster(maxWorkflows=2)

    async with client(cluster) as http:
        answers = [await _make(http, key) for key in ("a", "a", "b")]

    assert [one.status_code for one in answers] == [201, 201, 403]
    assert answers[0].json()["id"] == answers[1].json()["id"]


async def _make(http: httpx.AsyncClient, key: str) -> httpx.Response:
    return await http.post(f"{BASE}/workflows", json=own(), headers={"Idempotency-Key": key})


async def test_who_is_beyond_a_smaller_plan_may_still_change_what_does_not_add_to_it() -> None:
    cluster = a_cluster(steps=3, maxStepsPerWorkflow=1, maxWorkflows=0)

    async with client(cluster) as http:
        paused = await http.put(f"{ETL}/status", json={"status": "paused"})
        mended = await http.delete(f"{ETL}/steps/s2")
        more = await http.post(f"{ETL}/steps", json=NODE)

    assert (paused.status_code, mended.status_code) == (200, 200)
    assert (more.status_code, more.json()["used"]) == (403, 3)
