"""Runs over HTTP, with a cluster in memory."""

from typing import Any

import pytest

from sluice_gateway.schemas.runs import RunDetail, RunList
from sluice_kube.resources import Key, Manifest
from testkit.gateway_app import CREATED, Cluster, a_workflow, client

BASE = "/api/v1/namespaces/shop"


def a_run(
    name: str = "etl-1", workflow: str = "etl", created: str = CREATED, **status: Any
) -> Manifest:
    owner = {"kind": "Workflow", "name": workflow, "uid": f"uid-{workflow}"}
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": "u",
            "creationTimestamp": created,
            "ownerReferences": [owner],
        },
        "spec": {"workflow": workflow, "trigger": {"type": "Api"}, "inputs": {"a": 1}},
        "status": status,
    }


def a_cluster(*runs: Manifest) -> Cluster:
    cluster = Cluster(runs={Key.of(run): run for run in runs})
    cluster.add(a_workflow())
    cluster.add(a_workflow("secret", sharing={"visibility": "Private"}))
    return cluster


async def test_a_run_shows_its_steps_and_output() -> None:
    steps = [{"name": "a", "phase": "Succeeded", "attempts": 1, "durationMs": 2}]
    run = a_run(phase="Succeeded", steps=steps, output=[1], startTime=CREATED, durationMs=7)

    async with client(a_cluster(run)) as http:
        answer = await http.get(f"{BASE}/runs/etl-1")

    detail = RunDetail.model_validate(answer.json())
    assert (answer.status_code, detail.status, detail.output) == (200, "succeeded", [1])
    assert (detail.duration_ms, detail.inputs) == (7, {"a": 1})
    assert [one.model_dump(exclude_unset=True) for one in detail.steps] == steps


async def test_a_run_without_a_status_is_pending() -> None:
    async with client(a_cluster(a_run())) as http:
        answer = await http.get("/api/v1/runs/etl-1")

    assert RunDetail.model_validate(answer.json()).status == "pending"


async def test_a_page_has_the_newest_first_and_says_how_to_go_on() -> None:
    runs = [a_run(f"etl-{n}", created=f"2026-11-23T02:00:0{n}Z", phase="Failed") for n in range(4)]

    async with client(a_cluster(*runs)) as http:
        answer = await http.get(f"{BASE}/runs", params={"limit": 2, "offset": 1})

    page = RunList.model_validate(answer.json())
    assert [run.execution_id for run in page.runs] == ["etl-1", "etl-0"]
    assert (page.count, page.limit, page.offset, page.following) == (2, 2, 1, "etl-2")


async def test_no_token_names_a_run_that_is_hidden() -> None:
    hidden = [a_run(f"secret-{n}", workflow="secret") for n in range(6)]
    seen = [a_run(f"etl-{n}") for n in range(3)]
    cluster = a_cluster(hidden[0], seen[0], *hidden[1:4], seen[1], seen[2], *hidden[4:])

    pages, following = [], ""
    async with client(cluster) as http:
        while not pages or following:
            query = {"limit": 1} | ({"continue": following} if following else {})
            page = RunList.model_validate((await http.get(f"{BASE}/runs", params=query)).json())
            pages.append([run.execution_id for run in page.runs])
            following = page.following or ""
            assert following.removeprefix("etl-") in {"", "0", "1", "2"}

    assert pages == [["etl-0"], ["etl-1"], ["etl-2"], []]


HIDDEN = {
    "of a private workflow": a_run(workflow="secret"),
    "of a workflow that is gone, and may have been private": a_run(workflow="gone"),
}


@pytest.mark.parametrize("run", HIDDEN.values(), ids=HIDDEN)
async def test_a_run_that_is_not_shown(run: Manifest) -> None:
    async with client(a_cluster(run)) as http:
        page = await http.get(f"{BASE}/runs")
        detail = await http.get(f"{BASE}/runs/etl-1")
        cancelled = await http.post(f"{BASE}/runs/etl-1/cancel")

    assert page.json()["runs"] == []
    assert (detail.status_code, cancelled.status_code) == (404, 404)


QUERIES = {
    "limit=0": "limit",
    "limit=501": "limit",
    "limit=x": "limit",
    "offset=-1": "offset",
    "phase=Done": "phase",
    "workflow=A_B": "workflow",
}


@pytest.mark.parametrize("query", QUERIES)
async def test_a_wrong_query_is_named(query: str) -> None:
    async with client(a_cluster()) as http:
        answer = await http.get(f"{BASE}/runs?{query}")

    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [QUERIES[query]]


async def test_cancel_asks_for_the_end_once() -> None:
    cluster = a_cluster(a_run(phase="Running"))

    async with client(cluster) as http:
        answers = [await http.post(f"{BASE}/runs/etl-1/cancel") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert RunDetail.model_validate(answers[0].json()).cancel_requested
    assert cluster.runs[Key("shop", "etl-1")]["spec"]["cancel"] is True


async def test_an_ended_run_cannot_be_cancelled() -> None:
    async with client(a_cluster(a_run(phase="Failed"))) as http:
        answer = await http.post(f"{BASE}/runs/etl-1/cancel")

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:sluice:problem:RunEnded")


async def test_runs_of_a_workflow_that_is_not_there_are_404() -> None:
    async with client(a_cluster()) as http:
        assert (await http.get(f"{BASE}/workflows/none/runs")).status_code == 404
        assert (await http.get(f"{BASE}/workflows/secret/runs")).status_code == 404
        assert (await http.get(f"{BASE}/workflows/etl/runs")).status_code == 200
