"""Taking runs: each request against each state of the runner."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from sluice_core import wire
from sluice_runner.server.attempt import Attempt
from testkit import runner_server
from testkit.runner_server import RunnerServer, a_request, endless, no_op


async def holds_a_running_one(server: RunnerServer) -> None:
    await server.dispatch(a_request("held", attempt=2))


async def holds_an_ended_one(server: RunnerServer) -> None:
    await server.dispatch(a_request("held", attempt=2))
    await server.send("POST", "/runs/held/cancel")
    await server.holdings.idle()


async def had_one_acknowledged(server: RunnerServer) -> None:
    await holds_an_ended_one(server)
    await server.acknowledge("held", through=99, attempt=2)


async def drains(server: RunnerServer) -> None:
    await holds_a_running_one(server)
    server.holdings.draining = True


async def has_no_slot(server: RunnerServer) -> None:
    await server.dispatch(a_request("held", attempt=2), a_request("other"))


async def is_free(server: RunnerServer) -> None:
    assert server.holdings.free == 2


CASES = {
    "a new run is taken": (is_free, a_request("new"), 202),
    "a run beside another is taken": (holds_a_running_one, a_request("new"), 202),
    "a definition nobody sent is asked for": (is_free, a_request("new", definition="0" * 64), 412),
    "the attempt that runs is known": (holds_a_running_one, a_request("held", 2), 200),
    "the attempt that ended is known": (holds_an_ended_one, a_request("held", 2), 200),
    "an earlier attempt than the held one is past": (
        holds_a_running_one,
        a_request("held", 1),
        410,
    ),
    "a later attempt takes the place of one that runs": (
        holds_a_running_one,
        a_request("held", 3),
        202,
    ),
    "a later attempt takes the place of one that ended": (
        holds_an_ended_one,
        a_request("held", 3),
        202,
    ),
    "an acknowledged attempt is not taken again": (had_one_acknowledged, a_request("held", 2), 410),
    "nor one before it": (had_one_acknowledged, a_request("held", 1), 410),
    "an attempt after the acknowledged one is taken": (
        had_one_acknowledged,
        a_request("held", 3),
        202,
    ),
    "without a slot a new run is refused": (has_no_slot, a_request("new"), 429),
    "without a slot the held run is known": (has_no_slot, a_request("held", 2), 200),
    "without a slot a later attempt inherits the slot": (has_no_slot, a_request("held", 3), 202),
    "a draining runner takes no new run": (drains, a_request("new"), 503),
    "a draining runner knows what it holds": (drains, a_request("held", 2), 200),
}


@pytest.mark.parametrize(("state", "request_", "code"), CASES.values(), ids=CASES)
async def test_a_run_is_answered(
    tmp_path: Path,
    state: Callable[[RunnerServer], object],
    request_: wire.RunRequest,
    code: int,
) -> None:
    async with runner_server.running(tmp_path, endless, slots=2) as server:
        await state(server)  # type: ignore[misc]

        codes = await server.dispatch(request_)

        assert codes == [code]


async def test_each_run_of_a_batch_is_answered_in_order(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path, endless, slots=2) as server:
        unknown = a_request("b", definition="0" * 64)

        codes = await server.dispatch(a_request("a"), unknown, a_request("c"), a_request("d"))

        assert codes == [202, 412, 202, 429]


async def test_a_slot_is_free_again_when_a_run_has_ended(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path, no_op, slots=1) as server:
        first = await server.dispatch(a_request("a"))
        await server.holdings.idle()

        second = await server.dispatch(a_request("b"))

        assert (first, second) == ([202], [202])


async def test_a_later_attempt_begins_only_when_the_earlier_one_has_stopped(tmp_path: Path) -> None:
    happened: list[str] = []

    async def work(attempt: Attempt[bytes]) -> None:
        number = attempt.request.attempt
        happened.append(f"{number} begins")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            happened.append(f"{number} ends")

    async with runner_server.running(tmp_path, work) as server:
        await server.dispatch(a_request("a", 1))

        await server.dispatch(a_request("a", 2))
        async with server.events() as events:
            begun = await events.next()

        assert happened == ["1 begins", "1 ends", "2 begins"]
        assert (begun.attempt, begun.seq, begun.what.type) == (2, 1, "accepted")


async def test_an_attempt_that_is_replaced_while_it_waits_gives_its_definition_back(
    tmp_path: Path,
) -> None:
    async with runner_server.running(tmp_path, endless, slots=1) as server:
        codes = await server.dispatch(*(a_request("a", number) for number in (1, 2, 3)))
        held = server.holdings.snapshot().runs

        await server.send("POST", "/runs/a/cancel")
        await server.holdings.idle()

        assert codes == [202, 202, 202]
        assert [run.attempt for run in held] == [3]
        assert server.holdings.free == 1


async def test_a_crash_of_the_engine_ends_the_run_and_frees_the_slot(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(_attempt: Attempt[bytes]) -> None:
        raise ZeroDivisionError

    async with runner_server.running(tmp_path, work, slots=1) as server, server.events() as events:
        await server.dispatch(a_request("a"))
        *_, last = await events.until_end("a")

        assert last.what == wire.Finished(
            phase="Failed", reason="Internal", message="ZeroDivisionError"
        )
        assert server.holdings.free == 1
        assert "Traceback" in caplog.text


async def test_an_engine_that_forgets_the_end_is_a_crash_too(tmp_path: Path) -> None:
    async def work(_attempt: Attempt[bytes]) -> None:
        return

    async with runner_server.running(tmp_path, work) as server, server.events() as events:
        await server.dispatch(a_request("a"))
        *_, last = await events.until_end("a")

        assert isinstance(last.what, wire.Finished)
        assert (last.what.phase, last.what.reason) == ("Failed", "Internal")


async def test_holdings_tell_what_runs_and_what_waits_for_its_acknowledgement(
    tmp_path: Path,
) -> None:
    async def work(attempt: Attempt[bytes]) -> None:
        await (no_op if attempt.request.uid == "short" else endless)(attempt)

    async with runner_server.running(tmp_path, work, slots=3) as server, server.events() as events:
        await server.dispatch(a_request("short"), a_request("long"))
        await events.until_end("short")

        code, body = await server.send("GET", wire.PATH_RUNS)

        holdings = wire.Holdings.model_validate_json(body)
        assert code == 200
        assert {run.uid: run.running for run in holdings.runs} == {"short": False, "long": True}
        assert (holdings.slots, holdings.free, holdings.draining) == (3, 2, False)
