"""How a term of leadership stores what became of a run, whatever the API server says first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from sluice_kube.session import Session
from sluice_kube.status import StatusWriter
from sluice_operator.run.histories import Histories
from sluice_operator.run.observed import read
from sluice_operator.run.stored import Stored
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
async def an_api(*answers: Answer) -> AsyncIterator[tuple[Session, ScriptedApi]]:
    async with ScriptedApi(list(answers)) as api, Session(api.config) as session:
        yield session, api


async def stored(session: Session, lease: Lease) -> bool:
    writing = Stored(session, StatusWriter(session), lease.is_leading)
    return await writing.write(read(RUN), dict(STATUS))


async def test_a_status_is_written_once() -> None:
    async with an_api(says(200, RUN)) as (session, api):
        there = await stored(session, Lease())

    assert there
    assert [method for method, _, _ in api.asked] == ["PATCH"]


async def test_a_run_that_is_gone_is_told_of() -> None:
    async with an_api(says(404, {"reason": "NotFound"})) as (session, _):
        assert not await stored(session, Lease())


async def test_what_is_refused_is_written_without_its_details() -> None:
    bodies: list[Any] = []

    async def second(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.json())
        return web.json_response(RUN)

    async with an_api(says(422, REFUSED), second) as (session, _):
        there = await stored(session, Lease())

    [patch] = bodies
    value = patch[-1]["value"]
    assert there
    assert (value["phase"], value["truncated"]) == ("Succeeded", True)
    assert {"steps", "output"}.isdisjoint(value)
    assert "status.steps: too long" in value["conditions"][0]["message"]


async def test_what_is_refused_even_so_is_left() -> None:
    async with an_api(says(422, REFUSED)) as (session, api):
        async with asyncio.timeout(5):
            await stored(session, Lease())

    assert len(api.asked) == 2


async def test_a_write_waits_for_the_lease() -> None:
    lease = Lease()
    lease.leads = False
    async with an_api(says(200, RUN)) as (session, api):
        writing = asyncio.create_task(stored(session, lease))
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

    async with an_api(says(200, workflow)) as (session, api):
        histories = Histories(session)
        kept = await histories.of(name)
        again = await histories.of(name)

    assert kept is not None
    assert (kept.successful_runs, again) == (1000, kept)
    assert len(api.asked) == 1


async def test_the_defaults_hold_for_runs_that_outlived_their_workflow_alone() -> None:
    name = read(RUN).workflow
    async with an_api(says(404, {"reason": "NotFound"})) as (session, _):
        orphaned = await Histories(session).of(name)
    async with an_api(says(403, {"reason": "Forbidden"})) as (session, _):
        unread = await Histories(session).of(name)

    assert orphaned is not None
    assert (orphaned.successful_runs, unread) == (20, None)
