"""document.parse: the text, pages, tables and properties of a document."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from sluice_core.catalog.action import ActionType, Params


class ParseParams(Params):
    """Read what is at a `url`, or the `content`: a text, or `{base64, contentType, name}`.

    Without either it is `data.document`. The output is `{text, pages: [{number, text}], tables:
    [{name, rows}], metadata, contentType}`: pages of a PDF, tables of the others. The format is
    found in the bytes; `contentType` and `name` only tell HTML, CSV and plain text apart.
    """

    url: Annotated[str, Field(min_length=1, max_length=8192)] | None = None
    content: JsonValue = None
    content_type: Annotated[str, Field(max_length=256)] | None = None
    name: Annotated[str, Field(max_length=256)] | None = None
    max_pages: Annotated[int, Field(ge=1, le=5000)] = 500
    ocr: Literal[False] = False

    @model_validator(mode="after")
    def _one_source(self) -> "ParseParams":
        if (self.url is None) == (self.content is None):
            raise ValueError("give url or content, and not both")
        return self


TYPES = (
    ActionType(
        name="document.parse",
        title="Read a document",
        category="documents",
        role="transforms",
        params=ParseParams,
        sample={"content": "{{ data.body }}", "name": "invoice.pdf"},
        default={"content": "{{ data.document }}"},
        failures=("Transient", "Timeout", "RateLimited", "Permanent"),
        repeatable=True,
    ),
)
