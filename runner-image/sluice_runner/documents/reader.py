"""What the action uses: have a document read in a process of its own, within limits."""

import asyncio
from dataclasses import asdict

import orjson
from pydantic import JsonValue

from sluice_runner.confined import frames
from sluice_runner.confined.nursery import Child, Nursery
from sluice_runner.documents import limits
from sluice_runner.documents.limits import Reason, Refused
from sluice_runner.documents.parsed import Hints

_START_SECONDS = 20.0


class Documents:
    """Readers for all steps of a runner; nothing is started before there is a document."""

    def __init__(self, wall_seconds: float = limits.WALL_SECONDS) -> None:
        self._nursery = Nursery("sluice_runner.documents.zygote")
        self._room = asyncio.Semaphore(limits.AT_ONCE)
        self._wall_seconds = wall_seconds

    def end(self) -> None:
        """End all readers, at once."""
        self._nursery.end()

    async def read(self, raw: bytes, hints: Hints) -> dict[str, JsonValue]:
        """Its text, pages, tables and metadata; raises Refused. Cancelling ends the reader."""
        if len(raw) > limits.INPUT_BYTES:
            raise limits.too_large(f"more than {limits.INPUT_BYTES // limits.MIB} MiB")
        async with self._room:
            child = self._nursery.fork()
            try:
                return _read(await self._answer(child, raw, hints))
            finally:
                self._nursery.kill(child)

    async def _answer(self, child: Child, raw: bytes, hints: Hints) -> bytes:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_START_SECONDS):
            await child.ready()
        try:
            async with asyncio.timeout(self._wall_seconds):
                said = frames.framed(orjson.dumps(asdict(hints)))
                await loop.sock_sendall(child.connection, said)
                await loop.sock_sendall(child.connection, frames.framed(raw))
                return await frames.receive_async(child.connection)
        except TimeoutError as error:
            message = f"reading it takes longer than {self._wall_seconds:g} s"
            raise limits.too_large(message) from error
        except (EOFError, ConnectionError) as error:
            seconds, mib = limits.CPU_SECONDS, limits.MEMORY_BYTES // limits.MIB
            message = f"its reader ended: it took more than {mib} MiB or {seconds} s, or crashed"
            raise limits.too_large(message) from error


def _read(answer: bytes) -> dict[str, JsonValue]:
    said = orjson.loads(answer)
    if "refused" in said:
        reason: Reason
        reason, message = said["refused"]
        raise Refused(reason, message)
    parsed: dict[str, JsonValue] = said["parsed"]
    return parsed
