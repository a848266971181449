"""TLS for a host name on a connection that was made to a judged address of it."""

import ssl
from typing import Self


class NamedContext(ssl.SSLContext):
    """`trust`, but every handshake sends and verifies `host`, whatever was dialled.

    For libraries that take a host and no socket: they are given the judged address as the host.
    """

    def __new__(cls, trust: ssl.SSLContext, host: str) -> Self:  # noqa: ARG004, D102
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, trust: ssl.SSLContext, host: str) -> None:
        self._trust = trust
        self._host = host

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,  # noqa: ARG002
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """What asyncio and uvloop begin every handshake with."""
        return self._trust.wrap_bio(incoming, outgoing, server_side, self._host, session)
