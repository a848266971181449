"""Finish what FastAPI says of the routes: names, nouns, rights, headers, forms of bodies."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from sluice_gateway import openapi, operations
from sluice_gateway.cloud_events import CloudEvent
from sluice_gateway.operations import Operation
from sluice_gateway.schemas.catalogue import TemplateForm
from sluice_gateway.schemas.credentials import (
    CredentialAnswer,
    CredentialForm,
    CredentialPatch,
    IntegrationAnswer,
    IntegrationForm,
    IntegrationPatch,
)
from sluice_gateway.schemas.design import DuplicateForm, LayoutAnswer, StatusForm
from sluice_gateway.schemas.events import EventForm, MessageAnswer, QueueForm
from sluice_gateway.schemas.form import NoForm
from sluice_gateway.schemas.lifecycle import (
    DeployAnswer,
    LifecycleAnswer,
    LifecycleForm,
    StartForm,
    StopAnswer,
)
from sluice_gateway.schemas.mail import MailForm
from sluice_gateway.schemas.parts import (
    ConnectionAnswer,
    ConnectionForm,
    ConnectionGone,
    MappingsAnswer,
    MappingsForm,
    NodeAnswer,
    NodeGone,
    NodeList,
    PassthroughAnswer,
    PassthroughForm,
    StepEdit,
    StepForm,
)
from sluice_gateway.schemas.problem import ProblemAnswer
from sluice_gateway.schemas.runs import RunChange, RunDetail
from sluice_gateway.schemas.schedule import ScheduleAnswer, ScheduleForm, SchedulePatch
from sluice_gateway.schemas.sharing import ShareAnswer, ShareForm
from sluice_gateway.schemas.triggers import RunAnswer, RunForm, TestForm, TriggerAnswer, TriggerForm
from sluice_gateway.schemas.versions import VersionForm
from sluice_gateway.schemas.workflows import (
    WorkflowDetail,
    WorkflowDraft,
    WorkflowForm,
    WorkflowMade,
    WorkflowPatch,
    WorkflowReplacement,
)

Schema = dict[str, Any]
_NOT_FOR_CALLERS = ("x-kubernetes-", "x-sluice-", "nullable")

# What routes refer to by `openapi.reference`: they read bodies themselves, past FastAPI.
FORMS: tuple[type[BaseModel], ...] = (
    CloudEvent,
    ConnectionForm,
    CredentialForm,
    CredentialPatch,
    DuplicateForm,
    EventForm,
    IntegrationForm,
    IntegrationPatch,
    LifecycleForm,
    MailForm,
    MappingsForm,
    NoForm,
    PassthroughForm,
    ProblemAnswer,
    QueueForm,
    RunForm,
    ScheduleForm,
    SchedulePatch,
    ShareForm,
    StartForm,
    StatusForm,
    StepEdit,
    StepForm,
    TemplateForm,
    TestForm,
    TriggerForm,
    VersionForm,
    WorkflowDraft,
    WorkflowForm,
    WorkflowPatch,
    WorkflowReplacement,
)
# What streams are made of: FastAPI knows of no answer with it.
_STREAMED = (RunChange,)
# Answers with these are of one version of an object, which If-Match can name later.
_VERSIONED = (
    ConnectionAnswer,
    ConnectionGone,
    CredentialAnswer,
    DeployAnswer,
    IntegrationAnswer,
    LayoutAnswer,
    LifecycleAnswer,
    MappingsAnswer,
    NodeAnswer,
    NodeGone,
    NodeList,
    PassthroughAnswer,
    ScheduleAnswer,
    ShareAnswer,
    StopAnswer,
    WorkflowDetail,
    WorkflowMade,
)
# Answers with these, as 201 or 202, tell where the new object is found.
_PLACED = (CredentialAnswer, MessageAnswer, RunAnswer, RunDetail, TriggerAnswer, WorkflowMade)


def completed(schema: Schema) -> Schema:
    """The document, whole; every operation in it has to be in the table of operations."""
    rows = operations.table()
    for path, method, operation in walked(schema):
        _name(operation, rows[method.upper(), path])
        _add_headers(operation)
    components = schema["components"]
    known = forms() | _for_callers(components["schemas"])
    components["schemas"] = _in_use(known, schema["paths"])
    components["securitySchemes"] = openapi.SCHEMES
    components["parameters"] = openapi.PARAMETERS
    components["headers"] = openapi.HEADERS
    tags = [{"name": noun, "description": text} for noun, text in operations.NOUNS.items()]
    return {**schema, "tags": tags}


def walked(schema: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Path, method in small letters, operation."""
    for path, ways in schema["paths"].items():
        for method, operation in ways.items():
            yield path, method, operation


def examples(content: Schema) -> list[Any]:
    """Of a body: one, or one in each of its dialects."""
    named = content.get("examples")
    return [content.get("example")] if named is None else [one["value"] for one in named.values()]


def _name(operation: Schema, row: Operation) -> None:
    operation["operationId"] = row.id
    operation["tags"] = [row.noun]
    operation["summary"] = operation["description"].partition("\n")[0].removesuffix(".")
    if row.rights:
        operation[openapi.RIGHTS] = list(row.rights)


def _add_headers(operation: Schema) -> None:
    answers = operation["responses"]
    if "412" in answers:
        parameter = {"$ref": "#/components/parameters/IfMatch"}
        operation["parameters"] = [*operation.get("parameters", ()), parameter]
    for status, answer in answers.items():
        model = _model(answer)
        told = [name for name, models in _told(status) if model in {m.__name__ for m in models}]
        if told:
            answer["headers"] = openapi.headers(*told) | answer.get("headers", {})


def _told(status: str) -> list[tuple[str, tuple[type[BaseModel], ...]]]:
    placed = [("Location", _PLACED)] if status in {"201", "202"} else []
    return [("ETag", _VERSIONED), *placed]


def _model(answer: Schema) -> str:
    content = answer.get("content", {}).get("application/json", {})
    return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]


def _for_callers(part: Any) -> Any:
    """Without what is for an API server: rules in CEL, kinds of lists."""
    match part:
        case dict():
            kept = {
                name: one for name, one in part.items() if not name.startswith(_NOT_FOR_CALLERS)
            }
            return {name: _for_callers(one) for name, one in kept.items()}
        case list():
            return [_for_callers(one) for one in part]
        case _:
            return part


def forms() -> Schema:
    """Those of bodies with all that they are made of, as JSON Schema that refers to components."""
    _, found = models_json_schema(
        [
            *((form, "validation") for form in FORMS),
            *((told, "serialization") for told in _STREAMED),
        ],
        ref_template=openapi.TEMPLATE,
    )
    defined: Schema = _for_callers(found["$defs"])
    return {name: _itself(form, defined) for name, form in defined.items()}


def _itself(form: Schema, defined: Schema) -> Schema:
    """What is another form by another name, with that form's fields.

    Of such a name generators of clients make the other's class a second time, or nothing.
    """
    if "$ref" not in form:
        return form
    other: Schema = defined[form["$ref"].rpartition("/")[2]]
    return other | {word: told for word, told in form.items() if word != "$ref"}


def _in_use(known: Schema, paths: Schema) -> Schema:
    """What paths refer to, and what streams are made of, with all that these refer to."""
    waiting = [*_named(paths), *(one.__name__ for one in _STREAMED)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _named(known[name])
    return {name: one for name, one in known.items() if name in found}


def _named(part: Any) -> Iterator[str]:
    """The components that a part of the document refers to."""
    match part:
        case dict():
            kind, _, name = str(part.get("$ref", "")).rpartition("/")
            if kind == "#/components/schemas":
                yield name
            for one in part.values():
                yield from _named(one)
        case list():
            for one in part:
                yield from _named(one)
