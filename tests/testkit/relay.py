"""A TCP relay on loopback that can be cut or frozen, to take a server away from a client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from sluice_kube.config import ClusterConfig


class Relay:
    """Passes bytes to an API server, until `cut` or `freeze`, and again after `mend`."""

    def __init__(self, behind: ClusterConfig) -> None:
        self._behind = behind
        target = urlsplit(behind.server)
        self._host, self._port = target.hostname or "", target.port or 443
        self._open = True
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._none = asyncio.Event()
        self._none.set()
        self._own_port = 0

    async def listen(self) -> asyncio.Server:
        """Takes connections on a port of its own."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._own_port = server.sockets[0].getsockname()[1]
        return server

    @property
    def config(self) -> ClusterConfig:
        """The way to the server that leads through here."""
        name = self._behind.server_name or self._host
        return replace(self._behind, server=f"https://127.0.0.1:{self._own_port}", server_name=name)

    def cut(self) -> None:
        """Breaks every connection and refuses new ones."""
        self._open = False
        for writer in self._writers:
            writer.transport.abort()

    def freeze(self) -> None:
        """Connections stay and are taken, and nothing passes: a server that hangs."""
        self._flowing.clear()

    def mend(self) -> None:
        """Takes connections again, and passes on what was held back."""
        self._open = True
        self._flowing.set()

    async def end(self) -> None:
        """Cuts, and returns when no connection is left."""
        self.mend()
        self.cut()
        await self._none.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        if not self._open:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        both = {writer, far_writer}
        self._writers |= both
        self._none.clear()
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        self._writers -= both
        if not self._writers:
            self._none.set()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass  # cut, which is what a relay is for
        finally:
            writer.close()


@asynccontextmanager
async def relaying(behind: ClusterConfig) -> AsyncIterator[Relay]:
    """A relay to the API server of a configuration."""
    relay = Relay(behind)
    server = await relay.listen()
    try:
        yield relay
    finally:
        server.close()
        await relay.end()
