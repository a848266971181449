"""The end of a gateway, by real sockets: who still comes is answered, and sent elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from sluice_gateway import serving
from sluice_gateway.gateway import Gateway, Readiness
from sluice_gateway.limits import Limits
from sluice_gateway.settings import Settings
from testkit.eventually import until
from testkit.gateway_app import Cluster, a_workflow, make
from testkit.ports import a_free_port

TRIGGER = "/api/v1/namespaces/shop/workflows/etl/trigger"


@asynccontextmanager
async def serving_until_told(
    linger_seconds: float, drain_seconds: float = 15
) -> AsyncIterator[tuple[httpx.AsyncClient, asyncio.Event, Cluster]]:
    """A gateway over memory, a caller who keeps connections, and what tells it to end."""
    cluster = Cluster()
    cluster.add(a_workflow())
    settings = Settings(
        host="127.0.0.1",
        port=a_free_port(),
        linger_seconds=linger_seconds,
        drain_seconds=drain_seconds,
    )
    app = make(cluster, Limits())
    assert cluster.waiting is not None
    readiness = Readiness(cluster.waiting, None)  # type: ignore[arg-type] # what it lacks is not asked
    gateway = Gateway(app, cluster.waiting, readiness, dict)
    server, told = serving.make_server(settings, gateway), asyncio.Event()
    served = asyncio.ensure_future(serving.serve(settings, gateway, server, told))
    await until(lambda: server.started, "the server listens")
    headers = {"Authorization": "Bearer alice"}
    base = f"http://127.0.0.1:{settings.port}"
    try:
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=20) as http:
            yield http, told, cluster
    finally:
        told.set()
        await served


async def test_who_keeps_a_connection_is_told_to_leave_while_requests_are_still_taken() -> None:
    async with serving_until_told(linger_seconds=2) as (http, told, _):
        before = await http.post(TRIGGER)
        told.set()
        async with asyncio.timeout(2):
            while "connection" not in (answer := await http.post(TRIGGER)).headers:
                assert answer.status_code == 202

    assert (before.status_code, "connection" in before.headers) == (202, False)
    assert (answer.status_code, answer.headers["connection"]) == (202, "close")


async def test_who_waits_for_a_run_is_answered_that_it_goes_on() -> None:
    async with serving_until_told(linger_seconds=0, drain_seconds=0.2) as (http, told, cluster):
        waits = asyncio.ensure_future(http.post(TRIGGER, json={"sync": True}))
        await until(lambda: len(cluster.runs) == 1, "there is a run")
        told.set()
        answer = await waits

    [run] = cluster.runs
    assert (answer.status_code, answer.json()["execution_id"]) == (202, run.name)
