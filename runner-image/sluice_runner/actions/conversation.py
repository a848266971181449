"""Ask a model until it has answered: it may call tools, and is shown its mistakes once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from pydantic import JsonValue, ValidationError

from sluice_core import plain, schemas
from sluice_core.catalog.ai import ModelSettings
from sluice_runner.actions import completions
from sluice_runner.actions.action import Context, StepFailed, Tool
from sluice_runner.actions.completions import Completion, Message, Reply, ToolCall
from sluice_runner.actions.model_call import Endpoint

TOOL_BYTES = 64 * plain.KIB  # of what a tool gives, as the model is told it
SAID_BYTES = 2 * plain.KIB
FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*)\n\s*```\s*", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, and how the answer has to look."""

    messages: tuple[Message, ...]
    settings: ModelSettings
    schema: Mapping[str, JsonValue] | None = None
    tools: Mapping[str, Tool] = field(default_factory=dict)
    tool_rounds: int = 0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`value` is the text, or what it says as JSON where a schema was given."""

    value: JsonValue
    result: dict[str, JsonValue]


def settings_of(own: ModelSettings, context: Context, model: str | None) -> ModelSettings:
    """The step's own settings over those on its input port `ai`, over the credential's `model`."""
    try:
        wired = ModelSettings.model_validate(context.ai or {}, by_alias=True, by_name=False)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(("the output on the input port ai", *map(str, problem["loc"])))
        message = f"{where}: {problem['msg']}; it may hold model, temperature and maxTokens"
        raise StepFailed("Permanent", "InvalidConfig", message) from error
    given = {
        **wired.model_dump(exclude_none=True),
        **own.model_dump(exclude_none=True, include=set(ModelSettings.model_fields)),
    }
    if not (given.get("model") or model):
        message = "no model is named: give with.model, or model in the credential's config"
        raise StepFailed("Permanent", "InvalidConfig", message)
    return ModelSettings.model_validate({"model": model, **given})


class Conversation:
    """State of one question: what was said so far, and what it cost."""

    def __init__(self, question: Question, endpoint: Endpoint) -> None:
        self._question = question
        self._endpoint = endpoint
        self._messages = list(question.messages)
        self._spent = completions.Usage()
        self._rounds = 0
        self._tool_rounds = 0
        self._repaired = False

    async def answer(self) -> Answer:
        """The model's answer; StepFailed when there is none that can be used."""
        while True:
            completion = await self._endpoint.complete(self._body())
            self._count(completion)
            choice = completion.choices[0]
            _check_end(choice, self._question)
            if choice.message.tool_calls:
                await self._call_tools(choice.message, choice.message.tool_calls)
                continue
            mistakes: list[str] = []
            value = self._value(choice.message.content or "", mistakes)
            if not mistakes:
                return Answer(value=value, result=self._result(completion))
            self._repair(choice.message, mistakes)

    def _body(self) -> Message:
        asked, base_url = self._question, self._endpoint.credential.base_url
        body: Message = {
            **completions.options(asked.settings, base_url),
            "messages": [*self._messages],
        }
        if asked.tools:
            body["tools"] = completions.functions(asked.tools)
        if asked.schema is not None:
            body["response_format"] = completions.answer_format(asked.schema)
        return body

    def _count(self, completion: Completion) -> None:
        self._rounds += 1
        used, so_far = completion.usage or completions.Usage(), self._spent
        self._spent = completions.Usage(
            prompt_tokens=so_far.prompt_tokens + used.prompt_tokens,
            completion_tokens=so_far.completion_tokens + used.completion_tokens,
            total_tokens=so_far.total_tokens + used.total_tokens,
        )

    async def _call_tools(self, reply: Reply, calls: tuple[ToolCall, ...]) -> None:
        limit = self._question.tool_rounds
        if self._tool_rounds >= limit:
            wanted = ", ".join(sorted({call.function.name for call in calls}))
            message = (
                f"the model still calls tools ({wanted}) after {limit} rounds; raise "
                "with.maxToolRounds, or say in the prompt when it has enough"
            )
            raise StepFailed("Permanent", "TooManyToolRounds", plain.cut(message, SAID_BYTES))
        self._tool_rounds += 1
        self._messages.append(reply.as_sent())
        for call in calls:
            said = await _called(self._question.tools, call.function)
            told = plain.cut(said, TOOL_BYTES)
            self._messages.append({"role": "tool", "tool_call_id": call.id, "content": told})

    def _value(self, text: str, mistakes: list[str]) -> JsonValue:
        """The answer; what is wrong with it is added to `mistakes`."""
        schema = self._question.schema
        if schema is None:
            return text
        fenced = FENCED.fullmatch(text)
        try:
            value: JsonValue = orjson.loads(fenced[1] if fenced else text)
        except orjson.JSONDecodeError as error:
            mistakes.append(f"it is not JSON: {error}")
            return None
        for one in schemas.violations(schema, value):
            path = one.path()
            mistakes.append(f"{path}: {one.message}" if path else one.message)
        return value

    def _repair(self, reply: Reply, mistakes: list[str]) -> None:
        if self._repaired:
            said = plain.cut("; ".join(mistakes), SAID_BYTES)
            message = f"the model's answer does not match the schema, after one repair too: {said}"
            raise StepFailed("Permanent", "InvalidOutput", message)
        self._repaired = True
        listed = "\n".join(f"- {mistake}" for mistake in mistakes)
        text = f"Your answer does not match the schema:\n{listed}\nGive all of it again, as JSON."
        self._messages += [reply.as_sent(), completions.user(text)]

    def _result(self, completion: Completion) -> dict[str, JsonValue]:
        return {
            "promptTokens": self._spent.prompt_tokens,
            "completionTokens": self._spent.completion_tokens,
            "totalTokens": self._spent.total_tokens,
            "rounds": self._rounds,
            "model": plain.cut(completion.model, 256),
            "finishReason": completion.choices[0].finish_reason,
        }


def _check_end(choice: completions.Choice, question: Question) -> None:
    """Raise StepFailed for a reply that is none, or that breaks off where that spoils it."""
    reply, end = choice.message, choice.finish_reason
    if reply.refusal:
        said = plain.cut(reply.refusal, SAID_BYTES)
        raise StepFailed("Permanent", "Refused", f"the model refused: {said}")
    if end == "content_filter":
        message = "the server's content filter held the answer back"
        raise StepFailed("Permanent", "Refused", message)
    is_text = question.schema is None and reply.content and not reply.tool_calls
    if end == "length" and not is_text:
        message = "the answer was cut off; raise with.maxTokens, or ask for less"
        raise StepFailed("Permanent", "OutputCut", message)


async def _called(tools: Mapping[str, Tool], function: completions.Function) -> str:
    """What the model is told that a tool gave; a failure is told too, for it to judge."""
    tool = tools.get(function.name)
    if tool is None:
        return _error("UnknownTool", f"known are {', '.join(tools) or 'none'}")
    try:
        arguments: JsonValue = orjson.loads(function.arguments or "{}")
    except orjson.JSONDecodeError as error:
        return _error("InvalidArguments", f"not JSON: {error}")
    if not isinstance(arguments, dict):
        return _error("InvalidArguments", "not a JSON object")
    try:
        given = await tool(arguments)
    except StepFailed as failed:
        return _error(failed.reason, plain.cut(failed.message, SAID_BYTES))
    return given if isinstance(given, str) else orjson.dumps(given).decode()


def _error(reason: str, message: str) -> str:
    return orjson.dumps({"error": {"reason": reason, "message": message}}).decode()
