"""ai.generate and ai.extract: how asking a model fails, and what the step says of it."""

from collections.abc import AsyncIterator

import pytest

from testkit.model_calls import failure
from testkit.vendors.openai import KEY, Answer, OpenAI, fails, openai, refuses, says


@pytest.fixture
async def server() -> AsyncIterator[OpenAI]:
    async with openai() as running:
        yield running


QUOTA = "You exceeded your current quota, please check your plan and billing details."
BUSY = fails(
    429, "Rate limit reached for gpt-4o-mini", "requests", "rate_limit_exceeded", Retry_After="20"
)
SPENT = fails(
    429, "Rate limit reached", "tokens", "rate_limit_exceeded",
    x_ratelimit_remaining_requests="59", x_ratelimit_reset_requests="1s",
    x_ratelimit_remaining_tokens="0", x_ratelimit_reset_tokens="1m6.5s",
)  # fmt: skip
FAILURES: dict[str, tuple[Answer, str, str, float | None]] = {
    "too many requests, with a time": (BUSY, "RateLimited", "RateLimited", 20),
    "tokens used up, with a time in another header": (SPENT, "RateLimited", "RateLimited", 66.5),
    "no credit left": (
        fails(429, QUOTA, "insufficient_quota", "insufficient_quota"),
        "Permanent", "QuotaExceeded", None,
    ),
    "overloaded": (
        fails(503, "The engine is currently overloaded", "server_error"),
        "Transient", "Http503", None,
    ),
    "broken, and not in JSON": (Answer(500, b"<h1>oops</h1>"), "Transient", "Http500", None),
    "a model that it has not": (
        fails(404, "The model `x` does not exist", "invalid_request_error", "model_not_found"),
        "Permanent", "ModelNotFound", None,
    ),
    "too long a prompt": (
        fails(400, "maximum context length", "invalid_request_error", "context_length_exceeded"),
        "Permanent", "ContextTooLong", None,
    ),
    "a filter on the prompt": (
        fails(400, "The response was filtered", "invalid_request_error", "content_filter"),
        "Permanent", "Refused", None,
    ),
    "a filter on the answer": (says("", finish="content_filter"), "Permanent", "Refused", None),
    "a refusal": (refuses("I can't help with that."), "Permanent", "Refused", None),
    "an answer cut before its first word": (
        says("", finish="length"), "Permanent", "OutputCut", None,
    ),
    "a country that is not served": (
        fails(403, "Country not supported", "request_forbidden"),
        "Permanent", "CredentialRefused", None,
    ),
    "a redirect, which is not followed": (
        Answer(307, b"", {"Location": "/v1/elsewhere"}), "Permanent", "Http307", None,
    ),
    "another kind of answer": (Answer(body={"object": "list"}), "Permanent", "InvalidAnswer", None),
    "a huge answer": (says("x" * (11 * 1024**2)), "Permanent", "BodyRefused", None),
    "an answer cut in the middle": (
        Answer(body={"id": "chatcmpl-1"}, sent=5), "Transient", "ConnectionFailed", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "kind", "reason", "after"), FAILURES.values(), ids=FAILURES)
async def test_failures(
    server: OpenAI, answer: Answer, kind: str, reason: str, after: float | None
) -> None:
    server.script = [answer]

    failed = await failure(server)

    assert (failed.failure, failed.reason) == (kind, reason)
    assert failed.retry_after_seconds == after
    assert KEY not in failed.message


async def test_a_wrong_key_is_told_with_where_to_put_the_right_one(server: OpenAI) -> None:
    failed = await failure(server, at={"key": "sk-wrong"})

    assert (failed.failure, failed.reason) == ("Permanent", "CredentialRefused")
    assert failed.message.endswith("check apiKey in the credential's Secret")
    assert "sk-wrong" not in failed.message


async def test_a_server_that_never_answers(server: OpenAI) -> None:
    server.script = [Answer(silent=True)]

    failed = await failure(server, at={"patience": 0.1})

    assert (failed.failure, failed.reason) == ("Timeout", "Timeout")


async def test_a_server_that_is_not_there(server: OpenAI) -> None:
    server.base_url = "http://127.0.0.1:1/v1"

    failed = await failure(server)

    assert (failed.failure, failed.reason) == ("Transient", "ConnectionFailed")
