"""The run log on standard output."""

import asyncio
from datetime import datetime, timedelta, timezone
from io import BytesIO

import orjson

from sluice_core import wire
from sluice_runner.server.output import Output
from testkit.runner_server import a_request

NOON = datetime(2026, 3, 1, 13, tzinfo=timezone(timedelta(hours=1)))


class CountingStream(BytesIO):
    """Counts its writes."""

    writes = 0

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self.writes += 1
        return super().write(data)


async def test_lines_of_one_turn_are_written_at_once() -> None:
    stream = CountingStream()
    output = Output(stream, lambda: NOON)

    output.observe(a_request("etl-1"), wire.Log(step="load", level="warning", message="slow\nly"))
    output.observe(a_request("etl-2"), wire.Log(step="load", message="done"))
    output.observe(a_request("etl-2"), wire.StepStarted(step="load"))
    await asyncio.sleep(0)

    first, second = (orjson.loads(line) for line in stream.getvalue().splitlines())
    assert first == {
        "time": "2026-03-01T12:00:00.000Z",
        "run": "etl-1",
        "step": "load",
        "level": "warning",
        "message": "slow\nly",
    }
    assert second["run"] == "etl-2"
    assert stream.writes == 1
