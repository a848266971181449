"""Ended runs are deleted as their workflow's history says, and by no other rule."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from aiohttp import web

from sluice_core import conditions
from sluice_core.api.workflow import History
from sluice_kube import retry
from sluice_kube.sending import Settings
from sluice_kube.session import Session
from sluice_operator.run.observed import Name, read
from sluice_operator.run.retention import Bounds
from sluice_operator.run.sweep import Sweeper, Use
from testkit.dispatching import NOON, a_manifest
from testkit.eventually import until
from testkit.scripted_api import ScriptedApi

MINUTE = timedelta(minutes=1)


def an_ended(uid: str, minutes: int, **fields: Any) -> dict[str, Any]:
    at = conditions.seconds(NOON - minutes * MINUTE)
    return a_manifest(uid, status={"phase": "Succeeded", "completionTime": at}, **fields)


class Runs:
    """The API server's answers about ended runs: it lists them, and deletes them by uid."""

    def __init__(self, runs: Iterable[dict[str, Any]]) -> None:
        self.runs = {one["metadata"]["name"]: one for one in runs}
        self.deleted: list[str] = []
        self.fails = 0
        self.away = 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        if self.away:
            self.away -= 1
            return web.json_response({"reason": "ServiceUnavailable"}, status=503)
        if request.method == "GET":
            phase = request.query["fieldSelector"].removeprefix("status.phase=")
            found = [one for one in self.runs.values() if one["status"]["phase"] == phase]
            return web.json_response({"metadata": {"resourceVersion": "9"}, "items": found})
        name = request.path.rpartition("/")[2]
        wanted = (await request.json())["preconditions"]["uid"]
        if self.fails:
            self.fails -= 1
            return web.json_response({"reason": "Forbidden", "message": "no"}, status=403)
        if name not in self.runs:
            return web.json_response({"reason": "NotFound", "message": "gone"}, status=404)
        assert wanted == self.runs[name]["metadata"]["uid"]
        self.deleted.append(name)
        return web.json_response({})


class Sweeping:
    """A sweeper at work on these runs, with what the test says of their history."""

    def __init__(self, *runs: dict[str, Any], history: History | None) -> None:
        self.api, self.history, self.leads = Runs(runs), history, True
        self.asked = 0
        self.needed = {"needed"}
        self.found: list[str] = []
        self.use = Use(
            is_needed=lambda _flow, run: run.uid in self.needed,
            found=lambda _flow, uid, _status: self.found.append(uid),
            complete=lambda: self.found.append("all"),
        )
        self.sweeper: Sweeper

    async def __aenter__(self) -> "Sweeping":
        self._api = ScriptedApi([self.api])
        await self._api.__aenter__()
        self._session = Session(self._api.config, Settings(retries=retry.NEVER))
        await self._session.__aenter__()
        bounds = Bounds(minimum=4, keyed=3600)
        self.sweeper = Sweeper(
            self._session, self._history, bounds, lambda: NOON, lambda: self.leads, self.use
        )
        self._task = asyncio.create_task(self.sweeper.run())
        return self

    async def __aexit__(self, *raised: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._session.__aexit__(*raised)
        await self._api.__aexit__(*raised)

    async def _history(self, _flow: Name) -> History | None:
        self.asked += 1
        return self.history


ONE = History(successful_runs=1, failed_runs=1)


async def test_what_the_history_does_not_keep_is_deleted() -> None:
    runs = (an_ended("old", 30), an_ended("older", 40), an_ended("new", 20))

    async with Sweeping(*runs, history=ONE) as sweeping:
        await until(lambda: len(sweeping.api.deleted) == 2, "two deletions")

    assert sorted(sweeping.api.deleted) == ["old", "older"]


async def test_nothing_is_deleted_while_the_history_is_not_known() -> None:
    runs = (an_ended("a", 30), an_ended("b", 40))

    async with Sweeping(*runs, history=None) as sweeping:
        await until(lambda: sweeping.asked >= 2, "two sweeps")
        before = list(sweeping.api.deleted)
        sweeping.history = ONE
        await until(lambda: bool(sweeping.api.deleted), "a deletion")

    assert before == []
    assert sweeping.api.deleted == ["b"]


async def test_who_does_not_lead_deletes_nothing() -> None:
    async with Sweeping(an_ended("a", 30), an_ended("b", 40), history=ONE) as sweeping:
        sweeping.leads = False
        sweeping.sweeper.ended(read(a_manifest("c")), "Succeeded", NOON)
        await asyncio.sleep(1.2)  # one pause and more: there is nothing to wait for
        before = list(sweeping.api.deleted)
        sweeping.leads = True
        await until(lambda: len(sweeping.api.deleted) == 2, "the deletions")

    assert before == []


async def test_a_run_that_ended_since_counts() -> None:
    async with Sweeping(an_ended("old", 30), history=ONE) as sweeping:
        await until(lambda: sweeping.asked >= 1, "a sweep")
        sweeping.sweeper.ended(read(a_manifest("new")), "Succeeded", NOON)
        await until(lambda: sweeping.api.deleted == ["old"], "the older one's end")


async def test_a_deletion_that_fails_is_tried_again_and_one_that_is_done_is_done() -> None:
    runs = (an_ended("a", 30), an_ended("b", 40), an_ended("c", 20))

    async with Sweeping(*runs, history=ONE) as sweeping:
        sweeping.api.fails = 1
        del sweeping.api.runs["a"]
        await until(lambda: bool(sweeping.api.deleted), "the one that is still there")

    assert sweeping.api.deleted == ["b"]


async def test_a_run_with_a_key_is_kept_as_long_as_its_key() -> None:
    runs = (an_ended("keyed", 40, keyHash="0" * 8), an_ended("plain", 40), an_ended("new", 20))

    async with Sweeping(*runs, history=ONE) as sweeping:
        await until(lambda: bool(sweeping.api.deleted), "a deletion")

    assert sweeping.api.deleted == ["plain"]


async def test_a_run_that_is_needed_stays_until_it_is_not() -> None:
    runs = (an_ended("needed", 40), an_ended("plain", 40), an_ended("new", 20))

    async with Sweeping(*runs, history=ONE) as sweeping:
        await until(lambda: bool(sweeping.api.deleted), "a deletion")
        before = list(sweeping.api.deleted)
        sweeping.needed.clear()
        await until(lambda: len(sweeping.api.deleted) == 2, "the other one")

    assert before == ["plain"]


async def test_what_had_ended_is_told_before_anything_is_deleted() -> None:
    runs = (an_ended("old", 40), an_ended("new", 20))

    async with Sweeping(*runs, history=ONE) as sweeping:
        await until(lambda: bool(sweeping.api.deleted), "a deletion")

    assert sweeping.found == ["old", "new", "all"]


async def test_an_api_server_that_is_away_when_a_term_begins_is_waited_for() -> None:
    sweeping = Sweeping(an_ended("old", 30), history=History())
    sweeping.api.away = 2

    async with sweeping:
        await until(lambda: "all" in sweeping.found, "that all is found")

    assert sweeping.found == ["old", "all"]
