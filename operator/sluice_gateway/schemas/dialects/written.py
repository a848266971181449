"""What all forms have in common: closed objects, and texts that say something."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Text = Annotated[str, Field(min_length=1, max_length=250, pattern=r"\S")]
LongText = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]
Port = Annotated[str, Field(min_length=1, max_length=63, pattern=r"\S")]
Label = Annotated[str, Field(min_length=1)] | int
"""What names something: a text, or a number that stands for one."""

Word = Annotated[str, Field(min_length=1)]
Cron = Annotated[str, Field(min_length=1, max_length=128, pattern=r"\S")]
Zone = Annotated[str, Field(min_length=1, max_length=64, pattern=r"\S")]
Paths = dict[str, Annotated[str, Field(min_length=1, max_length=256)]]


class Written(BaseModel):
    """An object in which an unknown field is refused."""

    model_config = ConfigDict(extra="forbid")


def described_as(form: Any) -> BeforeValidator:
    """Marks a field that is read otherwise than it is described."""
    return BeforeValidator(_as_it_is, json_schema_input_type=form)


def _as_it_is(value: Any) -> Any:
    return value
