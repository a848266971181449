"""The server as the process runs it: from listening to the end of the drain."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from sluice_core import names, wire
from sluice_runner import settings
from sluice_runner.server.process import Server
from testkit.ports import a_free_port
from testkit.runner_server import DEFINITION, DEFINITION_HASH, Events, Work, a_request, no_op
from testkit.signers import Signer


def a_server(keys: Path, work: Work, unready: Callable[[], str], **fields: str) -> Server[bytes]:
    found = settings.from_environment(
        {
            "SLUICE_WORKFLOW": "etl",
            "SLUICE_NAMESPACE": "shop",
            "SLUICE_WORKFLOW_UID": "workflow-uid",
            "SLUICE_POD_NAME": "workflow-etl-x",
            "SLUICE_POD_UID": "pod-uid",
            "SLUICE_PORT": str(a_free_port()),
            "SLUICE_KEYS_DIR": str(keys),
            **fields,
        }
    )
    return Server(settings=found, parse=bytes, execute=work, unready=unready)


async def test_from_the_first_request_to_the_last_acknowledgement(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    reasons = ["the renderer starts"]
    go_on = asyncio.Event()

    async def work(attempt: object) -> None:
        attempt.emit(wire.Log(step="nothing", message="hello"))  # type: ignore[attr-defined]
        await go_on.wait()
        await no_op(attempt)  # type: ignore[arg-type]

    operator = Signer("operator-1")
    operator.publish(tmp_path)
    server = a_server(tmp_path, work, lambda: reasons[0])
    stopping, listening = asyncio.Event(), asyncio.Event()
    process = asyncio.create_task(server.run(stopping, listening.set))
    await asyncio.wait_for(listening.wait(), 5)
    headers = {"Authorization": f"Bearer {operator.token()}", wire.HEADER_EPOCH: "1"}
    url = f"http://127.0.0.1:{server.settings.port}"

    async with aiohttp.ClientSession(url, headers=headers) as http:

        async def ready() -> tuple[int, str]:
            async with http.get(wire.PATH_READY) as answer:
                return answer.status, wire.Readiness.model_validate_json(await answer.read()).reason

        starting = await ready()
        reasons[0] = ""
        started = await ready()
        async with http.put(f"/definitions/{DEFINITION_HASH}", data=DEFINITION) as answer:
            assert answer.status == 204
        batch = wire.RunBatch(runs=(a_request("a"),))
        async with http.post(wire.PATH_RUNS, data=batch.model_dump_json()) as answer:
            assert answer.status == 200
        async with http.get(wire.PATH_EVENTS) as stream:
            events = Events(stream)
            await events.next()
            stopping.set()
            await asyncio.sleep(0)
            draining = await ready()
            go_on.set()
            *_, last = await events.until_end("a")
            acks = wire.AckBatch(acks=(wire.Ack(uid="a", attempt=1, through=last.seq),))
            async with http.post(wire.PATH_ACKS, data=acks.model_dump_json()) as answer:
                assert answer.status == 204
            ended = await events.ended()
        await asyncio.wait_for(process, 5)

    assert (starting, started) == ((503, "the renderer starts"), (200, ""))
    assert draining == (503, "draining")
    assert ended
    assert server.settings.audience == names.runner_audience("workflow-uid", "pod-uid")


async def test_a_runner_that_holds_nothing_ends_at_once(tmp_path: Path) -> None:
    server = a_server(tmp_path, no_op, lambda: "")
    stopping = asyncio.Event()
    stopping.set()

    await asyncio.wait_for(server.run(stopping, lambda: None), 5)

    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", server.settings.port)


async def test_a_runner_for_one_run_ends_when_that_is_acknowledged(tmp_path: Path) -> None:
    operator = Signer("operator-1")
    operator.publish(tmp_path)
    server = a_server(tmp_path, no_op, lambda: "", SLUICE_ONE_RUN="a/1")
    stopping, listening = asyncio.Event(), asyncio.Event()
    process = asyncio.create_task(server.run(stopping, listening.set))
    await asyncio.wait_for(listening.wait(), 5)
    headers = {"Authorization": f"Bearer {operator.token()}", wire.HEADER_EPOCH: "1"}
    url = f"http://127.0.0.1:{server.settings.port}"

    async with aiohttp.ClientSession(url, headers=headers) as http:
        async with http.put(f"/definitions/{DEFINITION_HASH}", data=DEFINITION) as answer:
            assert answer.status == 204
        batch = wire.RunBatch(runs=(a_request("a"),))
        async with http.post(wire.PATH_RUNS, data=batch.model_dump_json()) as answer:
            assert answer.status == 200
        async with http.get(wire.PATH_EVENTS) as stream:
            *_, last = await Events(stream).until_end("a")
        assert not process.done()
        acks = wire.AckBatch(acks=(wire.Ack(uid="a", attempt=1, through=last.seq),))
        async with http.post(wire.PATH_ACKS, data=acks.model_dump_json()) as answer:
            assert answer.status == 204

    await asyncio.wait_for(process, 5)
