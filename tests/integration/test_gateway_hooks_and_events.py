"""Webhooks, events and messages on a real API server: real Secrets, real runs, names that hold."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator

import pytest

from sluice_gateway.schemas.events import EventAnswer
from sluice_kube.resources import SECRETS, Key
from testkit.gateway_process import Answer, World, a_world, cluster

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("kinds")]
TRIGGER = ("create", "workflows/trigger")
BODY = {"order": 7}
KEY = "a-key-of-the-shop"
HOOK = {"name": "paid", "webhook": {"auth": {"type": "GitHub", "secretKey": "paid"}}}
EVENT = {"name": "paid", "event": {"type": "order.paid", "filter": "event.data.total > 100"}}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world(cluster()) as world:
        yield world


async def known(world: World, *names: str) -> None:
    """The gateway's watch has seen the workflows: hooks and events ask memory alone."""
    async with asyncio.timeout(30):
        for name in names:
            key = Key(world.namespace, name)
            while world.gateway.readiness.informers.workflows.get(key) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def deliver(world: World, id_: str) -> Answer:
    made = hmac.new(KEY.encode(), json.dumps(BODY).encode(), hashlib.sha256).hexdigest()
    return await world.ask(
        "POST",
        f"//hooks/{world.namespace}/hello/paid",
        "",
        BODY,
        X_Hub_Signature_256=f"sha256={made}",
        X_GitHub_Delivery=id_,
    )


async def test_a_delivery_is_proven_by_the_secret_and_has_one_run(world: World) -> None:
    await world.workflow(triggers=[HOOK])
    await known(world, "hello")

    without = await deliver(world, "1")
    metadata = {"name": "sluice-webhooks", "namespace": world.namespace}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    await world.session.create(SECRETS, secret | {"stringData": {"paid": KEY}})
    async with asyncio.timeout(30):
        while (first := await deliver(world, "1")).status == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    again = set(await asyncio.gather(*(run_of(world, "1") for _ in range(8))))
    other = await deliver(world, "2")

    assert (without.status, first.status) == (503, 202)
    assert again == {first.body["execution_id"]}
    runs = {run["metadata"]["name"]: run["spec"] for run in await world.runs()}
    assert runs.keys() == {answer.body["execution_id"] for answer in (first, other)}
    assert runs[first.body["execution_id"]]["inputs"] == BODY
    assert runs[first.body["execution_id"]]["trigger"]["id"] == "1"


async def run_of(world: World, id_: str) -> str:
    answer = await deliver(world, id_)
    return str(answer.body["execution_id"])


async def test_an_event_makes_one_run_for_each_workflow_however_often_it_comes(
    world: World,
) -> None:
    await world.workflow("big", triggers=[EVENT])
    await world.workflow("paused", triggers=[EVENT], state="Paused")
    await world.workflow("other", triggers=[{**EVENT, "event": {"type": "order.sent"}}])
    await world.account(TRIGGER)
    await known(world, "big", "paused", "other")
    token = await world.token()
    event = {"event_type": "order.paid", "event_data": {"total": 120}, "event_id": "a"}

    answers = await asyncio.gather(*(world.ask("POST", "/events", token, event) for _ in range(8)))

    told = [EventAnswer.model_validate(answer.body) for answer in answers]
    [run] = await world.runs()
    for one in told:
        by_name = {result.workflowId: result for result in one.results}
        assert by_name["big"].executionId == run["metadata"]["name"]
        assert (by_name["paused"].status, by_name["paused"].reason) == ("refused", "WorkflowPaused")
        assert by_name.keys() == {"big", "paused"}


async def test_a_message_has_its_priority_and_a_list_its_place(world: World) -> None:
    await world.workflow(triggers=[{"name": "orders", "queue": {}}])
    await world.account(TRIGGER)

    answer = await world.ask(
        "POST", "/workflows/hello/enqueue", await world.token(), {"message": [1], "priority": -7}
    )

    [run] = await world.runs()
    assert answer.status == 201
    assert (run["spec"]["priority"], run["spec"]["trigger"]["payload"]) == (-7, [1])
