"""A run's changes as server-sent events, on a real API server."""

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest

from sluice_kube.resources import RUNS, Key
from testkit.gateway_process import World, a_world, cluster

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("kinds")]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world(cluster()) as world:
        await world.workflow()
        await world.account(("create", "workflows/trigger"), ("get", "workflowruns"))
        yield world


async def listen(world: World, token: str, run: str, first: asyncio.Event) -> list[str]:
    """The names of the events, in their order."""
    url = f"{world.url}/api/v1/namespaces/{world.namespace}/runs/{run}/events"
    heard: list[str] = []
    async with world.http.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
        async for line in answer.content:
            if line.startswith(b"event: "):
                heard.append(line[7:].strip().decode())
            if line.startswith(b"data: "):
                assert orjson.loads(line[6:])["executionId"] == run
                first.set()
    return heard


async def test_listeners_hear_of_each_change_and_of_the_end(world: World) -> None:
    token = await world.token()
    made = await world.ask("POST", "/workflows/hello/trigger", token)
    run, first = made.body["execution_id"], [asyncio.Event() for _ in range(3)]
    listening = [asyncio.ensure_future(listen(world, token, run, one)) for one in first]
    async with asyncio.timeout(20):
        await asyncio.gather(*(one.wait() for one in first))
        manifest = await world.session.get(RUNS, Key(world.namespace, run))

        await world.end(manifest, "Running")
        await world.end(manifest, "Succeeded")
        heard = await asyncio.gather(*listening)

    assert all(one[0] == "status" and one[-1] == "end" for one in heard)


async def test_a_run_that_is_deleted_ends_the_stream(world: World) -> None:
    token = await world.token()
    made = await world.ask("POST", "/workflows/hello/trigger", token)
    run, first = made.body["execution_id"], asyncio.Event()
    listening = asyncio.ensure_future(listen(world, token, run, first))
    async with asyncio.timeout(20):
        await first.wait()

        await world.session.delete(RUNS, Key(world.namespace, run))
        heard = await listening

    assert heard[-1] == "deleted"
