"""Servers that accept a connection and then behave badly, whatever protocol was meant."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

Manner = Literal["says nothing", "hangs up", "talks without end", "breaks off"]
FLOOD = b"220-" + b"x" * 65_536


@asynccontextmanager
async def rude(manner: Manner, greeting: bytes = b"") -> AsyncIterator[int]:
    """The port where it listens; `greeting` comes first."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(greeting)
            await writer.drain()
            await _behave(manner, reader, writer)
        except OSError:
            return  # the client has had enough
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _behave(
    manner: Manner, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    match manner:
        case "says nothing":
            while await reader.read(65_536):
                pass
        case "breaks off":
            await reader.read(1)
        case "talks without end":
            for _ in range(10_000):
                writer.write(FLOOD)
                await writer.drain()
        case "hangs up":
            pass
