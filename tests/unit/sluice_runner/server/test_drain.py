"""From SIGTERM to the end: what ends, what is interrupted, what is waited for."""

import asyncio
from pathlib import Path

from sluice_core import wire
from sluice_runner.server import drain
from sluice_runner.server.attempt import Attempt
from testkit import runner_server
from testkit.runner_server import a_request, endless


async def test_what_fits_in_the_grace_ends_by_itself(tmp_path: Path) -> None:
    go_on = asyncio.Event()

    async def work(attempt: Attempt[bytes]) -> None:
        await go_on.wait()
        attempt.emit(wire.Finished(phase="Succeeded", reason="Succeeded"))

    async with runner_server.running(tmp_path, work) as server, server.events() as events:
        await server.dispatch(a_request("a"))
        draining = asyncio.create_task(drain.drain(server.holdings, seconds=60))
        await events.next()

        refused = await server.dispatch(a_request("b"))
        go_on.set()
        *_, last = await events.until_end("a")
        await server.acknowledge("a", through=last.seq)
        await asyncio.wait_for(draining, 5)

        assert refused == [503]
        assert isinstance(last.what, wire.Finished)
        assert last.what.phase == "Succeeded"


async def test_what_does_not_fit_is_interrupted_and_not_cancelled(tmp_path: Path) -> None:
    async def work(attempt: Attempt[bytes]) -> None:
        try:
            await endless(attempt)
        except asyncio.CancelledError:
            cancelled = wire.StepFinished(step="wait", phase="Cancelled", started=0, duration_ms=1)
            attempt.emit(cancelled)
            attempt.emit(wire.Finished(phase="Cancelled", reason="Cancelled"))

    async with runner_server.running(tmp_path, work) as server, server.events() as events:
        await server.dispatch(a_request("a"))
        draining = asyncio.create_task(drain.drain(server.holdings, seconds=15))

        seen = await events.until_end("a")
        await server.acknowledge("a", through=seen[-1].seq)
        await asyncio.wait_for(draining, 5)

        types = [event.what.type for event in seen]
        assert types == ["accepted", "step.started", "interrupted"]


async def test_a_run_that_was_cancelled_before_stays_cancelled(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path, endless) as server, server.events() as events:
        await server.dispatch(a_request("a"))
        attempt = server.holdings.find("a")
        assert attempt is not None

        attempt.cancel()
        server.holdings.interrupt()
        *_, last = await events.until_end("a")

        assert last.what == wire.Finished(phase="Cancelled", reason="Cancelled")


async def test_an_engine_that_will_not_stop_is_reported_as_interrupted(tmp_path: Path) -> None:
    released = asyncio.Event()

    async def work(_attempt: Attempt[bytes]) -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    async with runner_server.running(tmp_path, work) as server, server.events() as events:
        await server.dispatch(a_request("a"))
        await events.next()

        draining = asyncio.create_task(drain.drain(server.holdings, seconds=10))
        *_, last = await events.until_end("a")
        await server.acknowledge("a", through=last.seq)
        await asyncio.wait_for(draining, 5)
        released.set()

        assert last.what == wire.Interrupted(reason="Draining")


async def test_nobody_acknowledges_and_the_grace_ends_the_wait(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path, endless) as server:
        await server.dispatch(a_request("a"))

        await asyncio.wait_for(drain.drain(server.holdings, seconds=0), 5)

        [held] = server.holdings.snapshot().runs
        assert not held.running
