"""What bodies of requests have in common, and what answers do."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Form(BaseModel):
    """A request's body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoForm(Form):
    """A body without fields."""


class Answer(BaseModel):
    """An answer in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")
