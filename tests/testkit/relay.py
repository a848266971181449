"""A TCP relay on loopback that can be cut, to take a server away from a client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class Relay:
    """Passes bytes to a server, until `cut`, and again after `mend`."""

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        self.host, self._port = target.hostname or "", target.port or 443
        self._open = True
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    def cut(self) -> None:
        """Breaks every connection and refuses new ones."""
        self._open = False
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        """Takes connections again."""
        self._open = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        if not self._open:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(self.host, self._port)
        both = {writer, far_writer}
        self._writers |= both
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        self._writers -= both


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass  # cut, which is what a relay is for
    finally:
        writer.close()


@asynccontextmanager
async def relaying(url: str) -> AsyncIterator[Relay]:
    """A relay to the server of `url`."""
    relay = Relay(url)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        relay.cut()
