"""The process itself: it starts, carries out a run with a template, and ends on SIGTERM."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import aiohttp
import orjson
import pytest

from sluice_core import wire
from testkit.ports import a_free_port
from testkit.runner_server import Events, a_request
from testkit.signers import Signer

RAW = orjson.dumps(
    {
        "steps": [
            {"name": "say", "action": "log", "with": {"message": "for {{ inputs.day }}"}},
            {"name": "add", "action": "transform", "with": {"template": "{{ inputs.n + 1 }}"}},
        ]
    }
)
START_SECONDS = 30


@pytest.fixture
async def runner(tmp_path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    port = a_free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "SLUICE_WORKFLOW": "etl",
        "SLUICE_NAMESPACE": "shop",
        "SLUICE_WORKFLOW_UID": "workflow-uid",
        "SLUICE_POD_NAME": "workflow-etl-x",
        "SLUICE_POD_UID": "pod-uid",
        "SLUICE_PORT": str(port),
        "SLUICE_KEYS_DIR": str(tmp_path),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sluice_runner.main",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    yield process, f"http://127.0.0.1:{port}"
    if process.returncode is None:
        process.kill()
        await process.wait()


async def until_ready(http: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                async with http.get(wire.PATH_READY) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.02)


async def test_a_runner_from_start_to_end(
    tmp_path: Path, runner: tuple[asyncio.subprocess.Process, str]
) -> None:
    process, url = runner
    operator = Signer("operator-1")
    operator.publish(tmp_path)
    headers = {"Authorization": f"Bearer {operator.token()}", wire.HEADER_EPOCH: "1"}
    name = sha256(RAW).hexdigest()
    request = a_request("a", definition=name, inputs={"day": "2026-03-01", "n": 41})

    async with aiohttp.ClientSession(url, headers=headers) as http:
        await until_ready(http)
        async with http.put(f"/definitions/{name}", data=RAW) as answer:
            assert answer.status == 204, await answer.text()
        batch = wire.RunBatch(runs=(request,)).model_dump_json()
        async with http.post(wire.PATH_RUNS, data=batch) as answer:
            assert answer.status == 200, await answer.text()
        async with http.get(wire.PATH_EVENTS) as stream:
            *_, last = await Events(stream).until_end("a")
        acks = wire.AckBatch(acks=(wire.Ack(uid="a", attempt=1, through=last.seq),))
        async with http.post(wire.PATH_ACKS, data=acks.model_dump_json()) as answer:
            assert answer.status == 204
        process.send_signal(signal.SIGTERM)
        output, errors = await asyncio.wait_for(process.communicate(), START_SECONDS)

    assert (process.returncode, errors.decode()) == (0, "")
    assert isinstance(last.what, wire.Finished)
    assert (last.what.phase, last.what.output, last.what.message) == ("Succeeded", 42, "")
    [line] = output.splitlines()
    assert {**orjson.loads(line), "time": ""} == {
        "time": "",
        "run": "a",
        "step": "say",
        "level": "info",
        "message": "for 2026-03-01",
    }


async def test_an_environment_that_says_too_little_is_named(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sluice_runner.main",
        env={"PATH": os.environ["PATH"], "SLUICE_WORKFLOW": "etl"},
        stderr=asyncio.subprocess.PIPE,
    )

    _, errors = await asyncio.wait_for(process.communicate(), START_SECONDS)

    assert process.returncode == 1
    assert b"workflow_uid" in errors
    assert b"Traceback" not in errors
