"""Bounds for the heads of requests, which uvicorn has none for: their size, and the time they take.

A connection is cut too when a body goes on coming after its request was answered.
"""

from asyncio import TimerHandle, Transport
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sluice_gateway import problems
from sluice_gateway.problems import Problem

URL_BYTES = 8 * 1024
HEAD_BYTES = 32 * 1024  # a token is 16 KiB at most
_HANG_UP = {"Connection": "close"}


class BoundedHeads(HttpToolsProtocol):
    """One connection. `head_seconds` count from the head's first byte."""

    head_seconds = 10.0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._answering = self.app
        self._in_head, self._head_bytes = True, 0
        self._late: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Who connects and says nothing may stay for as long as between two requests."""
        super().connection_made(transport)
        self._wait_for_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """As asyncio has it."""
        self._in_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """As asyncio has it."""
        if self._late is None and (self._in_head or self._is_answered()):
            self._late = self.loop.call_later(self.head_seconds, self._cut)
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self._refuse(_headers_too_large())

    def on_headers_complete(self) -> None:
        """As httptools has it."""
        self._in_time()
        self._in_head, self._head_bytes = False, 0
        problem = _too_large(self.url, self.headers)
        self.app = self._answering if problem is None else _refusing(problem)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """As httptools has it."""
        super().on_message_complete()
        self._in_time()
        self._in_head = True
        if self._is_answered() and not self.transport.is_closing():
            self._wait_for_more()  # uvicorn did when it had answered, and not since

    def _wait_for_more(self) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _is_answered(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete

    def _in_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _cut(self) -> None:
        self._late = None
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._late = self.loop.call_later(self.head_seconds, self._cut)  # an answer goes first
        elif self._in_head:
            detail = f"the head did not arrive within {self.head_seconds:g} seconds"
            self._refuse(Problem(408, "RequestTimeout", detail, headers=_HANG_UP))
        else:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - it says what is not valid, not why
        """As uvicorn has it."""
        detail = "what came is no request as HTTP/1.1 has it: its first line, a header or a length"
        self._refuse(Problem(400, "NotHttp", detail, headers=_HANG_UP))

    def _refuse(self, problem: Problem) -> None:
        """Without the application, as there is no whole request."""
        answer = problems.respond(problem)
        lines = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}".encode()]
        lines += [b": ".join(header) for header in answer.raw_headers]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(answer.body)]))
        self.transport.close()


def within(seconds: float) -> type[BoundedHeads]:
    """The protocol for uvicorn, which takes a class."""
    return type("BoundedHeads", (BoundedHeads,), {"head_seconds": seconds})


def _too_large(url: bytes, headers: list[tuple[bytes, bytes]]) -> Problem | None:
    if len(url) > URL_BYTES:
        detail = f"path and query are longer than {URL_BYTES} bytes"
        return Problem(414, "UriTooLong", detail, headers=_HANG_UP)
    if sum(len(name) + len(value) for name, value in headers) > HEAD_BYTES:
        return _headers_too_large()
    return None


def _headers_too_large() -> Problem:
    detail = f"the headers are larger than {HEAD_BYTES} bytes"
    return Problem(431, "HeadersTooLarge", detail, headers=_HANG_UP)


def _refusing(problem: Problem) -> ASGIApp:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await problems.respond(problem)(scope, receive, send)

    return refuse
