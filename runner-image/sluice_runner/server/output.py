"""The run log on standard output: a JSON line for each log event, written once a loop turn."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import BinaryIO

import orjson

from sluice_core import wire


class Output:
    """Lines are gathered and written in one go, so that a chatty step costs few system calls."""

    def __init__(self, stream: BinaryIO, clock: Callable[[], datetime]) -> None:
        self._stream = stream
        self._clock = clock
        self._pending: list[bytes] = []

    def observe(self, run: wire.RunRequest, what: wire.Happening) -> None:
        """Print it if it is a log event."""
        if not isinstance(what, wire.Log):
            return
        if not self._pending:
            asyncio.get_running_loop().call_soon(self._flush)
        self._pending.append(self._line(run, what))

    def _line(self, run: wire.RunRequest, what: wire.Log) -> bytes:
        time = self._clock().astimezone(UTC)
        return orjson.dumps(
            {
                "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "run": run.name,
                "step": what.step,
                "level": what.level,
                "message": what.message.encode(errors="replace").decode(),
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )

    def _flush(self) -> None:
        lines, self._pending = self._pending, []
        self._stream.write(b"".join(lines))
        self._stream.flush()
