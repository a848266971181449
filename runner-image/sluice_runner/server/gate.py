"""What a request must show before it is served: a token of the right scope, a leader's epoch."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web
from pydantic import ValidationError

from sluice_core import wire
from sluice_runner.server.epoch import Fence, OlderEpoch
from sluice_runner.tokens import InvalidToken, Verifier

BATCH_BYTES = 32 * 1024 * 1024

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MessageT = TypeVar("MessageT", bound=wire.Message)


class Refused(Exception):  # noqa: N818 - what happened to the request
    """The request is answered with this code, and the message in `Refusal`."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Gate:
    """Wraps the handlers. `count` is told the path's pattern and code of each answer."""

    verifier: Verifier
    fence: Fence
    count: Callable[[str, int], None]

    def run(self, handler: Handler) -> Handler:
        """For the leading operator alone."""
        return self._guard(handler, frozenset({wire.SCOPE_RUN}), fenced=True)

    def look(self, handler: Handler) -> Handler:
        """For an operator, leading or about to: it changes nothing but may announce an epoch."""
        return self._guard(handler, frozenset({wire.SCOPE_RUN}), fenced=False)

    def read(self, handler: Handler) -> Handler:
        """For the gateway too."""
        return self._guard(handler, frozenset({wire.SCOPE_RUN, wire.SCOPE_READ}), fenced=None)

    def deliver(self, handler: Handler) -> Handler:
        """For the leading operator, at the courier."""
        return self._guard(handler, frozenset({wire.SCOPE_DELIVER}), fenced=True)

    def public(self, handler: Handler) -> Handler:
        """For anybody."""

        async def served(request: web.Request) -> web.StreamResponse:
            return await self._counted(handler, request)

        return served

    def _guard(self, handler: Handler, scopes: frozenset[str], *, fenced: bool | None) -> Handler:
        async def admitted(request: web.Request) -> web.StreamResponse:
            self._authenticate(request, scopes)
            if fenced is not None:
                self._admit_epoch(request, required=fenced)
            return await handler(request)

        return self.public(admitted)

    async def _counted(self, handler: Handler, request: web.Request) -> web.StreamResponse:
        try:
            response = await handler(request)
        except Refused as refused:
            body = wire.Refusal(message=refused.message)
            response = answer(body, refused.code)
        resource = request.match_info.route.resource
        self.count(resource.canonical if resource else "", response.status)
        return response

    def _authenticate(self, request: web.Request, scopes: frozenset[str]) -> None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer":
            raise Refused(401, "a bearer token is wanted")
        try:
            caller = self.verifier.verify(token)
        except InvalidToken as error:
            raise Refused(401, str(error)) from error
        if caller.scope not in scopes:
            raise Refused(403, f"scope {caller.scope} does not reach this")

    def _admit_epoch(self, request: web.Request, *, required: bool) -> None:
        text = request.headers.get(wire.HEADER_EPOCH, "")
        if not text.isdecimal():
            if required or text:
                raise Refused(400, f"{wire.HEADER_EPOCH} must be a number")
            return
        try:
            self.fence.admit(int(text))
        except OlderEpoch as error:
            if required:
                raise Refused(wire.OLDER_EPOCH, str(error)) from error


def answer(message: wire.Message, code: int = 200) -> web.Response:
    """A message as the body."""
    body = message.model_dump_json(by_alias=True).encode()
    return web.Response(body=body, status=code, content_type="application/json")


async def body_of(request: web.Request, limit: int = BATCH_BYTES) -> bytes:
    """The whole body; raises Refused before more than `limit` bytes are kept."""
    if (request.content_length or 0) > limit:
        raise Refused(413, f"more than {limit} bytes")
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise Refused(413, f"more than {limit} bytes")
    return bytes(body)


def parsed(model: type[MessageT], body: bytes) -> MessageT:
    """Raises Refused for what is not such a message, and says where, but not what stood there."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Refused(400, f"{place}: {first['msg']}") from error
