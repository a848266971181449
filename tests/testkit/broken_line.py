"""A line to the API server that a test can cut and mend: a relay of bytes on loopback."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Self
from urllib.parse import urlsplit

from sluice_kube.config import ClusterConfig


class BrokenLine:
    """`config` leads through the relay; while it is cut, connections end as soon as made."""

    def __init__(self, config: ClusterConfig) -> None:
        there = urlsplit(config.server)
        self._behind, self._there = config, (there.hostname, there.port or 443)
        self._name = config.server_name or there.hostname
        self._cut = False
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.config = replace(
            self._behind, server=f"https://127.0.0.1:{port}", server_name=self._name
        )
        return self

    async def __aexit__(self, *raised: object) -> None:
        self.cut()
        self._server.close()

    def cut(self) -> None:
        """Breaks what is open, and what is opened from now on."""
        self._cut = True
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        """Lets new connections through."""
        self._cut = False

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(*self._there)
        ends = {writer, far_writer}
        self._writers |= ends
        with suppress(OSError):
            await asyncio.gather(_pass(reader, far_writer), _pass(far_reader, writer))
        for end in ends:
            end.transport.abort()
        self._writers -= ends


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(2**16):
        writer.write(data)
        await writer.drain()
    writer.transport.abort()
