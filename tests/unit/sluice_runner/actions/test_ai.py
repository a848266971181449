"""ai.generate and ai.extract against a server that holds every request to OpenAI's reference."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from sluice_core import credentials
from sluice_core.catalog import CATALOG
from sluice_core.catalog.ai import ModelSettings
from sluice_runner.actions import completions
from sluice_runner.actions.action import Done, StepFailed
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from testkit.contexts import a_context, call
from testkit.vendors.openai import KEY, MODEL, Answer, OpenAI, fails, openai, refuses, says

LINE = {"type": "object", "required": ["total"], "properties": {"total": {"type": "number"}}}


@pytest.fixture
async def server() -> AsyncIterator[OpenAI]:
    async with openai() as running:
        yield running


async def ask(server: OpenAI, action: str = "ai.generate", **given: Any) -> Done:
    """With the credential's `model` and `apiKey`, and what else a context has, given in `at`."""
    at: dict[str, Any] = {"model": "gpt-4o-mini", "key": KEY, "patience": 5, **given.pop("at", {})}
    credential = credentials.OpenAI(
        api_key=at.pop("key"), base_url=server.base_url, model=at.pop("model")
    )
    async with client(Guard(Egress(("127.0.0.0/8",)))) as http:
        http.timeout = at.pop("patience")
        context = a_context(http=lambda: http, credential=lambda: credential, **at)
        if action == "ai.generate" and "messages" not in given:
            given.setdefault("prompt", "Why?")
        return await call(action, context, **given)


async def failure(server: OpenAI, action: str = "ai.generate", **given: Any) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        await ask(server, action, **given)
    return caught.value


async def test_a_prompt_gives_a_text_and_what_it_cost(server: OpenAI) -> None:
    server.script = [says("Because.")]

    done = await ask(server, temperature=0, maxTokens=50)

    assert done.output == {"text": "Because."}
    assert done.result == {
        "promptTokens": 20,
        "completionTokens": 7,
        "totalTokens": 27,
        "rounds": 1,
        "model": MODEL,
        "finishReason": "stop",
    }
    assert server.requests == [
        {
            "model": "gpt-4o-mini",
            "temperature": 0,
            "max_tokens": 50,
            "messages": [{"role": "user", "content": "Why?"}],
        }
    ]


async def test_a_conversation_with_images_is_sent_as_it_is(server: OpenAI) -> None:
    server.script = [says("A cat.")]
    image = {"base64": "iVBORw0KGgo=", "contentType": "image/png"}

    await ask(
        server,
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "assistant", "content": "Show me."},
            {
                "role": "user",
                "content": [
                    {"text": "What is it?"},
                    {"image": image},
                    {"image": "https://example.com/cat.png"},
                ],
            },
        ],
    )

    system, assistant, user = server.requests[0]["messages"]
    assert (system["content"], assistant["content"]) == ("Be brief.", "Show me.")
    assert user["content"] == [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}},
    ]


SETTINGS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "of the step": ({"model": "own", "temperature": 1}, {"model": "wired"}, {"model": "own"}),
    "of the port below the step": ({}, {"model": "wired"}, {"model": "wired"}),
    "of the credential below both": ({}, {}, {"model": "gpt-4o-mini"}),
    "each by itself": (
        {"maxTokens": 9},
        {"temperature": 0.5, "maxTokens": 4},
        {"model": "gpt-4o-mini", "temperature": 0.5, "max_tokens": 9},
    ),
}


@pytest.mark.parametrize(("own", "wired", "sent"), SETTINGS.values(), ids=SETTINGS)
async def test_settings(
    server: OpenAI, own: dict[str, Any], wired: dict[str, Any], sent: dict[str, Any]
) -> None:
    server.script = [says("x")]

    await ask(server, at={"ai": wired}, **own)

    assert sent.items() <= server.requests[0].items()


async def test_settings_that_are_none_are_refused_by_name(server: OpenAI) -> None:
    failed = await failure(server, at={"ai": {"temprature": 1}})

    assert failed.reason == "InvalidConfig"
    assert failed.message.startswith("the output on the input port ai.temprature: ")


async def test_without_any_model_the_step_says_where_to_name_one(server: OpenAI) -> None:
    failed = await failure(server, at={"model": None})

    assert "give with.model, or model in the credential's config" in failed.message
    assert server.requests == []


async def test_without_a_credential_the_step_says_which_it_needs() -> None:
    with pytest.raises(StepFailed, match="needs a credential of type OpenAI"):
        await call("ai.generate", prompt="Why?")


GIVEN = {
    "plain": '{"total": 3.5}',
    "in a fence, as models without answer formats write it": '```json\n{"total": 3.5}\n```\n',
}


@pytest.mark.parametrize("text", GIVEN.values(), ids=GIVEN)
async def test_with_a_schema_the_answer_is_data(server: OpenAI, text: str) -> None:
    server.script = [says(text)]

    done = await ask(server, schema=LINE)

    assert done.output == {"json": {"total": 3.5}}
    asked = server.requests[0]["response_format"]
    assert asked == {"type": "json_schema", "json_schema": {"name": "answer", "schema": LINE}}


WRONG = {
    "a field is missing": ("{}", "- total: is required"),
    "a field is of another type": ('{"total": "3"}', '- total: "3" is not of type "number"'),
    "it is no JSON": ("three", "- it is not JSON: invalid literal"),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
async def test_a_model_is_shown_its_mistakes_once(server: OpenAI, text: str, told: str) -> None:
    server.script = [says(text), says('{"total": 3}')]

    done = await ask(server, schema=LINE)

    assert done.output == {"json": {"total": 3}}
    assert isinstance(done.result, dict)
    assert (done.result["totalTokens"], done.result["rounds"]) == (54, 2)
    asked, answered, repair = server.requests[1]["messages"]
    assert (asked["content"], answered) == ("Why?", {"role": "assistant", "content": text})
    assert told in repair["content"]


async def test_a_second_wrong_answer_is_final_and_says_what_is_wrong(server: OpenAI) -> None:
    server.script = [says("{}"), says('{"total": null}')]

    failed = await failure(server, schema=LINE)

    assert (failed.failure, failed.reason) == ("Permanent", "InvalidOutput")
    assert failed.message.endswith('total: null is not of type "number"')
    assert len(server.requests) == 2


SOURCES = {
    "a text": {"text": "Total: 3.50"},
    "a parsed document": {"document": {"text": "Total: 3.50", "pages": []}},
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
async def test_extract_gives_the_object(server: OpenAI, source: dict[str, Any]) -> None:
    server.script = [says('{"total": 3.5}')]

    done = await ask(server, "ai.extract", schema=LINE, instructions="In EUR.", **source)

    assert done.output == {"total": 3.5}
    task, document = server.requests[0]["messages"]
    assert task["content"].startswith("Extract data")
    assert task["content"].endswith("In EUR.")
    assert document == {"role": "user", "content": "Total: 3.50"}


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


async def test_a_text_that_is_cut_is_given_as_it_is(server: OpenAI) -> None:
    server.script = [says("Because of", finish="length")]

    done = await ask(server)

    assert done.output == {"text": "Because of"}
    assert isinstance(done.result, dict)
    assert done.result["finishReason"] == "length"


async def test_data_that_is_cut_is_none(server: OpenAI) -> None:
    server.script = [says('{"total": 3', finish="length")]

    failed = await failure(server, schema=LINE)

    assert failed.reason == "OutputCut"


async def test_openai_itself_is_told_max_tokens_under_its_new_name() -> None:
    settings = ModelSettings(model="o4", max_tokens=5)

    assert completions.options(settings, "https://api.openai.com/v1") == {
        "model": "o4",
        "max_completion_tokens": 5,
    }
    assert "max_tokens" in completions.options(settings, "https://openai.com.example.com/v1")


WRONG_PARAMS: dict[str, tuple[str, dict[str, Any], str]] = {
    "nothing asked": ("ai.generate", {}, "give prompt or messages, and not both"),
    "an image of the system's": (
        "ai.generate",
        {"messages": [{"role": "system", "content": [{"image": "https://example.com/a.png"}]}]},
        "images belong into messages whose role is user",
    ),
    "a schema that is none": (
        "ai.generate", {"prompt": "x", "schema": {"type": "objekt"}}, "schema.type: ",
    ),
    "too many rounds": ("ai.generate", {"prompt": "x", "maxToolRounds": 21}, "less than or equal"),
    "nothing to extract from": ("ai.extract", {"schema": LINE}, "give text or document"),
    "a document without a text": (
        "ai.extract", {"schema": LINE, "document": {"pages": []}}, "document needs a text",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("action", "given", "said"), WRONG_PARAMS.values(), ids=WRONG_PARAMS)
def test_wrong_parameters(action: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        CATALOG[action].params.model_validate(given)
