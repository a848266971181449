"""ai.generate and ai.extract: ask a model whose API is like OpenAI's."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints, model_validator

from sluice_core.catalog.action import ActionType, Params
from sluice_core.catalog.json_schema import ObjectSchema

Text = Annotated[str, StringConstraints(min_length=1)]
ImageType = Literal["image/png", "image/jpeg", "image/gif", "image/webp"]


class ModelSettings(Params):
    """What a step on the input port `ai` may give too; what the asking step says goes first."""

    model: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class ImageBytes(Params):
    """An image as another step gives it."""

    base64: Text
    content_type: ImageType


class TextPart(Params):
    """A piece of a message."""

    text: Text


class ImagePart(Params):
    """An image that the model's side fetches, or its bytes."""

    image: Annotated[str, StringConstraints(pattern=r"^https?://")] | ImageBytes


class Message(Params):
    """One turn of a conversation; only the user shows images."""

    role: Literal["system", "user", "assistant"]
    content: Text | Annotated[tuple[TextPart | ImagePart, ...], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _who_shows_images(self) -> "Message":
        shown = not isinstance(self.content, str)
        if shown and self.role != "user" and any(isinstance(p, ImagePart) for p in self.content):
            raise ValueError("images belong into messages whose role is user")
        return self


class GenerateParams(ModelSettings):
    """Ask with a `prompt`, or with the `messages` of a whole conversation.

    The output is `{text}`; with a `schema` (JSON Schema, 2020-12, of an object) it is `{json}`, and
    the model is shown its mistakes once. It may call the steps on the input port `tools`, in at
    most `maxToolRounds` rounds.
    """

    prompt: Text | None = None
    messages: Annotated[tuple[Message, ...], Field(min_length=1, max_length=200)] | None = None
    schema_: Annotated[ObjectSchema | None, Field(alias="schema")] = None
    max_tool_rounds: Annotated[int, Field(ge=1, le=20)] = 8

    @model_validator(mode="after")
    def _one_question(self) -> "GenerateParams":
        if (self.prompt is None) == (self.messages is None):
            raise ValueError("give prompt or messages, and not both")
        return self


class ExtractParams(ModelSettings):
    """Take from a `text`, or a `document` that document.parse gave, what the `schema` describes.

    The output is that object. `instructions` say what the schema cannot.
    """

    text: Text | None = None
    document: dict[str, JsonValue] | None = None
    schema_: Annotated[ObjectSchema, Field(alias="schema")]
    instructions: Text | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "ExtractParams":
        if (self.text is None) == (self.document is None):
            raise ValueError("give text or document, and not both")
        if self.document is not None and not isinstance(self.document.get("text"), str):
            raise ValueError("document needs a text, as the output of document.parse has")
        return self


TYPES = (
    ActionType(
        name="ai.generate",
        title="Ask a model",
        category="ai",
        role="transforms",
        params=GenerateParams,
        sample={"prompt": "Answer this customer in two sentences: {{ data.question }}"},
        accepts=frozenset({"ai", "tools"}),
        failures=("Transient", "Timeout", "RateLimited", "Permanent"),
        credentials=("OpenAI",),
        repeatable=True,
    ),
    ActionType(
        name="ai.extract",
        title="Extract data with a model",
        category="ai",
        role="transforms",
        params=ExtractParams,
        sample={
            "text": "{{ data.body }}",
            "schema": {"type": "object", "properties": {"total": {"type": "number"}}},
        },
        accepts=frozenset({"ai"}),
        failures=("Transient", "Timeout", "RateLimited", "Permanent"),
        credentials=("OpenAI",),
        repeatable=True,
    ),
)
