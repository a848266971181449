"""How a term of leadership stores what became of a run, whatever the API server says first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sluice_kube.session import Session
from sluice_kube.signing import KeyPair, SigningKey
from sluice_operator.leader import Leader, Outside
from sluice_operator.run.observed import read
from sluice_operator.settings import Settings
from testkit.dispatching import a_manifest
from testkit.eventually import until
from testkit.scripted_api import Answer, ScriptedApi, says

CONDITION = {"type": "Succeeded", "status": "True", "reason": "Succeeded", "message": ""}
STATUS = {"phase": "Succeeded", "steps": [{"name": "a"}], "output": 1, "conditions": [CONDITION]}
REFUSED = {
    "reason": "Invalid",
    "message": "status.steps: too long",
    "details": {"causes": [{"field": "status.steps"}]},
}
RUN = a_manifest()


class Lease:
    epoch = 1
    leads = True

    def is_leading(self) -> bool:
        return self.leads


@asynccontextmanager
async def a_leader(lease: Lease, *answers: Answer) -> AsyncIterator[tuple[Leader, ScriptedApi]]:
    async with (
        ScriptedApi(list(answers)) as api,
        Session(api.config) as session,
        aiohttp.ClientSession() as http,
    ):
        key = SigningKey("operator", KeyPair(Ed25519PrivateKey.generate(), None, 0))
        yield (
            Leader(
                Outside(
                    settings=Settings(runner_image="runner:1"),
                    session=session,
                    http=http,
                    key=key,
                    lease=lease,
                    superseded=lambda: None,
                )
            ),
            api,
        )


async def stored(leader: Leader) -> bool:
    return await leader._ports().write(read(RUN), dict(STATUS))


async def test_a_status_is_written_once() -> None:
    async with a_leader(Lease(), says(200, RUN)) as (leader, api):
        there = await stored(leader)

    assert there
    assert [method for method, _, _ in api.asked] == ["PATCH"]


async def test_a_run_that_is_gone_is_told_of() -> None:
    async with a_leader(Lease(), says(404, {"reason": "NotFound"})) as (leader, _):
        assert not await stored(leader)


async def test_what_is_refused_is_written_without_its_details() -> None:
    bodies: list[Any] = []

    async def second(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.json())
        return web.json_response(RUN)

    async with a_leader(Lease(), says(422, REFUSED), second) as (leader, _):
        there = await stored(leader)

    [patch] = bodies
    value = patch[-1]["value"]
    assert there
    assert (value["phase"], value["truncated"]) == ("Succeeded", True)
    assert {"steps", "output"}.isdisjoint(value)
    assert "status.steps: too long" in value["conditions"][0]["message"]


async def test_what_is_refused_even_so_is_left() -> None:
    async with a_leader(Lease(), says(422, REFUSED)) as (leader, api):
        async with asyncio.timeout(5):
            await stored(leader)

    assert len(api.asked) == 2


async def test_a_write_waits_for_the_lease() -> None:
    lease = Lease()
    lease.leads = False
    async with a_leader(lease, says(200, RUN)) as (leader, api):
        writing = asyncio.create_task(stored(leader))
        await asyncio.sleep(0)
        before = list(api.asked)
        lease.leads = True
        await until(writing.done, "the write")

    assert before == []
    assert writing.result()


async def test_a_history_that_nobody_has_read_is_asked_for() -> None:
    workflow = {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "etl", "namespace": "shop", "uid": "u"},
        "spec": {"steps": [], "history": {"successfulRuns": 1000}},
    }
    name = read(RUN).workflow

    async with a_leader(Lease(), says(200, workflow)) as (leader, api):
        kept = await leader._history(name)
        again = await leader._history(name)

    assert kept is not None
    assert (kept.successful_runs, again) == (1000, kept)
    assert len(api.asked) == 1


async def test_the_defaults_hold_for_runs_that_outlived_their_workflow_alone() -> None:
    name = read(RUN).workflow
    async with a_leader(Lease(), says(404, {"reason": "NotFound"})) as (leader, _):
        orphaned = await leader._history(name)
    async with a_leader(Lease(), says(403, {"reason": "Forbidden"})) as (leader, _):
        unread = await leader._history(name)

    assert orphaned is not None
    assert (orphaned.successful_runs, unread) == (20, None)
