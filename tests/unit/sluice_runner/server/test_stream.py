"""The event stream: order, resumption, one reader, acknowledgement."""

import asyncio
from pathlib import Path

from sluice_core import wire
from sluice_runner.server.attempt import Attempt
from testkit import runner_server
from testkit.runner_server import BOOT, NOW, a_request, endless


async def test_a_run_is_told_from_accepted_to_finished(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path) as server, server.events() as events:
        await server.dispatch(a_request("a"))

        seen = await events.until_end("a")

        types = [event.what.type for event in seen]
        assert types == ["accepted", "step.started", "step.finished", "finished"]
        assert [event.seq for event in seen] == [1, 2, 3, 4]
        assert [event.id - BOOT for event in seen] == [1, 2, 3, 4]
        assert seen[0].time == NOW


async def test_what_happens_in_one_turn_is_written_in_one_go(tmp_path: Path) -> None:
    chunks: asyncio.Queue[bytes] = asyncio.Queue()
    async with runner_server.running(tmp_path) as server:
        reading = asyncio.create_task(server.served.stream.follow(0, chunks.put))
        heartbeat = await chunks.get()

        codes = [server.holdings.take(a_request(uid)) for uid in ("a", "b")]
        chunk = await asyncio.wait_for(chunks.get(), 5)
        server.served.stream.close()
        await reading

        assert (heartbeat, codes) == (b"\n", [202, 202])
        assert chunk.count(b"\n") == 8


async def test_a_reader_resumes_after_the_last_id_it_has(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path) as server:
        async with server.events() as events:
            await server.dispatch(a_request("a"))
            whole = await events.until_end("a")

        async with server.events(after=whole[1].id) as events:
            rest = await events.until_end("a")

        assert rest == whole[2:]


async def test_a_reader_of_an_earlier_process_in_the_pod_misses_nothing(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path) as server:
        await server.dispatch(a_request("a"))

        async with server.events(after=BOOT - 12345) as events:
            seen = await events.until_end("a")
            boot = events.answer.headers[wire.HEADER_BOOT]

        assert [event.seq for event in seen] == [1, 2, 3, 4]
        assert boot == server.holdings.snapshot().boot


async def test_a_new_reader_closes_the_stream_of_the_one_before(tmp_path: Path) -> None:
    async with (
        runner_server.running(tmp_path) as server,
        server.events() as first,
        server.events() as second,
    ):
        ended = await first.ended()
        await server.dispatch(a_request("a"))
        seen = await second.until_end("a")

        assert ended
        assert len(seen) == 4


async def test_a_silent_stream_has_heartbeats(tmp_path: Path) -> None:
    async with (
        runner_server.running(tmp_path, heartbeat=0.01) as server,
        server.events() as events,
    ):
        lines = [await events.line() for _ in range(3)]

        assert lines == [b"\n"] * 3


async def test_an_acknowledged_run_is_forgotten(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path) as server, server.events() as events:
        await server.dispatch(a_request("a"))
        *_, last = await events.until_end("a")
        kept = server.served.journal.size

        await server.acknowledge("a", through=last.seq)

        assert kept > 0
        assert (server.served.journal.size, len(server.served.journal)) == (0, 0)
        assert server.holdings.snapshot().runs == ()


async def test_an_acknowledgement_short_of_the_end_keeps_the_rest(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path) as server:
        async with server.events() as events:
            await server.dispatch(a_request("a"))
            await events.until_end("a")

        await server.acknowledge("a", through=2)
        async with server.events() as events:
            rest = await events.until_end("a")

        assert [event.seq for event in rest] == [3, 4]
        assert len(server.holdings.snapshot().runs) == 1


async def test_an_acknowledgement_of_another_attempt_changes_nothing(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path) as server:
        await server.dispatch(a_request("a", attempt=2))
        await server.holdings.idle()

        await server.acknowledge("a", through=99, attempt=1)

        assert len(server.holdings.snapshot().runs) == 1


async def test_a_running_run_stays_when_all_it_told_so_far_is_acknowledged(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path, endless) as server, server.events() as events:
        await server.dispatch(a_request("a"))
        await events.next()
        started = await events.next()

        await server.acknowledge("a", through=started.seq)

        assert server.served.journal.size == 0
        [held] = server.holdings.snapshot().runs
        assert held.running


async def test_a_request_waits_for_its_reply(tmp_path: Path) -> None:
    async def work(attempt: Attempt[bytes]) -> None:
        reply = await attempt.ask("child", "ChildRun", {"workflow": "invoice"})
        attempt.emit(wire.Finished(phase="Succeeded", reason="Succeeded", output=reply.value))

    async with runner_server.running(tmp_path, work) as server, server.events() as events:
        await server.dispatch(a_request("a"))
        await events.next()
        asked = await events.next()
        assert isinstance(asked.what, wire.Request)

        reply = wire.Reply(attempt=1, request=asked.what.request, ok=True, value={"x": 1})
        codes = [(await server.send("POST", "/runs/a/replies", reply))[0] for _ in range(2)]
        finished = await events.next()

        assert codes == [202, 202]
        assert finished.what == wire.Finished(
            phase="Succeeded", reason="Succeeded", output={"x": 1}
        )


async def test_a_cancelled_run_says_so(tmp_path: Path) -> None:
    async with runner_server.running(tmp_path, endless) as server, server.events() as events:
        await server.dispatch(a_request("a"))

        code, _ = await server.send("POST", "/runs/a/cancel", wire.Cancel(attempt=1))
        *_, last = await events.until_end("a")

        assert code == 202
        assert last.what == wire.Finished(phase="Cancelled", reason="Cancelled")


async def test_logs_can_be_read_while_the_run_is_held_and_after(tmp_path: Path) -> None:
    async def work(attempt: Attempt[bytes]) -> None:
        attempt.emit(wire.Log(step="s", message="half way"))
        attempt.emit(wire.Finished(phase="Succeeded", reason="Succeeded"))

    async with runner_server.running(tmp_path, work) as server, server.events() as events:
        await server.dispatch(a_request("a"))
        *_, last = await events.until_end("a")
        held = await server.send("GET", "/runs/a/logs")

        await server.acknowledge("a", through=last.seq)
        after = await server.send("GET", "/runs/a/logs")

        assert held == after
        assert wire.Event.model_validate_json(after[1]).what == wire.Log(
            step="s", message="half way"
        )
        assert len(server.served.journal) == 0
