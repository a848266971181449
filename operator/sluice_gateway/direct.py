"""The way in for triggers, past the framework's layers, which cost as much as all the rest.

Whatever does not look exactly like a trigger goes on to the application, which describes the same
endpoints in OpenAPI and finds the right words for what is wrong with a path.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sluice_gateway import problems

log = logging.getLogger(__name__)

_LABEL = "[a-z0-9](?:[-a-z0-9]{0,48}[a-z0-9])?"
_NAMESPACE = f"/api/v1/namespaces/(?P<namespace>{_LABEL})"

Endpoint = Callable[[Request, str], Awaitable[Response]]


@dataclass(frozen=True)
class Way:
    """An endpoint, the paths that lead to it, and `path`, their pattern as metrics name it."""

    path: str
    pattern: re.Pattern[str]
    endpoint: Endpoint


def in_namespace(noun: str, endpoint: Endpoint) -> Way:
    """POST /api/v1/namespaces/{namespace}/workflows/{workflow}/<noun>."""
    pattern = re.compile(f"{_NAMESPACE}/workflows/(?P<workflow>{_LABEL})/{noun}")
    path = f"/workflows/{{workflow}}/{noun}"
    return Way(path, pattern, endpoint)


class Direct:
    """An ASGI application in front of another one."""

    def __init__(self, app: ASGIApp, *ways: Way) -> None:
        self._app, self._ways = app, ways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] == "http" and scope["method"] == "POST":
            for way in self._ways:
                found = way.pattern.fullmatch(scope["path"])
                if found is not None:
                    scope["path_params"], scope["route"] = found.groupdict(), way
                    response = await _answer(way, Request(scope, receive, send))
                    await response(scope, receive, send)
                    return
        await self._app(scope, receive, send)


async def _answer(way: Way, request: Request) -> Response:
    try:
        return await way.endpoint(request, request.path_params["workflow"])
    except Exception as error:
        problem = problems.understood(error)
        if problem.status >= 500:
            log.exception("%s", request.url.path)
        return problems.respond(problem)
