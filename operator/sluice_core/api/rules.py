"""Rules that one object can check, written for the API server (CEL) and for us (Python) at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

RULES = "x-kubernetes-validations"
PATTERN_MESSAGE = "x-sluice-pattern-message"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule of a model, and what it tells a person to do.

    `cel` and `holds` say the same; a rule about a change (`oldSelf`) has only the former. What is
    `checked` is found by validation.check as well, which tells more of it.
    No messageExpression: its cost counts like a rule's, and with a value in it exceeds the budget.
    """

    cel: str
    message: str
    holds: Callable[[Any], bool] | None = None
    field_path: str = ""
    checked: bool = False

    @property
    def schema(self) -> dict[str, str]:
        """The rule as an item of `x-kubernetes-validations`."""
        item = {"rule": self.cel, "message": self.message}
        return item | ({"fieldPath": self.field_path} if self.field_path else {})


@dataclass(frozen=True)
class Form:
    """A string's pattern, which the API server and pydantic explain with the same words."""

    pattern: str
    message: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        in_form = core_schema.custom_error_schema(
            core_schema.str_schema(pattern=self.pattern),
            custom_error_type="not_in_form",
            custom_error_message=self.message,
        )
        return core_schema.chain_schema([handler(source), in_form])

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        string = schema["steps"][0] if schema["type"] == "chain" else schema
        return handler(string) | {"pattern": self.pattern, PATTERN_MESSAGE: self.message}


def broken(model: BaseModel, path: str = "", *, checked: bool = True) -> Iterator[tuple[str, str]]:
    """Path and message of each rule that an object breaks, as the API server would say it.

    Without those that are `checked`, where that is to be said otherwise.
    """
    for rule in getattr(model, "rules", ()):
        if rule.holds is not None and not rule.holds(model) and (checked or not rule.checked):
            yield f"{path}{rule.field_path}".removeprefix("."), rule.message
    for name, field in type(model).model_fields.items():
        value, inner = getattr(model, name), f"{path}.{field.alias or name}"
        if isinstance(value, BaseModel):
            yield from broken(value, inner, checked=checked)
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from broken(item, f"{inner}[{index}]", checked=checked)
