"""Turn pydantic's JSON schema into the structural schema that the API server takes."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from sluice_core.api.rules import PATTERN_MESSAGE, RULES
from sluice_core.manifest import Manifest

PRESERVE = "x-kubernetes-preserve-unknown-fields"
INT_OR_STRING = "x-kubernetes-int-or-string"
KEPT_AS_THEY_ARE = (
    "description",
    "type",
    "format",
    "enum",
    "nullable",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "maxProperties",
    "required",
    RULES,
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    PRESERVE,
    INT_OR_STRING,
)
UNDERSTOOD = {
    *KEPT_AS_THEY_ARE,
    PATTERN_MESSAGE,
    "additionalProperties",
    "default",
    "items",
    "properties",
    "propertyNames",
    "title",
}


class SchemaError(ValueError):
    """A model says something that a structural schema cannot."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")


def schema_of(model: type[BaseModel]) -> Manifest:
    """The structural schema of a model, with descriptions, bounds, defaults and rules."""
    schema = model.model_json_schema(by_alias=True)
    return _Translation(schema.pop("$defs", {})).translate(schema, model.__name__, defaults=True)


class _Translation:
    """One schema's translation; `defaults` is off inside lists.

    Argo CD compares a list as a whole, so that a default which the API server fills in there
    would show as drift for ever. In a list the models alone fill in what is absent.
    """

    def __init__(self, definitions: dict[str, Manifest]) -> None:
        self._definitions = definitions

    def translate(self, schema: Manifest, path: str, *, defaults: bool) -> Manifest:
        schema = self._flat(schema, path)
        if schema.get(INT_OR_STRING):
            return _kept(schema, without=("type",))
        if unknown := schema.keys() - UNDERSTOOD:
            raise SchemaError(path, f"{', '.join(sorted(unknown))} has no place in a CRD")
        made = _kept(schema)
        _explain_pattern(made, schema)
        if schema.get("type") == "array":
            made["items"] = self.translate(schema["items"], f"{path}[]", defaults=False)
        if schema.get("type") == "object":
            self._translate_object(made, schema, path, defaults=defaults)
        if defaults:
            made |= _default(schema, made)
        return made

    def _translate_object(
        self, made: Manifest, schema: Manifest, path: str, *, defaults: bool
    ) -> None:
        if schema.get(PRESERVE):
            return
        if "properties" in schema:
            made["properties"] = {
                name: self.translate(child, f"{path}.{name}", defaults=defaults)
                for name, child in schema["properties"].items()
            }
        values = schema.get("additionalProperties")
        if isinstance(values, dict):
            made["additionalProperties"] = self.translate(values, f"{path}{{}}", defaults=defaults)

    def _flat(self, schema: Manifest, path: str) -> Manifest:
        """Follow references and drop null, which the API server prunes; what is nearer wins."""
        while "$ref" in schema or "anyOf" in schema or "const" in schema:
            schema = dict(schema)
            if "$ref" in schema:
                inner = dict(self._definitions[schema.pop("$ref").rpartition("/")[2]])
            elif "const" in schema:
                inner = {"enum": [schema.pop("const")]}
            else:
                inner = _alternative(schema, path)
                schema.pop("anyOf")
            schema = inner | schema
        return schema


def _alternative(schema: Manifest, path: str) -> Manifest:
    if schema.get(INT_OR_STRING) or schema.get(PRESERVE):
        return {}
    alternatives = [one for one in schema["anyOf"] if one != {"type": "null"}]
    if len(alternatives) != 1:
        raise SchemaError(path, "a field has one type, or any JSON, or is int-or-string")
    return dict(alternatives[0])


def _kept(schema: Manifest, without: tuple[str, ...] = ()) -> Manifest:
    return {key: schema[key] for key in KEPT_AS_THEY_ARE if key in schema and key not in without}


def _explain_pattern(made: Manifest, schema: Manifest) -> None:
    """A pattern that comes with words becomes a rule, whose message are these words."""
    if message := schema.get(PATTERN_MESSAGE):
        pattern = made.pop("pattern").replace("\\", "\\\\")
        rule = {"rule": f"self.matches('{pattern}')", "message": message}
        made[RULES] = [rule, *made.get(RULES, [])]


def _default(schema: Manifest, made: Manifest) -> Manifest:
    default = schema.get("default")
    if isinstance(default, dict) and "properties" in made:
        fills = any("default" in child for child in made["properties"].values())
        return {"default": {}} if fills else {}
    if default is None or default in ("", [], {}):
        return {}
    return {"default": default}


def fields(schema: Manifest, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema in a structural schema, with its path."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from fields(child, f"{path}.{name}")
    if "items" in schema:
        yield from fields(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        yield from fields(schema["additionalProperties"], f"{path}{{}}")
