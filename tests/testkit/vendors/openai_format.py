"""A request for a chat completion, as OpenAI's API reference describes it; nothing else passes.

https://platform.openai.com/docs/api-reference/chat/create
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


class Part(BaseModel):
    """No field that is not in the reference, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class TextPart(Part):
    type: Literal["text"]
    text: str


class ImageUrl(Part):
    url: Annotated[str, StringConstraints(pattern=r"^(https?://|data:image/\w+;base64,[\w+/=]+$)")]
    detail: Literal["auto", "low", "high"] = "auto"


class ImagePart(Part):
    type: Literal["image_url"]
    image_url: ImageUrl


Texts = Annotated[list[TextPart], Field(min_length=1)]


class SystemMessage(Part):
    role: Literal["system", "developer"]
    content: str | Texts
    name: str | None = None


class UserMessage(Part):
    role: Literal["user"]
    content: str | Annotated[list[TextPart | ImagePart], Field(min_length=1)]
    name: str | None = None


class Called(Part):
    name: str
    arguments: str


class ToolCall(Part):
    id: str
    type: Literal["function"]
    function: Called


class AssistantMessage(Part):
    role: Literal["assistant"]
    content: str | Texts | None = None
    refusal: str | None = None
    name: str | None = None
    tool_calls: Annotated[list[ToolCall], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "AssistantMessage":
        if self.content is None and not self.tool_calls:
            raise ValueError("content is required unless tool_calls is specified")
        return self


class ToolMessage(Part):
    role: Literal["tool"]
    content: str | Texts
    tool_call_id: str


Message = Annotated[
    SystemMessage | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")
]


class Function(Part):
    name: Name
    description: str | None = None
    parameters: dict[str, JsonValue] | None = None
    strict: bool | None = None


class Tool(Part):
    type: Literal["function"]
    function: Function


class Schema(Part):
    name: Name
    description: str | None = None
    schema_: Annotated[dict[str, JsonValue] | None, Field(alias="schema")] = None
    strict: bool | None = None


class AsText(Part):
    type: Literal["text", "json_object"]


class AsSchema(Part):
    type: Literal["json_schema"]
    json_schema: Schema


class Request(Part):
    """The body of a request."""

    model: str
    messages: Annotated[list[Message], Field(min_length=1)]
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    stream: bool | None = None
    user: str | None = None
    parallel_tool_calls: bool | None = None
    tool_choice: Literal["none", "auto", "required"] | dict[str, Any] | None = None
    tools: Annotated[list[Tool], Field(min_length=1, max_length=128)] | None = None
    response_format: AsText | AsSchema | None = None

    @model_validator(mode="after")
    def _calls_are_answered(self) -> "Request":
        """Right after a message with calls stands the result of each, and nowhere else."""
        waited: set[str] = set()
        for message in self.messages:
            if isinstance(message, ToolMessage):
                if message.tool_call_id not in waited:
                    raise ValueError("messages with role 'tool' must be a response to 'tool_calls'")
                waited.remove(message.tool_call_id)
                continue
            if waited:
                break
            calls = message.tool_calls if isinstance(message, AssistantMessage) else None
            waited = {call.id for call in calls or ()}
        if waited:
            raise ValueError(
                "an assistant message with 'tool_calls' must be followed by tool messages"
            )
        return self

    @model_validator(mode="after")
    def _answers_are_objects(self) -> "Request":
        asked = self.response_format
        if (
            isinstance(asked, AsSchema)
            and (asked.json_schema.schema_ or {}).get("type") != "object"
        ):
            raise ValueError("schema must be a JSON Schema of 'type: \"object\"'")
        return self
