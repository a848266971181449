"""aioftp over the guard: its data connections go to the control connection's peer, or nowhere."""

import asyncio
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import aioftp

from sluice_runner.egress.connect import CONNECT_SECONDS, Guard
from sluice_runner.egress.named import NamedContext
from sluice_runner.egress.rules import EgressRefused, Target

REPLY_LINES = 1000
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class GuardedClient(aioftp.Client):
    """Raises EgressRefused besides what aioftp raises."""

    def __init__(
        self, guard: Guard, target: Target, silence_seconds: float, *, implicit: bool
    ) -> None:
        super().__init__(socket_timeout=silence_seconds, trust_server_pasv_ipv4_address=True)
        self._guard = guard
        self._target = target
        self._implicit = implicit
        self._peer = ""
        self._lines = 0

    async def _open_connection(self, host: str, port: int) -> Streams:
        """aioftp opens both kinds of connection here, the control connection first."""
        if self._stream is None:
            return await self._open_control()
        if host not in (self.server_host, self._peer):
            raise EgressRefused(
                f"{self._target} sends its data to {host}, which is another machine: nothing was "
                "sent there"
            )
        target = replace(self._target, port=port)
        connection = await self._guard.connect_to(target, ip_address(self._peer))
        tls = self.stream.writer.transport.get_extra_info("ssl_object")
        if tls is None:
            return await asyncio.open_connection(sock=connection)
        # Some servers take data only in the session of the control connection (RFC 4217, 10.2).
        named = NamedContext(self._guard.trust(), self._target.host, tls.session)
        return await asyncio.open_connection(
            sock=connection, ssl=named, server_hostname=self._target.host
        )

    async def _open_control(self) -> Streams:
        connection = await self._guard.connect(self._target, CONNECT_SECONDS)
        self._peer = connection.getpeername()[0]
        if not self._implicit:
            return await asyncio.open_connection(sock=connection)
        return await asyncio.open_connection(
            sock=connection, ssl=self._guard.trust(), server_hostname=self._target.host
        )

    async def command(self, *args: Any, **options: Any) -> Any:
        """One command and its reply."""
        self._lines = 0
        return await super().command(*args, **options)

    async def parse_line(self) -> tuple[aioftp.Code, str]:
        """A reply has an end."""
        self._lines += 1
        if self._lines > REPLY_LINES:
            raise ConnectionError("its reply has no end")
        return await super().parse_line()
