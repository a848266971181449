"""What strangers write to a socket of a gateway on a real API server: each is refused in words that
name the limit or the field, and none breaks anything.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from sluice_gateway import heads
from sluice_gateway.strict_json import MAX_DEPTH
from testkit.gateway_process import World, a_world, cluster

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("kinds")]
BODY_BYTES = 4096
DEADLINE = 30
SPACES = b" " * (BODY_BYTES + 1)

Sent = Callable[[bytes], bytes]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world(cluster(), body_bytes=BODY_BYTES) as world:
        await world.account(("*", "*"))
        await world.workflow("etl")
        yield world


def with_length(body: bytes) -> Sent:
    """The body, and how long it is."""
    return lambda head: b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body)


def in_chunks(body: bytes) -> Sent:
    """The body in pieces, whose end is not known before; it does not come."""
    pieces = b"".join(b"%x\r\n%s\r\n" % (1, body[n : n + 1]) for n in range(len(body)))
    return lambda head: b"%sTransfer-Encoding: chunked\r\n\r\n%s" % (head, pieces)


def headed(line: bytes) -> Sent:
    """One more header, and no body."""
    return lambda head: b"%s%s\r\n\r\n" % (head, line)


def asked(query: bytes) -> Sent:
    """A query behind the path, and no body."""
    return lambda head: head.replace(b" HTTP/1.1", b"?%s HTTP/1.1" % query, 1) + b"\r\n"


SENT: dict[str, tuple[Sent, int, str]] = {
    "200 levels": (
        with_length(b'{"inputs":' * 200 + b"1" + b"}" * 200), 400, f"deeper than {MAX_DEPTH}",
    ),
    "200 levels of lists, in chunks": (
        lambda head: in_chunks(b"[" * 200 + b"]" * 200)(head) + b"0\r\n\r\n",
        400, f"deeper than {MAX_DEPTH}",
    ),
    "a key twice": (with_length(b'{"sync": false, "sync": true}'), 400, "the key 'sync'"),
    "a key twice, once by its number": (
        with_length(b'{"inputs": {"a": 1, "\\u0061": 2}}'), 400, "the key 'a'",
    ),
    "NUL in a text": (with_length(b'{"trigger_type": "a\0"}'), 400, "control character"),
    "NUL before the body": (with_length(b"\0{}"), 400, "line 1 column 1"),
    "NUL in the name of a field": (with_length(b'{"sy\\u0000nc": true}'), 422, "sy\0nc"),
    "bytes that are no UTF-8": (
        with_length(b'{"trigger_type": "\xc3\x28"}'), 400, "UTF-8",
    ),
    "UTF-16": (with_length("{}".encode("utf-16")), 400, "UTF-8"),
    "a number that no double holds": (with_length(b'{"inputs": {"a": 1e400}}'), 400, "infinity"),
    "a body that is too large": (with_length(SPACES), 413, f"{BODY_BYTES} bytes"),
    "one that is announced and does not come": (
        headed(b"Content-Length: 1000000000"), 413, f"{BODY_BYTES} bytes",
    ),
    "one in chunks that does not end": (in_chunks(SPACES), 413, f"{BODY_BYTES} bytes"),
    "a header that is too long": (
        headed(b"X-Long: " + b"a" * heads.HEAD_BYTES), 431, f"{heads.HEAD_BYTES} bytes",
    ),
    "NUL in a header": (headed(b"X-Odd: a\0b"), 400, "a header"),
    "a query that is too long": (
        asked(b"a=" + b"b" * heads.URL_BYTES), 414, f"{heads.URL_BYTES} bytes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SENT)
async def test_what_no_client_sends_is_refused_by_name(world: World, name: str) -> None:
    send, status, words = SENT[name]
    token = await world.token()
    path = f"/api/v1/namespaces/{world.namespace}/workflows/etl/trigger"
    head = f"POST {path} HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {token}\r\n"

    answered, problem = await answer(world, send(head.encode()))

    assert (answered, problem["status"]) == (status, status)
    assert words in problem["detail"]
    assert await world.runs() == []
    assert (await world.ask("GET", "//healthz", "")).status == 200


async def answer(world: World, request: bytes) -> tuple[int, dict[str, Any]]:
    """The status and the problem, of a connection that is still open for more."""
    port = int(world.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(DEADLINE):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            [length] = [
                int(line.partition(":")[2])
                for line in head.splitlines()
                if line.startswith("content-length:")
            ]
            body = await reader.readexactly(length)
    finally:
        writer.close()
    assert "content-type: application/problem+json" in head
    return int(head.split()[1]), json.loads(body)
