"""Schedules at work against an API server in memory: each time once, whoever leads, or dies."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from sluice_core.api.workflow import Workflow
from sluice_kube.resources import Key
from sluice_kube.session import Session
from sluice_operator.ledger import Ledger
from sluice_operator.schedule.observed import Times
from sluice_operator.schedules import Schedules
from testkit.builders import a_workflow
from testkit.eventually import until
from testkit.scripted_api import ScriptedApi

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Cluster:
    """The API server: which workflows there are, which runs were made. It outlives leaders."""

    def __init__(self) -> None:
        self.now = NOON - MINUTE
        self.workflows: dict[str, Workflow] = {}
        self.statuses: dict[str, dict[str, Any]] = {}
        self.runs: Counter[str] = Counter()
        self.lists = 0
        self.fails = 0
        self.refuses: set[str] = set()

    def add(
        self, name: str, cron: str = "0 * * * *", triggers: tuple[str, ...] = ("t",), **more: Any
    ) -> None:
        made = [{"name": one, "schedule": {"cron": cron, **more}} for one in triggers]
        self.workflows[name] = a_workflow(name, triggers=made, status={"observedGeneration": 1})

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            self.lists += 1
            uids = [{"metadata": {"uid": one.metadata.uid}} for one in self.workflows.values()]
            return web.json_response({"metadata": {"resourceVersion": "1"}, "items": uids})
        if self.fails:
            self.fails -= 1
            return web.json_response({"reason": "Forbidden", "message": "quota"}, status=403)
        run = json.loads(await request.read())
        name = run["metadata"]["name"]
        if run["spec"]["trigger"]["name"] in self.refuses:
            return web.json_response({"reason": "Forbidden", "message": "no"}, status=403)
        self.runs[name] += 1
        if self.runs[name] > 1:
            answer = {"reason": "AlreadyExists", "message": "it is there"}
            return web.json_response(answer, status=409)
        return web.json_response(run, status=201)


class Leader:
    """One that has seen all workflows."""

    def __init__(self, cluster: Cluster, session: Session) -> None:
        self.cluster, self.leads, self.gone = cluster, True, list[Key]()
        self.told: list[str] = []
        self.ledger = Ledger(lambda _key, _when: None, lambda: cluster.now)
        self.schedules = Schedules(
            session,
            self.ledger,
            lambda key, _uid: self.gone.append(key),
            lambda _key, _uid, words: self.told.append(words),
            lambda: self.leads,
            lambda: cluster.now,
        )

    def see(self) -> None:
        for name, workflow in self.cluster.workflows.items():
            meta = workflow.metadata
            stored = self.cluster.statuses.get(name, {})
            self.ledger.open(Key(meta.namespace, name), meta.uid, meta.creation_timestamp, stored)
            self.schedules.see(workflow, valid=True)

    def times(self, name: str, trigger: str = "t") -> Times:
        return self.ledger.times(Key("shop", name)).get(trigger, Times())

    def store(self) -> None:
        """Write the statuses, as the room of workflows does."""
        for name in self.cluster.workflows:
            self.cluster.statuses[name] = self.ledger.shown(Key("shop", name)) or {}

    async def until_done(self, name: str, time: datetime) -> None:
        await until(lambda: self.times(name).last == time, f"the run of {time}")


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@asynccontextmanager
async def leading(cluster: Cluster) -> AsyncIterator[Leader]:
    async with ScriptedApi([cluster]) as api, Session(api.config) as session:
        leader = Leader(cluster, session)
        leader.see()
        task = asyncio.create_task(leader.schedules.run())
        await until(lambda: all(leader.times(name).next for name in cluster.workflows), "a look")
        try:
            yield leader
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def tick(leader: Leader, time: datetime) -> None:
    """The time has come; a real clock would wake the deadlines, which sleep by it."""
    leader.cluster.now = time
    for name in leader.cluster.workflows:
        leader.schedules._queue.add(Key("shop", name))


async def test_a_time_makes_a_run(cluster: Cluster) -> None:
    cluster.add("etl")

    async with leading(cluster) as leader:
        tick(leader, NOON)
        await leader.until_done("etl", NOON)

    assert list(cluster.runs.values()) == [1]


async def test_looking_often_makes_no_more(cluster: Cluster) -> None:
    cluster.add("etl")

    async with leading(cluster) as leader:
        for second in range(3):
            tick(leader, NOON + timedelta(seconds=second))
            await leader.until_done("etl", NOON)

    assert list(cluster.runs.values()) == [1]


async def test_a_leader_that_dies_after_the_run_and_before_the_status_makes_it_once(
    cluster: Cluster,
) -> None:
    cluster.add("etl")
    async with leading(cluster) as first:
        first.store()
        tick(first, NOON)
        await first.until_done("etl", NOON)

    cluster.now = NOON + timedelta(seconds=5)
    async with leading(cluster) as second:
        await second.until_done("etl", NOON)

    [asked] = cluster.runs.values()
    assert asked == 2, "the name was taken"


async def test_a_leader_that_dies_before_the_run_leaves_it_to_the_next(cluster: Cluster) -> None:
    cluster.add("etl")
    async with leading(cluster) as first:
        first.store()

    cluster.now = NOON + timedelta(seconds=5)
    async with leading(cluster) as second:
        await second.until_done("etl", NOON)

    assert list(cluster.runs.values()) == [1]


async def test_two_leaders_at_once_make_it_once(cluster: Cluster) -> None:
    cluster.add("etl")

    async with leading(cluster) as first, leading(cluster) as second:
        tick(first, NOON)
        tick(second, NOON)
        await first.until_done("etl", NOON)
        await second.until_done("etl", NOON)

    assert len(cluster.runs) == 1


async def test_a_restart_with_nothing_due_asks_for_nothing(cluster: Cluster) -> None:
    cluster.add("etl")
    async with leading(cluster) as first:
        tick(first, NOON)
        await first.until_done("etl", NOON)
        cluster.now = NOON + 2 * MINUTE
        first.ledger.complete()
        cluster.now += MINUTE
        first.store()
    asked = cluster.lists, cluster.runs.total()

    async with leading(cluster) as second:
        second.ledger.complete()
        shown = second.ledger.shown(Key("shop", "etl"))

    assert (cluster.lists, cluster.runs.total()) == asked
    assert shown == cluster.statuses["etl"]
    assert shown["triggers"][0]["lastTime"] == "2026-01-31T12:00:00Z"


async def test_who_does_not_lead_makes_none_until_he_does(cluster: Cluster) -> None:
    cluster.add("etl")

    async with leading(cluster) as leader:
        leader.leads = False
        tick(leader, NOON)
        await asyncio.sleep(0.2)
        before = cluster.runs.total()
        leader.leads = True
        await leader.until_done("etl", NOON)

    assert (before, cluster.runs.total()) == (0, 1)


async def test_what_the_api_server_refuses_is_tried_again(cluster: Cluster) -> None:
    cluster.add("etl")

    async with leading(cluster) as leader:
        cluster.fails = 2
        tick(leader, NOON)
        await leader.until_done("etl", NOON)

    assert list(cluster.runs.values()) == [1]


async def test_a_run_that_is_refused_is_told_and_keeps_no_other_from_being_made(
    cluster: Cluster,
) -> None:
    cluster.add("etl", triggers=("a", "t"))
    cluster.refuses = {"a"}

    async with leading(cluster) as leader:
        tick(leader, NOON)
        await leader.until_done("etl", NOON)
        refused, told = leader.times("etl", "a"), list(leader.told)
        cluster.refuses.clear()
        cluster.now = NOON + MINUTE
        await until(lambda: leader.times("etl", "a").last == NOON, "the run that was refused")

    assert refused == Times(None, NOON)
    assert told[0] == (
        "the run of schedule a for 2026-01-31T12:00:00Z is refused, and tried again: no"
    )
    assert len(cluster.runs) == 2


async def test_a_deletion_that_kopf_missed_is_noticed_before_anything_runs(
    cluster: Cluster,
) -> None:
    cluster.add("etl")

    async with leading(cluster) as leader:
        tick(leader, NOON)
        del cluster.workflows["etl"]
        await until(lambda: leader.gone == [Key("shop", "etl")], "that it is gone")

    assert not cluster.runs


async def test_hundreds_at_once_are_each_made_once_and_their_namespace_listed_once(
    cluster: Cluster,
) -> None:
    flows = [f"etl-{number}" for number in range(300)]
    for name in flows:
        cluster.add(name)

    async with leading(cluster) as leader:
        tick(leader, NOON)
        for name in flows:
            await leader.until_done(name, NOON)

    assert len(cluster.runs) == cluster.runs.total() == 300
    assert cluster.lists == 1
