"""http.*: how a call fails, and how its redirects end, against a real HTTPS server on loopback."""

import gzip
import ssl
from collections.abc import AsyncIterator

import pytest

from sluice_runner.actions.action import StepFailed
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from testkit.http_calls import call, failure
from testkit.https_server import Answer, Server, serving

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as running:
        yield running


STATUSES: dict[str, tuple[int, dict[str, str], str, float | None]] = {
    "not found, for good": (404, {}, "Permanent", None),
    "not acceptable, for good": (422, {}, "Permanent", None),
    "too slow for the server": (408, {}, "Timeout", None),
    "too many, with seconds": (429, {"Retry-After": "7"}, "RateLimited", 7),
    "too many, with a date": (
        429,
        {"Retry-After": "Sun, 01 Mar 2026 12:01:00 GMT"},
        "RateLimited",
        60,
    ),
    "too many, with a date in the past": (
        429,
        {"Retry-After": "Sun, 01 Mar 2026 11:00:00 GMT"},
        "RateLimited",
        0,
    ),
    "too many, with nonsense": (429, {"Retry-After": "soon"}, "RateLimited", None),
    "broken": (500, {}, "Transient", None),
    "away for a while": (503, {"Retry-After": "3"}, "Transient", 3),
    "a redirect to nowhere": (304, {}, "Permanent", None),
}


@pytest.mark.parametrize(("status", "headers", "kind", "after"), STATUSES.values(), ids=STATUSES)
async def test_status(
    server: Server, status: int, headers: dict[str, str], kind: str, after: float | None
) -> None:
    server.answers["/x"] = Answer(status, headers)

    failed = await failure(server)

    assert (failed.failure, failed.reason) == (kind, f"Http{status}")
    assert failed.retry_after_seconds == after


async def test_an_expected_status_is_a_success_and_others_are_not(server: Server) -> None:
    server.answers |= {"/x": Answer(404), "/y": Answer(200)}

    done = await call(server, "get", expect=[404, 410])
    failed = await failure(server, url=server.url("/y"), expect=[404, 410])

    assert isinstance(done.output, dict)
    assert done.output["status"] == 404
    assert (failed.failure, failed.reason) == ("Permanent", "Http200")


async def test_a_message_says_what_was_called_and_what_came_back_without_secrets(
    server: Server,
) -> None:
    server.answers["/x"] = Answer(400, body=b"no such\r\n order " + b"z" * 5000)

    failed = await failure(server, url=f"https://me:hush@127.0.0.1:{server.port}/x?token=hush#hush")

    said = "no such order " + "z" * 2031 + "…"
    assert failed.message == f"GET https://127.0.0.1:{server.port}/x?…: 400 Status: {said}"


async def test_a_closed_port_is_transient(server: Server) -> None:
    failed = await failure(server, url="https://127.0.0.1:9/")

    assert (failed.failure, failed.reason) == ("Transient", "ConnectionFailed")


async def test_a_hang_up_is_transient(server: Server) -> None:
    server.answers["/x"] = Answer(hang_up=True)

    failed = await failure(server)

    assert (failed.failure, failed.reason) == ("Transient", "ConnectionFailed")


async def test_silence_is_a_timeout(server: Server) -> None:
    server.answers["/x"] = Answer(silent=True)

    with pytest.raises(StepFailed) as caught:
        await call(server, "get", patience=0.2)

    assert (caught.value.failure, caught.value.reason) == ("Timeout", "Timeout")


async def test_a_certificate_of_a_stranger_is_refused_for_good(server: Server) -> None:
    server.answers["/x"] = Answer()

    with pytest.raises(StepFailed) as caught:
        await call(server, "get", trust=ssl.create_default_context())

    assert (caught.value.failure, caught.value.reason) == ("Permanent", "CertificateInvalid")
    assert server.received == []


BOMB = gzip.compress(b"\0" * (10 * 1024 * 1024 + 1))
REFUSED_BODIES = {
    "larger than the limit": Answer(body=b"z" * (10 * 1024 * 1024 + 1)),
    "larger than the limit, by its own words": Answer(headers={"Content-Length": "10485761"}),
    "larger once unpacked": Answer(headers={"Content-Encoding": "gzip"}, body=BOMB),
    "a bomb in a redirect": Answer(302, {"Content-Encoding": "gzip", "Location": "/y"}, BOMB),
    "packed in a way nobody asked for": Answer(headers={"Content-Encoding": "br"}, body=b"z"),
    "packed twice": Answer(headers={"Content-Encoding": "gzip, gzip"}, body=b"z"),
    "packed and cut off": Answer(
        headers={"Content-Encoding": "gzip"}, body=gzip.compress(b"z" * 999)[:-9]
    ),
    "packed and broken": Answer(headers={"Content-Encoding": "gzip"}, body=b"\x1f\x8bnonsense"),
}


@pytest.mark.parametrize("answer", REFUSED_BODIES.values(), ids=REFUSED_BODIES)
async def test_a_body_is_refused(server: Server, answer: Answer) -> None:
    server.answers |= {"/x": answer, "/y": Answer()}

    failed = await failure(server)

    assert (failed.failure, failed.reason) == ("Permanent", "BodyRefused")


async def test_three_redirects_are_followed_and_the_fourth_is_not(server: Server) -> None:
    for n in range(4):
        server.answers[f"/{n}"] = Answer(302, {"Location": f"/{n + 1}"})
    server.answers["/4"] = Answer(body=b"there")

    done = await call(server, "get", url=server.url("/1"))
    failed = await failure(server, url=server.url("/0"))

    assert isinstance(done.output, dict)
    assert done.output["body"] == "there"
    assert (failed.failure, failed.reason) == ("Permanent", "TooManyRedirects")


async def test_an_expected_redirect_is_not_followed(server: Server) -> None:
    server.answers["/x"] = Answer(302, {"Location": "/y"})

    done = await call(server, "get", expect=[302])

    assert isinstance(done.output, dict)
    assert done.output["status"] == 302


async def test_credentials_stay_with_their_origin(server: Server) -> None:
    elsewhere = f"https://localhost:{server.port}/y"
    server.answers |= {
        "/x": Answer(307, {"Location": "/same"}),
        "/same": Answer(307, {"Location": elsewhere, "Set-Cookie": "s=1"}),
        "/y": Answer(),
    }
    secrets = {
        "Authorization": "Bearer hush",
        "X-Api-Key": "hush",
        "Cookie": "hush=1",
    }

    await call(server, "post", json={"a": 1}, headers=secrets)

    _, same, other = server.received
    assert same.headers["x-api-key"] == same.headers["authorization"][7:] == "hush"
    assert other.headers["host"] == f"localhost:{server.port}"
    assert (
        other.headers.keys() & {"authorization", "x-api-key", "cookie", "idempotency-key"} == set()
    )
    assert other.body == b'{"a":1}'


async def test_a_redirect_to_a_refused_address_fails_for_good(server: Server) -> None:
    server.answers["/x"] = Answer(302, {"Location": "https://169.254.169.254/latest"})

    failed = await failure(server)

    assert (failed.failure, failed.reason) == ("Permanent", "EgressRefused")


async def test_cookies_of_one_call_do_not_reach_the_next(server: Server) -> None:
    server.answers["/x"] = Answer(headers={"Set-Cookie": "s=1"})

    async with client(Guard(Egress(("127.0.0.0/8", "::1"))), server.trust) as http:
        await http.get(server.url("/x"))
        await http.get(server.url("/x"))

    assert ["cookie" in request.headers for request in server.received] == [False, False]
