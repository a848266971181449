"""The event stream: one reader at a time, from any id on, a heartbeat while nothing happens."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sluice_core import wire
from sluice_runner.server.journal import Journal

_CHUNK_BYTES = 256 * 1024
_WRITE_SECONDS = 15  # a reader that takes nothing for that long is gone

Write = Callable[[bytes], Awaitable[None]]

log = logging.getLogger(__name__)


class Reader:
    """One open stream. It holds no lines of its own: what a slow reader has not got yet stays in
    the journal, where it is bounded."""

    def __init__(self) -> None:
        self.open = True
        self.wake = asyncio.Event()

    def close(self) -> None:
        """End the stream at the next line."""
        self.open = False
        self.wake.set()


class Stream:
    """Hands the journal's lines to the latest reader; an earlier one is closed."""

    def __init__(self, journal: Journal, heartbeat: float = wire.HEARTBEAT_SECONDS) -> None:
        self._journal = journal
        self._heartbeat = heartbeat
        self._reader: Reader | None = None
        journal.listener = self._notify

    def close(self) -> None:
        """End the stream, if one is open."""
        if self._reader is not None:
            self._reader.close()

    async def follow(self, after: int, write: Write) -> None:
        """Write all events with a higher id as they come, until closed.

        Raises ConnectionError when the reader is gone, TimeoutError when it takes nothing.
        """
        self.close()
        self._reader = reader = Reader()
        beat = asyncio.create_task(self._beat(reader))
        try:
            while reader.open:
                after = await self._write_since(after, write)
                await reader.wake.wait()
                reader.wake.clear()
        finally:
            beat.cancel()
            if self._reader is reader:
                self._reader = None

    async def _write_since(self, after: int, write: Write) -> int:
        items = self._journal.since(after)
        if not items:
            await _bounded(write, b"\n")
            return after
        chunk: list[bytes] = []
        size = 0
        for _, line in items:
            chunk.append(line)
            size += len(line)
            if size >= _CHUNK_BYTES:
                await _bounded(write, b"".join(chunk))
                chunk, size = [], 0
        if chunk:
            await _bounded(write, b"".join(chunk))
        return items[-1][0]

    def _notify(self) -> None:
        if self._reader is not None:
            self._reader.wake.set()

    async def _beat(self, reader: Reader) -> None:
        while True:
            await asyncio.sleep(self._heartbeat)
            reader.wake.set()


async def _bounded(write: Write, chunk: bytes) -> None:
    async with asyncio.timeout(_WRITE_SECONDS):
        await write(chunk)
