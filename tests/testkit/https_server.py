"""An HTTP server on loopback, over TLS if asked, that answers from a table and keeps requests."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import trustme


@dataclass(frozen=True)
class Answer:
    """What a path is answered with, byte by byte.

    `hang_up` says nothing, `silent` and nothing ever; with `then` the answer, and that after it.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hang_up: bool = False
    silent: bool = False
    then: Literal["", "hang up", "silence"] = ""


@dataclass(frozen=True)
class Received:
    """A request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Server:
    """Where it listens, whose certificates it shows, and what it was asked.

    `handle` answers in place of the table.
    """

    port: int
    answers: dict[str, Answer]
    trust: ssl.SSLContext | None
    received: list[Received] = field(default_factory=list)
    handle: Callable[[Received], Answer] | None = None

    def answer(self, request: Received) -> Answer:
        if self.handle is not None:
            return self.handle(request)
        return self.answers.get(request.target.partition("?")[0], Answer(404))

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{'https' if self.trust else 'http'}://{host}:{self.port}{path}"


@asynccontextmanager
async def serving(*, tls: bool = True, names: tuple[str, ...] = ()) -> AsyncIterator[Server]:
    """A server whose certificate is for 127.0.0.1, localhost and `names`."""
    ours, trust = _contexts(names) if tls else (None, None)
    server = Server(0, {}, trust)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                server.received.append(request)
                answer = server.answer(request)
                if answer.silent:
                    await reader.read()
                if answer.hang_up or answer.silent:
                    return
                writer.write(_bytes(answer))
                await writer.drain()
                if answer.then == "silence":
                    await reader.read()
                if answer.then:
                    return
        except (OSError, ssl.SSLError):
            return  # the client went away
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=ours)
    server.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield server


@lru_cache(maxsize=64)
def _contexts(names: tuple[str, ...]) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA()
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost", *names).configure_cert(ours)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    return ours, trust


async def _read(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, target, headers, body)


def _bytes(answer: Answer) -> bytes:
    headers = {"Content-Length": str(len(answer.body)), **answer.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} Status\r\n{lines}\r\n".encode() + answer.body
