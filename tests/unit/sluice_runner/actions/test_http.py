"""http.*: what is sent and what comes of the answer, against a real HTTPS server on loopback."""

import gzip
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import JsonValue, ValidationError

from testkit.http_calls import call, only
from testkit.https_server import Answer, Server, serving

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as running:
        yield running


BODIES: dict[str, tuple[dict[str, str], bytes, JsonValue]] = {
    "JSON is parsed": (JSON, b'{"a": [1, null]}', {"a": [1, None]}),
    "a kind of JSON is parsed": ({"Content-Type": "application/problem+json"}, b"[1]", [1]),
    "JSON with a charset is parsed": ({"Content-Type": "application/json; charset=utf-8"}, b"1", 1),
    "what only says it is JSON stays text": (JSON, b"{oops", "{oops"),
    "text that looks like JSON stays text": ({"Content-Type": "text/plain"}, b"[1]", "[1]"),
    "text in UTF-8": ({}, "größer".encode(), "größer"),
    "text in the charset it names": (
        {"Content-Type": "text/plain; charset=latin-1"},
        "größer".encode("latin-1"),
        "größer",
    ),
    "nothing is null": ({}, b"", None),
    "bytes are base64": (
        {"Content-Type": "image/png"},
        b"\x89PNG\0",
        {"base64": "iVBORwA=", "contentType": "image/png"},
    ),
    "gzip is unpacked": (JSON | {"Content-Encoding": "gzip"}, gzip.compress(b'"z"'), "z"),
    "gzip in two members is unpacked": (
        {"Content-Encoding": "gzip"},
        gzip.compress(b"a") + gzip.compress(b"b"),
        "ab",
    ),
    "deflate is unpacked": ({"Content-Encoding": "deflate"}, zlib.compress(b"z"), "z"),
    "deflate without a header is unpacked": (
        {"Content-Encoding": "deflate"},
        zlib.compress(b"z" * 99, wbits=-15),
        "z" * 99,
    ),
    "a large packed body is unpacked whole": (
        {"Content-Encoding": "gzip"},
        gzip.compress(b"z" * 9_000_000),
        "z" * 9_000_000,
    ),
}


@pytest.mark.parametrize(("headers", "body", "expected"), BODIES.values(), ids=BODIES)
async def test_body(
    server: Server, headers: dict[str, str], body: bytes, expected: JsonValue
) -> None:
    server.answers["/x"] = Answer(headers=headers, body=body)

    done = await call(server, "get")

    assert isinstance(done.output, dict)
    assert done.output["body"] == expected


async def test_an_answer_as_a_whole(server: Server) -> None:
    server.answers["/x"] = Answer(201, JSON | {"X-Id": "7"}, b"{}")

    done = await call(server, "post", json={"a": 1})

    assert done.output == {
        "status": 201,
        "headers": {"content-length": "2", "content-type": "application/json", "x-id": "7"},
        "body": {},
    }
    assert done.result == {"status": 201, "bytes": 2, "durationMs": 0.0}


@pytest.mark.parametrize("verb", ["get", "post", "put", "patch", "delete"])
async def test_each_verb_sends_its_own_method(server: Server, verb: str) -> None:
    server.answers["/x"] = Answer(204)

    await call(server, verb, headers={"X-Mine": "1"})

    request = only(server)
    assert (request.method, request.headers["x-mine"]) == (verb.upper(), "1")
    assert request.headers.get("idempotency-key") == (
        "uid/step/1" if verb in {"post", "patch"} else None
    )


async def test_headers_of_the_step_come_before_defaults(server: Server) -> None:
    server.answers["/x"] = Answer()

    await call(
        server,
        "post",
        json=None,
        headers={"idempotency-key": "mine", "content-type": "application/vnd.x+json"},
    )

    request = only(server)
    assert request.headers["idempotency-key"] == "mine"
    assert request.headers["content-type"] == "application/vnd.x+json"
    assert request.body == b"null"


async def test_a_body_is_sent_as_it_is(server: Server) -> None:
    server.answers["/x"] = Answer()

    await call(server, "put", body="größer")

    assert only(server).body == "größer".encode()


async def test_query_is_appended_to_that_of_the_url(server: Server) -> None:
    server.answers["/x"] = Answer()

    await call(server, "get", url=server.url("/x?a=1#top"), query={"b": "ü &", "c": True, "d": 1.5})

    assert only(server).target == "/x?a=1&b=%C3%BC%20%26&c=true&d=1.5".replace("%20", "+")


REFUSED_PARAMS: dict[str, tuple[str, dict[str, Any]]] = {
    "two bodies": ("post", {"json": 1, "body": "1"}),
    "a body where none belongs": ("get", {"body": "1"}),
    "another host than the URL's": ("get", {"headers": {"Host": "internal"}}),
    "another length than the body's": ("post", {"headers": {"content-length": "3"}}),
    "a header in a header": ("get", {"headers": {"X-A": "1\r\nX-B: 2"}}),
    "a line end at the end": ("get", {"headers": {"X-A": "1\n"}}),
    "a header name with a space": ("get", {"headers": {"X A": "1"}}),
    "a status that is none": ("get", {"expect": [99]}),
}


@pytest.mark.parametrize(("verb", "given"), REFUSED_PARAMS.values(), ids=REFUSED_PARAMS)
async def test_params_are_refused(server: Server, verb: str, given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        await call(server, verb, **given)
