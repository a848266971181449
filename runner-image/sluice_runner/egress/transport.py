"""httpx over the guard: judged connections, judged redirects, bounded bodies, no cookies."""

import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from sluice_runner.egress.body import BODY_LIMIT, bounded, too_large
from sluice_runner.egress.connect import CONNECT_SECONDS, Guard
from sluice_runner.egress.rules import EgressRefused, Target

MAX_REDIRECTS = 3
MAX_CONNECTIONS = 100
SILENCE_SECONDS = 300.0  # the step's own timeout is usually shorter
KEPT_ELSEWHERE = frozenset(  # of a redirected request's headers, when its origin changes
    {"accept", "accept-encoding", "content-length", "content-type", "host", "user-agent"}
)
ORIGIN = "sluice.origin"
logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells whole URLs, which may be secret


def client(guard: Guard, trust: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    """The client for a step's requests; `trust` is the system's store when not given.

    Requests raise EgressRefused and BodyRefused besides what httpx raises.
    """
    return httpx.AsyncClient(
        transport=GuardedTransport(guard, trust or ssl.create_default_context()),
        trust_env=False,
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
        headers={"User-Agent": "sluice", "Accept-Encoding": "gzip, deflate"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # runs share this client
        event_hooks={"request": [_drop_credentials]},
    )


async def _drop_credentials(request: httpx.Request) -> None:
    """Send to another origin nothing of what its author wrote for the first one.

    httpx keeps every header but Authorization, so an API key of another name would go along.
    """
    url = request.url
    origin = (url.scheme, url.host, url.port)
    if request.extensions.setdefault(ORIGIN, origin) == origin:
        return
    request.extensions[ORIGIN] = origin
    for name in set(request.headers) - KEPT_ELSEWHERE:
        del request.headers[name]


class GuardedTransport(httpx.AsyncBaseTransport):
    """One pool for https and one for http, since a connection is judged by what is spoken on it."""

    def __init__(self, guard: Guard, trust: ssl.SSLContext) -> None:
        self._pools = {
            scheme: httpcore.AsyncConnectionPool(
                ssl_context=trust,
                max_connections=MAX_CONNECTIONS,
                keepalive_expiry=5.0,
                network_backend=GuardedBackend(guard, encrypted=scheme == "https"),
            )
            for scheme in ("https", "http")
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; redirects come back here, one by one."""
        pool = self._pools.get(request.url.scheme)
        if pool is None or not request.url.host:
            raise EgressRefused("a URL begins with https:// (or http://, if allowed) and a host")
        if request.url.port == 0:  # httpcore would take the scheme's own
            raise EgressRefused("0 is not a port")
        with _as_httpx():
            answer = await pool.handle_async_request(_as_httpcore(request))
        headers = httpx.Headers(answer.headers)
        body = GuardedBody(answer, headers.pop("content-encoding", ""))
        if _announced(headers) > BODY_LIMIT and request.method != "HEAD":
            await body.aclose()
            raise too_large()
        return httpx.Response(
            answer.status, headers=headers, stream=body, extensions=dict(answer.extensions)
        )

    async def aclose(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()


class GuardedBody(httpx.AsyncByteStream):
    """An answer's body, unpacked here because httpx unpacks without a limit."""

    def __init__(self, answer: httpcore.Response, encoding: str) -> None:
        self._answer = answer
        self._encoding = encoding

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body in pieces; raises BodyRefused."""
        with _as_httpx():
            async for piece in bounded(self._answer.aiter_stream(), self._encoding):
                yield piece

    async def aclose(self) -> None:
        """Give the connection back, or close it if the body was not read to its end."""
        await self._answer.aclose()


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """How httpcore opens connections: to judged addresses only, in their order."""

    def __init__(self, guard: Guard, *, encrypted: bool) -> None:
        self._guard = guard
        self._encrypted = encrypted
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self, host: str, port: int, *args: Any, **options: Any
    ) -> httpcore.AsyncNetworkStream:
        """Connect; httpcore itself then speaks TLS for `host`, and not for the address."""
        target = Target(host=host, port=port, encrypted=self._encrypted)
        try:
            addresses = await self._guard.addresses(target)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{target}: its name was not resolved in time") from error
        except OSError as error:
            raise httpcore.ConnectError(f"{target}: {error.strerror or error}") from error
        failed: Exception = httpcore.ConnectError(f"{target} has no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(str(address), port, *args, **options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


def _announced(headers: httpx.Headers) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0


def _as_httpcore(request: httpx.Request) -> httpcore.Request:
    url = request.url
    return httpcore.Request(
        request.method,
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Raise httpcore's errors as those that httpx has under the same names."""
    try:
        yield
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error
