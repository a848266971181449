"""Everything that is wrong about an action of a user's own, each with the path of its field."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import JsonValue, TypeAdapter, ValidationError

from sluice_core import graph, schemas, templates
from sluice_core.api.action import ActionSpec, HttpCall, WorkflowAction
from sluice_core.catalog import CATALOG, ActionType, own
from sluice_core.catalog.http import HeaderName
from sluice_core.finding import Finding, did_you_mean
from sluice_core.validation.variables import TYPES

Fields = Mapping[str, frozenset[str] | None]  # what a variable has; None: anything

HTTP_RESPONSE = frozenset({"body", "headers", "status"})
CONTAINER_RESPONSE = frozenset({"exitCode", "output"})
_HEADER = TypeAdapter[str](HeaderName)


def check_action(action: WorkflowAction) -> list[Finding]:
    """Judge a WorkflowAction; a workflow may use one about which nothing is found."""
    return [
        *_of_name(action.metadata.name),
        *_of_config(action.spec),
        *_of_call(action.spec),
        *_of_templates(action.spec),
    ]


def catalogue(actions: Iterable[WorkflowAction]) -> Mapping[str, ActionType]:
    """All actions that there are; one that must not be used is among them, and says why."""
    known = {action.metadata.name: action for action in actions}
    faults = {name: "; ".join(map(str, check_action(one))) for name, one in known.items()}
    return own.catalogue({name: one.spec for name, one in known.items()}, faults)


def _of_name(name: str) -> Iterator[Finding]:
    if name in CATALOG:
        yield Finding(
            type="NameTaken",
            path="metadata.name",
            message=f"{name} is an action of Sluice's own",
            hint="give the WorkflowAction another name",
        )


def _of_config(spec: ActionSpec) -> Iterator[Finding]:
    if spec.config is None:
        return
    faults = schemas.faults(spec.config)
    for fault in faults:
        path = fault.path("config")
        yield Finding(type="InvalidSchema", path=path, message=fault.message, hint=fault.hint)
    if faults or spec.sample is None or templates.within(spec.sample):
        return
    for wrong in schemas.violations(spec.config, spec.sample):
        path = wrong.path("sample")
        yield Finding(type="InvalidConfig", path=path, message=wrong.message, hint=wrong.hint)


def _of_call(spec: ActionSpec) -> Iterator[Finding]:
    for index, port in enumerate(spec.ports):
        if port.name == graph.ERROR:
            message = f"the port '{graph.ERROR}' is for failures, choose another name"
            yield Finding(type="InvalidValue", path=f"ports[{index}].name", message=message)
    useful = CATALOG["http.post"].credentials if spec.http else ()
    for index, kind in enumerate(spec.credential_types):
        if kind not in useful:
            message = f"{kind} is no credential of an HTTP call"
            if spec.http is None:
                message = "a container is given no credential"
            yield Finding(type="InvalidValue", path=f"credentialTypes[{index}]", message=message)
    if spec.http is not None:
        yield from _of_http(spec.http)


def _of_http(call: HttpCall) -> Iterator[Finding]:
    named = {f"http.headers.{name}": name for name in call.headers}
    if call.idempotency_header:
        named["http.idempotencyHeader"] = call.idempotency_header
    for path, name in named.items():
        try:
            _HEADER.validate_python(name)
        except ValidationError:
            message = f"'{name}' is no header that a request may be given"
            yield Finding(type="InvalidValue", path=path, message=message)
    if call.method == "GET" and call.body is not None:
        message = "a GET request has no body; use query, or another method"
        yield Finding(type="InvalidValue", path="http.body", message=message)


def _of_templates(spec: ActionSpec) -> Iterator[Finding]:
    before: Fields = {"config": _fields(spec)}
    call: JsonValue = None
    response = HTTP_RESPONSE
    if spec.http is not None:
        call = {"http": spec.http.model_dump(mode="json", by_alias=True)}
    if spec.container is not None:
        call = {"container": spec.container.model_dump(mode="json", by_alias=True)}
        response = CONTAINER_RESPONSE
    after: Fields = {**before, "response": response}
    ports: JsonValue = [port.model_dump(mode="json", by_alias=True) for port in spec.ports]
    yield from _of_value(call, "", before)
    yield from _of_value({"result": spec.result, "ports": ports}, "", after)


def _of_value(value: JsonValue, root: str, seen: Fields) -> Iterator[Finding]:
    for path, source in templates.places(value, root):
        where = path.removeprefix(".")
        problems = templates.check(source)
        for problem in problems:
            yield Finding(type=TYPES[problem.kind], path=where, message=problem.message)
        if not problems:
            for reference in sorted(templates.references(source)):
                yield from _of_reference(reference, where, seen)


def _of_reference(reference: str, path: str, seen: Fields) -> Iterator[Finding]:
    root, *rest = reference.split(".")
    name, known = root, tuple(seen)
    fields = seen.get(root)
    if root in seen:
        if not rest or fields is None or rest[0] in fields:
            return
        name, known = rest[0], tuple(fields)
    there = f"{root}.{name}" if root in seen else root
    yield Finding(
        type="UnknownVariable",
        path=path,
        message=f"there is no '{there}'",
        hint=did_you_mean(name, known),
    )


def _fields(spec: ActionSpec) -> frozenset[str] | None:
    """The fields of `config`, where its schema admits no others."""
    schema = spec.config
    if schema is None or schema.get("additionalProperties") is not False:
        return None
    open_ended = {"patternProperties", "$ref", "allOf", "anyOf", "oneOf"} & schema.keys()
    return None if open_ended else frozenset(schemas.properties(schema))
