"""Requests that nobody would think of, made of OpenAPI, to a gateway on a real API server: none is
answered otherwise than described, and none with a 5xx.
"""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from testkit import asked
from testkit.gateway_process import World, a_world, cluster

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("kinds")]
ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")
SECONDS = 300
MOST_SHOWN = 20_000  # characters
PHASES = ("Examples", "Coverage", "Fuzzing", "Stateful")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    # Nothing executes the runs, so nobody is to wait for them.
    async with a_world(cluster(), sync_seconds=0.05) as world:
        await world.account(("*", "*"))
        yield world


async def test_no_request_is_answered_otherwise_than_described(
    world: World, tmp_path: Path
) -> None:
    token = await world.token()
    told = await asked.stage(world, token, "w", "any")
    given = {f"SCHEMATHESIS_{name.upper()}": value for name, value in told.items()}
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("schemathesis"), "--config-file", CONFIG, "--no-color"),
        *("run", f"{world.url}/openapi.json", "--header", f"Authorization: Bearer {token}"),
        cwd=tmp_path,
        env=os.environ | given | {"PYTHONPATH": str(ROOT / "tests")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(SECONDS):
        output, _ = await process.communicate()
    text = output.decode()

    assert process.returncode == 0, text[:MOST_SHOWN]
    [made] = re.findall(r"(\d+) generated", text)
    assert int(made) > 3000
    assert [phase for phase in PHASES if not re.search(f"✅ +{phase} ", text)] == []
