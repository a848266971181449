"""ai.generate and ai.extract against a server that holds every request to OpenAI's reference."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from sluice_core.catalog import CATALOG
from sluice_core.catalog.ai import ModelSettings
from sluice_runner.actions import completions
from sluice_runner.actions.action import StepFailed
from testkit.contexts import call
from testkit.model_calls import ask, failure
from testkit.vendors.openai import MODEL, OpenAI, openai, says

LINE = {"type": "object", "required": ["total"], "properties": {"total": {"type": "number"}}}


@pytest.fixture
async def server() -> AsyncIterator[OpenAI]:
    async with openai() as running:
        yield running


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
