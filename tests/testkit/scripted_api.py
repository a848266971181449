"""An HTTP server that answers as a test tells it to, as a real API server does not on demand."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web

from sluice_kube.config import ClusterConfig
from sluice_kube.tokens import NONE, TokenSource

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class ScriptedApi:
    """Answers in turn, the last one for ever; `asked` holds method, path and token of each."""

    answers: list[Answer]
    token: TokenSource = NONE
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.config = ClusterConfig(f"http://127.0.0.1:{port}", token=self.token)
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.asked.append((request.method, request.path, token))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


def says(status: int, body: object = None, **headers: str) -> Answer:
    """A JSON answer; underscores in header names are hyphens."""

    async def answer(_: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response({} if body is None else body, status=status, headers=named)

    return answer


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Takes the request and breaks the connection."""
    if request.transport:
        request.transport.abort()
    return web.Response()
