"""The REST API in Markdown, as docs/api.md holds it: by noun, each operation with all it takes."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sluice_gateway import operations
from sluice_gateway.described import FORMS, Schema, examples, walked
from sluice_gateway.openapi import RIGHTS
from sluice_gateway.operations import BELOW, OWN
from sluice_gateway.problems import MEDIA_TYPE as PROBLEM
from sluice_gateway.schemas.problem import ProblemAnswer

INTRODUCTION = f"""\
# REST API, operation by operation

Made of OpenAPI by `python -m sluice_gateway.reference docs/api.md`; [rest-api.md](rest-api.md) is
the guide, with tokens, errors and examples to begin with.

Paths that begin with `…` are below `{BELOW}`, and below `{OWN}`, where the
namespace is the one of the caller's ServiceAccount; there, names of operations end with
`_in_own_namespace`. Rights are of RBAC, in that namespace. What a status means is told
[at the end](#problems).
"""


def rendered(schema: Schema) -> str:
    """The whole page."""
    order = list(operations.table())
    told = [one for one in walked(schema) if one[0].startswith(BELOW) or OWN not in one[0]]
    told.sort(key=lambda one: order.index((one[1].upper(), one[0])))
    lines = [INTRODUCTION]
    for tag in schema["tags"]:
        lines += [f"## {tag['name'].capitalize()}\n", f"{tag['description']}\n"]
        for path, method, operation in told:
            if operation["tags"] == [tag["name"]]:
                lines += _operation(schema, path, method, operation)
    return "\n".join([*lines, *_models(schema), *_problems(told)])


def _models(schema: Schema) -> Iterator[str]:
    yield "## What answers and forms are made of\n"
    shown_before = {form.__name__ for form in FORMS}
    for name, model in sorted(schema["components"]["schemas"].items()):
        if name not in shown_before or name == ProblemAnswer.__name__:
            yield f"### {name}\n"
            yield f"{model.get('description', '')}\n"
            yield from _table(("field", "type", "default", ""), _fields(schema, model))


def _problems(told: Sequence[tuple[str, str, Schema]]) -> Iterator[str]:
    yield "## Problems\n"
    found = {
        status: answer["description"]
        for path, _, operation in told
        if path.startswith(BELOW)
        for status, answer in operation["responses"].items()
        if status >= "400"
    }
    yield from _table(("status", "means"), iter(sorted(found.items())))


def _operation(schema: Schema, path: str, method: str, operation: Schema) -> Iterator[str]:
    yield f"### `{operation['operationId']}`\n"
    yield f"`{method.upper()} {path.replace(BELOW, '…')}`\n"
    yield f"{operation['description']}\n"
    rights = operation.get(RIGHTS, ())
    if rights:
        yield f"Needs {', '.join(f'`{right}`' for right in rights)}.\n"
    yield from _table(("parameter", "in", "type", ""), _parameters(schema, operation))
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield from _body(schema, media, content)
    yield from _table(("answer", "type", ""), _answers(operation))
    refused = [s for s, one in operation["responses"].items() if PROBLEM in one.get("content", ())]
    if refused:
        yield f"Problems: {', '.join(refused)}.\n"


def _body(schema: Schema, media: str, content: Schema) -> Iterator[str]:
    form = content["schema"]
    yield f"Body, `{media}`: {_type(form)}. {_resolved(schema, form).get('description', '')}\n"
    if dialects := _resolved(schema, form).get("anyOf"):
        yield f"One of {', '.join(_type(one) for one in dialects)}.\n"
    yield from _table(("field", "type", "default", ""), _fields(schema, form))
    for example in examples(content):
        if example != {}:
            text = example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)
            yield "\n".join(["```", *text.strip().splitlines(), "```\n"])


def _parameters(schema: Schema, operation: Schema) -> Iterator[tuple[str, ...]]:
    for one in operation.get("parameters", ()):
        found = _resolved(schema, one)
        if found["name"] == "namespace":
            continue
        needed = " (required)" if found.get("required") and found["in"] != "path" else ""
        about = found.get("description", "") + needed
        yield f"`{found['name']}`", found["in"], _type(found["schema"]), about.strip()


def _fields(schema: Schema, form: Schema) -> Iterator[tuple[str, ...]]:
    found = _resolved(schema, form)
    required = found.get("required", ())
    for name, field in found.get("properties", {}).items():
        default = "required" if name in required else _default(field)
        yield f"`{name}`", _type(field), default, field.get("description", "")


def _answers(operation: Schema) -> Iterator[tuple[str, ...]]:
    for status, answer in operation["responses"].items():
        if status >= "400" and PROBLEM in answer.get("content", ()):
            continue
        for content in answer.get("content", {"": {"schema": {}}}).values():
            told = ", ".join(f"`{name}`" for name in answer.get("headers", ()))
            about = answer["description"] + (f" With {told}." if told else "")
            yield status, _type(content["schema"]) if content["schema"] else "", about


def _table(titles: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    """Nothing at all where there are no rows."""
    made = list(rows)
    if not made:
        return
    yield "| " + " | ".join(titles) + " |"
    yield "|" + "---|" * len(titles)
    for row in made:
        yield "| " + " | ".join(_cell(one) for one in row) + " |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _resolved(schema: Schema, part: Schema) -> Schema:
    if "$ref" not in part:
        return part
    found: Any = schema
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    resolved: Schema = found
    return resolved


def _default(field: Schema) -> str:
    value = field.get("default")
    return "" if value is None else f"`{json.dumps(value)}`"


def _type(part: Schema) -> str:
    for word, shown in _SHOWN.items():
        if word in part:
            return shown(part[word])
    if part.get("type") == "array":
        return f"list of {_type(part.get('items', {}))}"
    return _bounded(part) if "type" in part else "any"


def _linked(reference: str) -> str:
    name = reference.rpartition("/")[2]
    forms = {form.__name__ for form in FORMS} - {ProblemAnswer.__name__}
    return f"`{name}`" if name in forms else f"[{name}](#{name.lower()})"


_SHOWN: Mapping[str, Callable[[Any], str]] = {
    "$ref": _linked,
    "anyOf": lambda parts: " or ".join(_type(one) for one in parts if one != {"type": "null"}),
    "enum": lambda words: ", ".join(f"`{word}`" for word in words),
    "const": lambda word: f"`{word}`",
}


def _bounded(part: Schema) -> str:
    named: dict[str, str] = {"string": "text", "date-time": "time"}
    word = named.get(part.get("format", ""), named.get(part["type"], str(part["type"])))
    low, high = part.get("minimum"), part.get("maximum", part.get("maxLength"))
    if low is not None and high is not None:
        return f"{word} {low:.15g} to {high:.15g}"
    return word if high is None else f"{word} ≤ {high:.15g}"
