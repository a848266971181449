"""A vendor's API on loopback: what all of them share, and the client that finds them there."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl

import httpx
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from sluice_core.credentials import Credential
from sluice_runner.egress.address import Address
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from testkit.https_server import Answer, Received, Server, serving

M = TypeVar("M", bound=BaseModel)


class Api(Protocol):
    """`hosts` are the names that it has; called with a request, it answers as the vendor does."""

    hosts: tuple[str, ...]
    credential: Credential
    wrong_credential: Credential

    def __call__(self, request: Received) -> Answer: ...

    def rate_limited(self) -> tuple[Answer, float]:
        """What it says to too many requests, and the pause that it wants."""


class Body(BaseModel):
    """A request of a vendor: what its reference does not list is refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Refused(Exception):  # noqa: N818 - what the vendor says
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


def answering(handle: Callable[[Received], Answer]) -> Callable[[Received], Answer]:
    """The answer that it gives or raises; what its reference does not have is a 418."""

    def answer(request: Received) -> Answer:
        try:
            return handle(request)
        except Refused as refused:
            return refused.answer
        except AssertionError as error:
            return as_text(418, f"not in the reference: {error}")

    return answer


def as_json(status: int, body: JsonValue, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content_type = {"Content-Type": "application/json"}
    return Answer(status, content_type | named, json.dumps(body).encode())


def as_text(status: int, text: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"Content-Type": "text/plain"} | named, text.encode())


def json_of(request: Received, model: type[M], otherwise: Callable[[str], Answer]) -> M:
    """The body in the form of the reference; `otherwise` is how the vendor refuses another."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refused(otherwise("the content type is not application/json"))
    try:
        return model.model_validate_json(request.body)
    except ValidationError as error:
        raise Refused(otherwise(str(error))) from error


def form_of(request: Received) -> dict[str, str]:
    """The fields of application/x-www-form-urlencoded, each once."""
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    pairs = parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def basic_of(request: Received) -> tuple[str, str]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    name, _, password = b64decode(value).decode().partition(":") if scheme == "Basic" else ("",) * 3
    return name, password


@asynccontextmanager
async def playing(api: Api) -> AsyncIterator[tuple[Server, httpx.AsyncClient]]:
    """The API behind TLS under its vendor's names, and a guarded client that is led to it."""
    async with serving(names=api.hosts) as server:
        server.handle = answering(api)
        async with reaching(server, api.hosts) as http:
            yield server, http


@asynccontextmanager
async def reaching(server: Server, hosts: tuple[str, ...]) -> AsyncIterator[httpx.AsyncClient]:
    """The runner's own client, for which these names lead to the server, and others nowhere."""
    guard = Guard(Egress(("127.0.0.0/8",)), resolve=_only(hosts))
    async with client(guard, server.trust) as http:
        http.event_hooks = {"request": [*http.event_hooks["request"], _to(server)]}
        http.timeout = 5
        yield http


def _only(hosts: tuple[str, ...]) -> Callable[[str, int], Awaitable[tuple[Address, ...]]]:
    async def resolve(host: str, _: int) -> tuple[Address, ...]:
        if host not in hosts:
            raise OSError(f"{host} is not on loopback")
        return (ip_address("127.0.0.1"),)

    return resolve


def _to(server: Server) -> Callable[[httpx.Request], Awaitable[None]]:
    """Port 443 of a name is the server's port; the Host header stays as it was."""

    async def lead(request: httpx.Request) -> None:
        if request.url.port is None:
            request.url = request.url.copy_with(port=server.port)

    return lead
