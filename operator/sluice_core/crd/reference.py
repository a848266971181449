"""The field reference of all kinds, as docs/custom-resources.md holds it."""

from collections.abc import Callable, Iterator

from sluice_core.api.kind import API_VERSION
from sluice_core.api.meta import Resource
from sluice_core.api.rules import RULES
from sluice_core.crd.definition import KINDS, make_definition
from sluice_core.crd.structural import INT_OR_STRING, PRESERVE, fields
from sluice_core.manifest import Manifest

INTRODUCTION = f"""\
# Custom resources

All are of `{API_VERSION}` and of the category `sluice`: `kubectl get sluice` lists them together.
The API server holds each object to the bounds and rules below; what needs the whole graph of a
workflow is reported in its condition `Valid`, and by `sluice lint` before it is applied.

A default in a column is filled in by the API server. Inside lists it fills in nothing, so that Argo
CD sees no drift; there, "when absent" in a description says what holds.

`[]` marks the items of a list, `{{}}` the values of a map. What stands under `spec.workflow` of a
template and `spec.definition` of a run is as in a Workflow.
"""


def rendered() -> str:
    """The whole page, in Markdown."""
    return "\n".join([INTRODUCTION, *(line for model in KINDS for line in _of_kind(model))])


AS_IN_WORKFLOW = (".spec.workflow.", ".spec.definition.")


def _of_kind(model: type[Resource]) -> Iterator[str]:
    kind = model.kind_info
    [version] = make_definition(model)["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]
    scope = "Cluster-wide." if kind.scope == "Cluster" else "In a namespace."
    yield f"## {kind.name}\n"
    yield f"{schema['description']} {scope} Short name: `{kind.short}`.\n"
    if kind.selectable:
        selectors = " and ".join(f"`{path[1:]}`" for path in kind.selectable)
        yield f"Field selectors: {selectors}.\n"
    yield "| field | type | default | |"
    yield "|---|---|---|---|"
    yield from _rows(schema)
    yield from _rules(schema)
    yield ""


def _rows(schema: Manifest) -> Iterator[str]:
    for path, field in fields(schema):
        if path.endswith(("[]", "{}")) or not path.startswith((".spec.", ".status.")):
            continue
        if path.startswith(AS_IN_WORKFLOW):
            continue
        default = field.get("default", {})
        shown = "" if default == {} else f"`{str(default).lower()}`"
        if isinstance(default, str):
            shown = f"`{default}`"
        yield f"| `{path[1:]}` | {_type(field)} | {shown} | {field['description']} |"


def _type(field: Manifest) -> str:
    if "enum" in field:
        return ", ".join(f"`{word}`" for word in field["enum"])
    if INT_OR_STRING in field:
        return "number or text"
    name = str(field.get("type", "any JSON"))
    namer = _NAMERS.get(name)
    return namer(field) if namer else name


def _text(field: Manifest) -> str:
    return "time" if field.get("format") == "date-time" else f"text ≤ {field['maxLength']}"


def _number(field: Manifest) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    if low is None:
        return str(field["type"])
    return f"{field['type']} ≥ {low}" if high is None else f"{field['type']} {low} to {high}"


def _list(field: Manifest) -> str:
    return f"list ≤ {field['maxItems']} of {_type(field['items'])}"


def _map(field: Manifest) -> str:
    if "additionalProperties" in field:
        return f"map ≤ {field['maxProperties']} to {_type(field['additionalProperties'])}"
    return "any object" if PRESERVE in field else "object"


_NAMERS: dict[str, Callable[[Manifest], str]] = {
    "string": _text,
    "integer": _number,
    "number": _number,
    "array": _list,
    "object": _map,
}


def _rules(schema: Manifest) -> Iterator[str]:
    rules = {
        f"- `{path[1:] or 'metadata and status'}`: {rule['message']}.": None
        for path, field in fields(schema)
        for rule in field.get(RULES, ())
        if not path.startswith(AS_IN_WORKFLOW)
    }
    if rules:
        yield "\nRules:\n"
        yield from rules
