"""TLS for a host name on a connection that was made to a judged address of it."""

import ssl
from typing import Self


class NamedContext(ssl.SSLContext):
    """`trust`, but every handshake sends and verifies `host`, whatever was dialled.

    A `session` is resumed.

    For libraries that take a host and no socket: they are given the judged address as the host.
    """

    def __new__(cls, *_: object) -> Self:  # noqa: D102
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(
        self, trust: ssl.SSLContext, host: str, session: ssl.SSLSession | None = None
    ) -> None:
        self._trust = trust
        self._host = host
        self._session = session

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,  # noqa: ARG002
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """What asyncio and uvloop begin every handshake with."""
        return self._trust.wrap_bio(
            incoming, outgoing, server_side, self._host, session or self._session
        )
