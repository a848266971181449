"""Bound how many requests with one token are at work at once, so that others find room too."""

from starlette.types import ASGIApp, Receive, Scope, Send

from sluice_gateway import problems
from sluice_gateway.problems import Problem

_TOKENS = {b"authorization", b"x-api-key"}


class Crowding:
    """An ASGI application in front of another one. What shows no token is not counted."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = app, most
        self._at_work: dict[bytes, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        token = _token(scope) if scope["type"] == "http" else b""
        if not token:
            await self._app(scope, receive, send)
            return
        before = self._at_work.get(token, 0)
        if before >= self._most:
            await problems.respond(_too_many(before))(scope, receive, send)
            return
        self._at_work[token] = before + 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._left(token)

    def _left(self, token: bytes) -> None:
        left = self._at_work[token] - 1
        if left:
            self._at_work[token] = left
        else:
            del self._at_work[token]


def _token(scope: Scope) -> bytes:
    return next((value for name, value in scope["headers"] if name in _TOKENS), b"")


def _too_many(at_work: int) -> Problem:
    detail = f"{at_work} requests with your token are at work: wait until some are answered"
    return Problem(429, "TooManyAtOnce", detail, headers={"Retry-After": "1"})
