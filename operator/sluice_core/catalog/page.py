"""The page about all built-in actions, as docs/actions.md holds it."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import yaml

from sluice_core.catalog import CATALOG, entry
from sluice_core.catalog.action import OUTPUT

INTRODUCTION = """\
# Actions

Written by `make crds` from the catalogue in the code. `sluice actions` shows the same, `sluice
actions NAME` one of them, and with `-f FILE` or `--cluster` also
[those of your own](actions-of-your-own.md).

A step names an action and configures it under `with`; texts there may be templates. A step is left
by the port `output` unless an action says otherwise, and by `error` after a failure that it goes on
from. `Permanent` failures are never repeated; the others are where the step's `retry` says so.
"Repeatable" actions run once more when their output was lost with a runner.
"""

Schema = Mapping[str, Any]
SHORT = ("ai", "http", "sql")


def rendered() -> str:
    """The whole page, in Markdown."""
    entries = sorted(map(entry.of, CATALOG.values()), key=lambda it: (it["category"], it["name"]))
    lines = [INTRODUCTION, "| action | | role |", "|---|---|---|"]
    lines += [
        f"| [{it['name']}](#{_anchor(it)}) | {it['title']} | {it['role']} |" for it in entries
    ]
    for category, group in groupby(entries, key=lambda it: str(it["category"])):
        lines += ["", f"## {category.upper() if category in SHORT else category.capitalize()}"]
        for one in group:
            lines += _action(one)
    return "\n".join([*lines, ""])


def _anchor(shown: Schema) -> str:
    """As GitHub makes it of a heading."""
    return str(shown["name"]).replace(".", "")


def _action(shown: Schema) -> Iterator[str]:
    yield from ("", f"### {shown['name']}", "", shown["description"], "")
    yield from _table(shown["schema"])
    yield from ("", *_facts(shown), "", "```yaml")
    example = {"action": shown["name"], "with": shown["sample"]}
    text = yaml.safe_dump(example, sort_keys=False, allow_unicode=True, width=100)
    yield from (text.rstrip(), "```")


def _facts(shown: Schema) -> Iterator[str]:
    named = shown.get("portsNamedBy")
    if shown["ports"] != [OUTPUT] or named:
        more = f", and those that `{'`, `'.join(named)}` name" if named else ""
        yield f"- Ports: {_words(shown['ports'])}{more}."
    if "inputPorts" in shown:
        yield f"- Input ports: {_words(shown['inputPorts'])}."
    if "credentials" in shown:
        yield f"- Credentials: {', '.join(shown['credentials'])}."
    repeatable = " Repeatable." if shown["repeatable"] else ""
    yield f"- Failures: {', '.join(shown['failures'])}.{repeatable}"


def _words(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(schema: Schema) -> Iterator[str]:
    fields = list(parameters(schema))
    if not fields:
        yield "It takes no parameters."
        return
    yield "| `with` | takes | |"
    yield "|---|---|---|"
    for name, takes, notes in fields:
        yield f"| `{name}` | {_escaped(takes)} | {_escaped(notes)} |"


def parameters(schema: Schema) -> Iterator[tuple[str, str, str]]:
    """Name, type and notes of each field that a schema names, in words."""
    parts = schema.get("$defs", {})
    for name, field in schema.get("properties", {}).items():
        needed = "required" if name in schema.get("required", ()) else _default(field)
        about = " ".join(str(field.get("description", "")).split())
        yield name, type_of(field, parts), "; ".join(filter(None, (needed, about)))


def _default(field: Schema) -> str:
    default = field.get("default")
    return "" if default in (None, "", [], {}) else f"default `{yaml_word(default)}`"


def yaml_word(value: object) -> str:
    """A value as a step spells it."""
    text: str = yaml.safe_dump(value, default_flow_style=True, width=1000)
    return text.removesuffix("...\n").strip()


def type_of(field: Schema, parts: Mapping[str, Schema]) -> str:
    """What a field takes, in words."""
    field = _followed(field, parts)
    if "const" in field:
        return f"`{yaml_word(field['const'])}`"
    if "enum" in field:
        return ", ".join(f"`{yaml_word(word)}`" for word in field["enum"])
    choices = field.get("anyOf") or field.get("oneOf")
    if choices:
        told = [type_of(one, parts) for one in choices if one.get("type") != "null"]
        *others, last = dict.fromkeys(told)
        return f"{', '.join(others)} or {last}" if others else last
    namer = _NAMERS.get(str(field.get("type")))
    return namer(field, parts) if namer else str(field.get("type", "any value"))


def _followed(field: Schema, parts: Mapping[str, Schema]) -> Schema:
    name = str(field.get("$ref", "")).removeprefix("#/$defs/")
    return {**parts[name], **field} if name in parts else field


def _text(field: Schema, _: Mapping[str, Schema]) -> str:
    word = {"date-time": "time"}.get(str(field.get("format")), "text")
    return f"{word} ≤ {field['maxLength']}" if "maxLength" in field else word


def _number(field: Schema, _: Mapping[str, Schema]) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    bounds = {
        (True, True): f" {low} to {high}",
        (True, False): f" ≥ {low}",
        (False, True): f" ≤ {high}",
    }
    return f"{field['type']}{bounds.get((low is not None, high is not None), '')}"


def _list(field: Schema, parts: Mapping[str, Schema]) -> str:
    bound = f" ≤ {field['maxItems']}" if "maxItems" in field else ""
    return f"list{bound} of {type_of(field.get('items', {}), parts)}"


def _object(field: Schema, parts: Mapping[str, Schema]) -> str:
    if "properties" in field:
        return f"`{{{', '.join(field['properties'])}}}`"
    values = field.get("additionalProperties")  # true and {} both mean anything
    return f"object of {type_of(values, parts)}" if values and values is not True else "object"


_NAMERS = {
    "string": _text,
    "integer": _number,
    "number": _number,
    "array": _list,
    "object": _object,
}


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
