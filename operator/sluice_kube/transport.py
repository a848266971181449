"""One request over HTTP, once: no retries, no knowledge of kinds; every failure is an ApiError."""

import io
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from sluice_kube import errors
from sluice_kube.config import ClusterConfig

CONNECTIONS = 128
CONNECT_SECONDS = 5.0
PIECES_ABOVE = 2**20
BROKEN = (aiohttp.ClientError, TimeoutError, OSError)
UNSENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@dataclass(frozen=True, slots=True)
class Request:
    """What goes over the wire, and the words that it is counted under."""

    method: str
    target: str
    verb: str
    subject: str
    body: bytes | None = None
    content_type: str = "application/json"
    accept: str = "application/json"
    repeatable: bool = True


class Transport:
    """Connections to one API server; must be made and closed on the loop that uses it."""

    def __init__(self, config: ClusterConfig, timeout: float) -> None:
        self._config = config
        self._options: dict[str, Any] = {"ssl": config.tls} if config.tls else {}
        if config.server_name:
            self._options["server_hostname"] = config.server_name
        if config.proxy:
            self._options["proxy"] = config.proxy
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS, socket_factory=_socket),
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Inside a cluster, the bytes saved by gzip cost more than they are worth.
            headers={"User-Agent": "sluice", "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Ends all connections."""
        await self._http.close()

    async def exchange(self, request: Request, token: str | None) -> tuple[int, bytes]:
        """Status and body of a 2xx answer."""
        try:
            async with self._open(request, token) as response:
                body: bytes = await response.read()
        except BROKEN as error:
            raise errors.unreachable(error, sent=not isinstance(error, UNSENT)) from error
        if response.status >= 300:
            raise errors.from_response(response.status, body, response.headers.get("Retry-After"))
        return response.status, body

    async def open(self, request: Request, token: str | None, silence: float) -> "Stream":
        """A 2xx answer whose body is still to come; `silence` is its longest pause in seconds."""
        timeout = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=silence)
        try:
            response = await self._open(request, token, timeout=timeout)
            if response.status < 300:
                return Stream(response)
            body = await response.read()
        except BROKEN as error:
            raise errors.unreachable(error, sent=not isinstance(error, UNSENT)) from error
        raise errors.from_response(response.status, body, response.headers.get("Retry-After"))

    # aiohttp has no public name for what this returns: a response, awaited or entered.
    def _open(self, request: Request, token: str | None, **options: Any) -> Any:
        headers = {"Accept": request.accept}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self._http.request(
            request.method,
            # The target is quoted already; yarl would parse and quote it again.
            URL(self._config.server + request.target, encoded=True),
            data=_payload(request.body),
            headers=headers,
            allow_redirects=False,
            **self._options,
            **options,
        )


def _payload(body: bytes | None) -> bytes | io.BytesIO | None:
    # In pieces when it is big: one write of megabytes would hold the loop, and aiohttp warns of it.
    return io.BytesIO(body) if body and len(body) > PIECES_ABOVE else body


class Stream:
    """A body that is still coming."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body in pieces, as they arrive."""
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except BROKEN as error:
            raise errors.unreachable(error, sent=True) from error

    def close(self) -> None:
        """Ends the connection, the body unread, without the farewell that TLS would wait for."""
        connection = self._response.connection
        if connection and connection.transport:
            connection.transport.abort()
        self._response.close()


def _socket(address: tuple[Any, ...]) -> socket.socket:
    """A socket that finds out within half a minute that its peer is gone without a word."""
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):  # Linux; macOS names them otherwise and does without
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return made
