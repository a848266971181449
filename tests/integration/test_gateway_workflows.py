"""Workflows over REST on a real API server: what `kubectl get -o yaml` then shows."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sluice_gateway.schemas.workflows import WorkflowDetail, WorkflowList, WorkflowMade
from sluice_kube import errors
from sluice_kube.resources import WORKFLOWS, Key
from sluice_kube.scope import Scope
from testkit.gateway_process import World, a_world, cluster

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("kinds")]
NODES = {
    "name": "Greet people",
    "status": "active",
    "nodes": [
        {"id": "in", "nodeId": "manual-trigger"},
        {"id": "say", "nodeId": "log", "config": {"message": "hello"}},
        {"id": "then", "nodeId": "transform", "config": {"template": "{{ data }}"}},
    ],
    "connections": [
        {"sourceNodeId": "in", "targetNodeId": "say"},
        {"sourceNodeId": "say", "targetNodeId": "then"},
    ],
}
RIGHTS = [(verb, "workflows") for verb in ("get", "list", "create", "update", "delete")]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world(cluster()) as world:
        await world.account(*RIGHTS)
        yield world


async def spec(world: World, name: str) -> dict[str, Any]:
    live = await world.session.get(WORKFLOWS, Key(world.namespace, name))
    found: dict[str, Any] = live["spec"]
    return found


async def test_a_workflow_is_made_changed_and_deleted(world: World) -> None:
    token = await world.token()

    made = await world.ask("POST", "/workflows", token, NODES)
    name = WorkflowMade.model_validate(made.body).id
    before = await spec(world, name)
    shown = await world.ask("GET", f"/workflows/{name}", token)
    await world.ask("PUT", f"/workflows/{name}/nodes/say", token, {"message": "bye"})
    await world.ask("POST", f"/workflows/{name}/schedule", token, {"cron_expression": "0 9 * * *"})
    after = await spec(world, name)
    gone = await world.ask("DELETE", f"/workflows/{name}", token)

    assert (made.status, gone.status) == (201, 204)
    assert [(step["name"], step["needs"]) for step in before["steps"]] == [
        ("say", []),
        ("then", ["say"]),
    ]
    assert WorkflowDetail.model_validate(shown.body).connections[0].target_node_id == "then"
    assert after["steps"][0]["with"] == {"message": "bye"}
    assert after["triggers"][0]["schedule"] == {"cron": "0 9 * * *", "timeZone": "UTC"} | {
        key: after["triggers"][0]["schedule"][key]
        for key in after["triggers"][0]["schedule"].keys() - {"cron", "timeZone"}
    }
    with pytest.raises(errors.NotFound):
        await world.session.get(WORKFLOWS, Key(world.namespace, name))


async def test_what_was_made_is_listed_as_soon_as_the_watch_brings_it(world: World) -> None:
    token = await world.token()
    for title in ("Alpha", "Beta"):
        await world.ask("POST", "/workflows", token, {**NODES, "name": title, "tags": [title]})

    async with asyncio.timeout(10):
        listed = await world.ask("GET", "/workflows?sort=name:desc", token)
        while listed.body["count"] < 2:
            listed = await world.ask("GET", "/workflows?sort=name:desc", token)
    one = await world.ask("GET", "/workflows?tag=Alpha", token)

    names = [flow.name for flow in WorkflowList.model_validate(listed.body).workflows]
    assert (names, one.body["count"]) == (["Beta", "Alpha"], 1)


async def test_changes_at_once_are_all_there_in_the_end(world: World) -> None:
    token = await world.token()
    await world.ask("POST", "/workflows", token, {"name": "Many", "nodes": []})

    async def add(number: int) -> int:
        node = {"id": f"n{number}", "nodeId": "log", "config": {"message": "x"}}
        answer = await world.ask("POST", "/workflows/many/nodes", token, node)
        return answer.status

    statuses = await asyncio.gather(*(add(number) for number in range(4)))

    assert statuses == [201] * 4
    assert {step["name"] for step in (await spec(world, "many"))["steps"]} == {
        "n0", "n1", "n2", "n3",
    }  # fmt: skip


async def test_a_status_that_is_written_meanwhile_is_no_other_version(world: World) -> None:
    token = await world.token()
    made = await world.ask("POST", "/workflows", token, NODES)
    key = Key(world.namespace, made.body["id"])
    status = {"status": {"observedGeneration": 1}}
    await world.session.merge_patch(WORKFLOWS, key, status, subresource="status")

    changed = await world.ask(
        "PUT", f"/workflows/{key.name}", token, {"name": "A"}, If_Match=made.headers["ETag"]
    )

    assert changed.status == 200


async def test_an_etag_that_is_old_changes_nothing(world: World) -> None:
    token = await world.token()
    made = await world.ask("POST", "/workflows", token, NODES)
    path = f"/workflows/{made.body['id']}"
    changed = await world.ask("PUT", path, token, {"name": "A"}, If_Match=made.headers["ETag"])

    stale = await world.ask("PUT", path, token, {"name": "B"}, If_Match=made.headers["ETag"])

    assert (changed.status, stale.status) == (200, 412)
    assert (await spec(world, made.body["id"]))["title"] == "A"


async def test_equal_requests_at_once_make_one_workflow(world: World) -> None:
    token = await world.token()

    async def make(body: Any) -> tuple[int, Any]:
        answer = await world.ask("POST", "/workflows", token, body, Idempotency_Key="once")
        return answer.status, answer.body.get("id")

    answers = set(await asyncio.gather(*(make(NODES) for _ in range(5))))
    other = await make({**NODES, "name": "Other"})

    [(status, _)] = answers
    assert (status, other[0]) == (201, 422)
    scope = Scope(world.namespace)
    assert len([one async for one in world.session.list(WORKFLOWS, scope)]) == 1


async def test_what_the_api_server_would_refuse_is_told_by_its_field(world: World) -> None:
    token = await world.token()
    body = {"spec": {"steps": [], "lifecycle": {"policy": "ScheduledWindow"}}}

    answer = await world.ask("POST", "/workflows", token, body)

    assert answer.status == 422
    assert answer.body["errors"][0]["path"] == "spec.lifecycle.window"
