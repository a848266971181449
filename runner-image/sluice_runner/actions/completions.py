"""Chat completions as OpenAI's API reference has them: what is sent, and what of an answer counts.

https://platform.openai.com/docs/api-reference/chat
"""

from collections.abc import Iterable, Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, JsonValue

from sluice_core.catalog import ai
from sluice_runner.actions.action import Tool

Message = dict[str, JsonValue]

# Whose newer models refuse max_tokens; others may not know the new word.
RENAMED_MAX_TOKENS = (".openai.com", ".openai.azure.com")


class Function(BaseModel):
    """A function that the model wants called; `arguments` are JSON, if it wrote them well."""

    name: str
    arguments: str


class ToolCall(BaseModel):
    """A call, under an id that its result is told by."""

    id: str
    function: Function

    def as_sent(self) -> Message:
        """The call in the words of a request."""
        return {"id": self.id, "type": "function", "function": self.function.model_dump()}


class Reply(BaseModel):
    """What the model says: a text, calls of functions, or that it will not."""

    content: str | None = None
    refusal: str | None = None
    tool_calls: tuple[ToolCall, ...] | None = None

    def as_sent(self) -> Message:
        """The reply as a turn of the conversation that goes on."""
        calls: list[JsonValue] = [call.as_sent() for call in self.tool_calls or ()]
        said: Message = {"role": "assistant", "content": self.content}
        return {**said, "tool_calls": calls} if calls else said


class Choice(BaseModel):
    """A reply, and why it ends where it does."""

    message: Reply
    finish_reason: str | None = None


class Usage(BaseModel):
    """Tokens of one answer; not every server counts them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class Completion(BaseModel):
    """An answer."""

    choices: Annotated[tuple[Choice, ...], Field(min_length=1)]
    model: str = ""
    usage: Usage | None = None


def user(text: str) -> Message:
    """What the user says."""
    return {"role": "user", "content": text}


def system(text: str) -> Message:
    """What the model is to keep to."""
    return {"role": "system", "content": text}


def written(message: ai.Message) -> Message:
    """A message of the step's author."""
    if isinstance(message.content, str):
        return {"role": message.role, "content": message.content}
    return {"role": message.role, "content": [_part(part) for part in message.content]}


def _part(part: ai.TextPart | ai.ImagePart) -> Message:
    if isinstance(part, ai.TextPart):
        return {"type": "text", "text": part.text}
    image = part.image
    if isinstance(image, ai.ImageBytes):
        image = f"data:{image.content_type};base64,{image.base64}"
    return {"type": "image_url", "image_url": {"url": image}}


def options(settings: ai.ModelSettings, base_url: str) -> Message:
    """The settings that were given, under the names that the server at this address knows."""
    given = settings.model_dump(exclude_none=True)
    host = f".{urlsplit(base_url).hostname}"
    if host.endswith(RENAMED_MAX_TOKENS) and "max_tokens" in given:
        given["max_completion_tokens"] = given.pop("max_tokens")
    return given


def functions(tools: Mapping[str, Tool]) -> list[JsonValue]:
    """Tools as the model is offered them."""
    return list(_functions(tools))


def _functions(tools: Mapping[str, Tool]) -> Iterable[Message]:
    for name, tool in tools.items():
        function: Message = {"name": name, "parameters": dict(tool.parameters)}
        if tool.description:
            function["description"] = tool.description
        yield {"type": "function", "function": function}


def answer_format(schema: Mapping[str, JsonValue]) -> Message:
    """Not `strict`, which allows few schemas: the answer is checked by us as well."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema)}}
