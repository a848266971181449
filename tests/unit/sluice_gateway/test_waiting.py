"""Callers wait for their runs on one watch."""

import asyncio
from typing import Any

import orjson
import pytest

from sluice_gateway.problems import Problem
from sluice_gateway.waiting import Waiting, wait
from sluice_kube import errors
from sluice_kube.resources import Key, Manifest

KEY = Key("shop", "etl-1")


def a_run(phase: str | None = None, name: str = "etl-1") -> Manifest:
    run: Manifest = {"metadata": {"name": name, "namespace": "shop"}, "spec": {"workflow": "etl"}}
    return {**run, "status": {"phase": phase}} if phase else run


def an_event(type_: str, run: Manifest) -> bytes:
    return b'{"type":"%s","object":%s}' % (type_.encode(), orjson.dumps(run))


class Cluster:
    """The runs that a read finds."""

    def __init__(self, *runs: Manifest) -> None:
        self.runs = {Key.of(run): run for run in runs}
        self.read: list[Key] = []
        self.asked = asyncio.Event()

    async def __call__(self, key: Key) -> Manifest:
        self.read.append(key)
        self.asked.set()
        if key not in self.runs:
            raise errors.NotFound(404, "NotFound", "no such run")
        return self.runs[key]


async def never() -> None:
    await asyncio.Event().wait()


async def soon(outcome: asyncio.Future[Any]) -> Any:
    async with asyncio.timeout(5):
        return await outcome


EVENTS = {
    "created": ("ADDED", a_run(), False),
    "begun": ("MODIFIED", a_run("Running"), False),
    "succeeded": ("MODIFIED", a_run("Succeeded"), True),
    "failed": ("MODIFIED", a_run("Failed"), True),
    "cancelled": ("MODIFIED", a_run("Cancelled"), True),
    "deleted before its end": ("DELETED", a_run("Running"), True),
    "another run's end": ("MODIFIED", a_run("Succeeded", name="etl-2"), False),
}


@pytest.mark.parametrize(("type_", "run", "settles"), EVENTS.values(), ids=EVENTS)
async def test_which_event_ends_the_wait(type_: str, run: Manifest, settles: bool) -> None:
    waiting = Waiting(Cluster(), 10)

    with waiting.expect(KEY) as outcome:
        waiting.saw(an_event(type_, run))

        assert outcome.done() is settles
        assert not settles or outcome.result() == run


async def test_all_who_wait_for_one_run_are_told() -> None:
    waiting = Waiting(Cluster(), 10)

    with waiting.expect(KEY) as first, waiting.expect(KEY) as second:
        waiting.saw(an_event("MODIFIED", a_run("Succeeded")))

        assert first.done()
        assert second.done()


async def test_after_a_gap_each_awaited_run_is_read_once() -> None:
    cluster = Cluster(a_run("Succeeded"))
    waiting = Waiting(cluster, 10)

    with waiting.expect(KEY) as first, waiting.expect(KEY) as second:
        waiting.missed()
        await soon(first)
        await soon(second)

    assert cluster.read == [KEY]


async def test_a_run_that_a_gap_cannot_find_is_waited_for() -> None:
    cluster = Cluster()
    waiting = Waiting(cluster, 10)

    with waiting.expect(KEY) as outcome:
        waiting.missed()
        await cluster.asked.wait()
        waiting.saw(an_event("MODIFIED", a_run("Succeeded")))

        assert await soon(outcome) == a_run("Succeeded")


async def test_too_many_are_told_to_come_back() -> None:
    waiting = Waiting(Cluster(), 1)

    with waiting.expect(KEY), pytest.raises(Problem) as caught, waiting.expect(KEY):
        pass

    assert (caught.value.status, caught.value.headers["Retry-After"]) == (503, "5")


async def test_a_place_that_was_left_is_free_again() -> None:
    waiting = Waiting(Cluster(), 1)

    for _ in range(3):
        with waiting.expect(KEY):
            assert len(waiting) == 1

    assert len(waiting) == 0


async def test_a_gateway_that_ends_lets_all_go() -> None:
    waiting = Waiting(Cluster(), 10)

    with waiting.expect(KEY) as early:
        waiting.drain()
        with waiting.expect(KEY) as late:
            assert (await soon(early), await soon(late)) == (None, None)


async def test_the_wait_is_over_when_its_time_is() -> None:
    outcome: asyncio.Future[Manifest | None] = asyncio.get_running_loop().create_future()

    assert await wait(outcome, 0.01, never) is None


async def test_the_wait_is_over_when_the_caller_hangs_up() -> None:
    outcome: asyncio.Future[Manifest | None] = asyncio.get_running_loop().create_future()

    async def at_once() -> None:
        return

    async with asyncio.timeout(10):
        assert await wait(outcome, 300, at_once) is None


async def test_a_run_that_stays_away_for_half_a_minute_was_deleted() -> None:
    time = [100.0]
    cluster = Cluster()
    waiting = Waiting(cluster, 10, lambda: time[0])

    with waiting.expect(KEY) as outcome:
        for moment in (100.0, 105.0, 130.0):
            time[0] = moment
            assert not outcome.done(), "it may just not have been created yet"
            cluster.asked.clear()
            waiting.missed()
            await asyncio.wait_for(cluster.asked.wait(), 5)
        gone = await soon(outcome)

    assert not gone.get("status")
