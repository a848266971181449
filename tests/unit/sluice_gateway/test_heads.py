"""What strangers may send on a connection, by a real socket and the real server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sluice_gateway import heads, serving
from sluice_gateway.gateway import Gateway
from sluice_gateway.limits import Limits
from sluice_gateway.settings import Settings
from testkit.eventually import until
from testkit.gateway_app import Cluster, a_workflow, make
from testkit.ports import a_free_port

TRIGGER = "POST /api/v1/namespaces/shop/workflows/etl/trigger HTTP/1.1\r\nHost: g\r\n"
TRIGGER += "Authorization: Bearer alice\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n"
DEADLINE = 20


@asynccontextmanager
async def a_server(head_seconds: float = 10) -> AsyncIterator[int]:
    """The port of a gateway over memory."""
    cluster = Cluster()
    cluster.add(a_workflow())
    settings = Settings(host="127.0.0.1", port=a_free_port(), head_seconds=head_seconds)
    app = make(cluster, Limits(body_bytes=4096, body_seconds=0.2))
    assert cluster.waiting is not None
    server = serving.make_server(settings, Gateway(app, cluster.waiting, dict, None))  # type: ignore[arg-type]
    served = asyncio.ensure_future(server.serve())
    await until(lambda: server.started, "the server listens")
    try:
        yield settings.port
    finally:
        server.should_exit = True
        await served


async def sent(port: int, *parts: bytes) -> str:
    """All that is answered until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
    try:
        async with asyncio.timeout(DEADLINE):
            return (await reader.read()).decode()
    finally:
        writer.close()


SENT: dict[str, tuple[bytes, str]] = {
    "a long query": (
        b"GET /healthz?" + b"a" * heads.URL_BYTES + b" HTTP/1.1\r\nHost: g\r\n\r\n", "414",
    ),
    "many headers": (
        b"GET /healthz HTTP/1.1\r\n" + (b"A: " + b"b" * 8192 + b"\r\n") * 5 + b"\r\n", "431",
    ),
    "one header that does not end": (
        b"GET /healthz HTTP/1.1\r\nA: " + b"a" * (heads.HEAD_BYTES + 1), "431",
    ),
    "a body that is shorter than announced": (
        f"{TRIGGER}Content-Length: 100\r\n\r\n{{}}".encode(), "408",
    ),
    "lengths that differ": (
        f"{TRIGGER}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}".encode(), "400",
    ),
    "a length and chunks": (
        f"{TRIGGER}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode(),
        "400",
    ),
    "no HTTP": (b"\x16\x03\x01 hello\r\n\r\n", "400"),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "status"), SENT.values(), ids=SENT)
async def test_what_is_beyond_bounds_is_refused_and_the_connection_ends(
    request_: bytes, status: str
) -> None:
    async with a_server() as port:
        answer = await sent(port, request_)

    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "content-type: application/problem+json" in head
    assert json.loads(body)["status"] == int(status)


SLOW: dict[str, bytes] = {
    "half a head": b"GET /healthz HTTP/1.1\r\nHost",
    "empty lines before a head": b"\r\n\r\n",
    "half a head after a whole request": HEALTH + b"GET /heal",
}


@pytest.mark.parametrize("request_", SLOW.values(), ids=SLOW)
async def test_who_sends_a_head_byte_by_byte_is_cut(request_: bytes) -> None:
    async with a_server(head_seconds=0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_)
        more = b"\n" if request_.isspace() else b"a"
        dripping = asyncio.ensure_future(_drip(writer, more))
        async with asyncio.timeout(DEADLINE):
            answer = (await reader.read()).decode()
        dripping.cancel()
        writer.close()

    assert "HTTP/1.1 408 Request Timeout" in answer
    assert "the head did not arrive within 0.2 seconds" in answer


async def _drip(writer: asyncio.StreamWriter, byte: bytes = b"a") -> None:
    while not writer.is_closing():
        writer.write(byte)
        await asyncio.sleep(0.02)


async def test_a_body_that_goes_on_after_the_answer_is_cut() -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: g\r\nContent-Length: 1000000\r\n\r\n"

    async with a_server(head_seconds=0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        dripping = asyncio.ensure_future(_drip(writer))
        async with asyncio.timeout(DEADLINE):
            answer = (await reader.read()).decode()
        dripping.cancel()
        writer.close()

    assert answer.startswith("HTTP/1.1 200 ")


TOO_LARGE: dict[str, bytes] = {
    "announced, and not sent": f"{TRIGGER}Content-Length: 5000\r\n\r\n".encode(),
    "in chunks that do not end": (
        f"{TRIGGER}Transfer-Encoding: chunked\r\n\r\n1388\r\n{' ' * 5000}\r\n".encode()
    ),
}


@pytest.mark.parametrize("request_", TOO_LARGE.values(), ids=TOO_LARGE)
async def test_a_body_that_is_too_large_is_refused_before_it_is_there(request_: bytes) -> None:
    async with a_server() as port, asyncio.timeout(DEADLINE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_)
        refused = await reader.readuntil(b"\r\n\r\n")
        writer.close()

    assert refused.startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_is_too_large_and_goes_on_is_cut() -> None:
    head = f"{TRIGGER}Content-Length: 1000000\r\n\r\n".encode()

    async with a_server(head_seconds=0.2) as port, asyncio.timeout(DEADLINE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        dripping = asyncio.ensure_future(_drip(writer))
        answer = await reader.read()
        dripping.cancel()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_who_sends_a_body_that_is_too_large_to_its_end_reads_the_refusal() -> None:
    """A connection that is closed with bytes unread is reset, and the answer with it."""
    size = 8 << 20
    head = f"{TRIGGER}Content-Length: {size}\r\n\r\n".encode()

    async with a_server() as port, asyncio.timeout(DEADLINE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        for _ in range(size >> 16):
            writer.write(b" " * (1 << 16))
            await writer.drain()
        refused = await reader.readuntil(b"\r\n\r\n")
        writer.close()

    assert refused.startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_came_after_its_answer_leaves_an_idle_connection_which_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "_KEEP_ALIVE_SECONDS", 0.2)
    head = b"GET /healthz HTTP/1.1\r\nHost: g\r\nContent-Length: 4\r\n\r\n"

    async with a_server() as port, asyncio.timeout(DEADLINE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"late")
        await reader.read()  # until the server hangs up
        writer.close()


async def test_requests_on_one_connection_are_all_answered() -> None:
    last = HEALTH.replace(b"Host: g", b"Host: g\r\nConnection: close")

    async with a_server(head_seconds=0.5) as port:
        answer = await sent(port, HEALTH, HEALTH, last)

    assert answer.count("HTTP/1.1 200 OK") == 3
