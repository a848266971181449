"""Read an object that somebody wrote, and say what is wrong with its form in our own words."""

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sluice_core.api import rules
from sluice_core.api.meta import Resource
from sluice_core.api.workflow import Workflow
from sluice_core.catalog import CATALOG, ActionType
from sluice_core.finding import Finding, FindingType, did_you_mean
from sluice_core.validation import credentials
from sluice_core.validation.check import NONE_KNOWN, Report, report
from sluice_core.validation.check import check as check_spec

ResourceT = TypeVar("ResourceT", bound=Resource)
_SPEC = ("spec",)


def read(
    manifest: Mapping[str, Any],
    catalog: Mapping[str, ActionType] = CATALOG,
    known: credentials.Known = NONE_KNOWN,
) -> tuple[Workflow | None, Report]:
    """The workflow with its report; None where its form is wrong already.

    `catalog` holds the actions that exist where it is to run, `known` what credentials there are;
    of others nothing is said.
    """
    workflow, refused = _parsed(Workflow, manifest, checked=False)
    if workflow is None:
        return None, report(refused)
    found = check_spec(workflow.spec, catalog, known)
    of_credentials = credentials.findings(workflow.spec, catalog, known)
    errors = (*refused, *found.errors, *of_credentials)
    return workflow, Report(errors=errors, warnings=found.warnings)


def parse(
    model: type[ResourceT], manifest: Mapping[str, Any]
) -> tuple[ResourceT | None, list[Finding]]:
    """An object of one of our kinds, and what the API server would say against it."""
    return _parsed(model, manifest, checked=True)


def _parsed(
    model: type[ResourceT], manifest: Mapping[str, Any], *, checked: bool
) -> tuple[ResourceT | None, list[Finding]]:
    try:
        resource = model.parse(dict(manifest))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        return None, [_finding(model, problem, manifest) for problem in problems]
    return resource, [
        Finding(type="InvalidValue", path=path.removeprefix("spec."), message=message)
        for path, message in rules.broken(resource, checked=checked)
    ]


def _finding(model: type[Resource], problem: ErrorDetails, manifest: Mapping[str, Any]) -> Finding:
    where = problem["loc"]
    inner = where[1:] if where[:1] == _SPEC and len(where) > 1 else where
    message = problem["msg"].removeprefix("Value error, ")
    type_: FindingType = "InvalidValue"
    hint = ""
    if problem["type"] == "extra_forbidden":
        type_, message = "UnknownField", f"there is no field '{where[-1]}'"
        hint = did_you_mean(str(where[-1]), _siblings(model, where[:-1]))
    if problem["type"] == "missing":
        message = "is required"
    if problem["type"] == "invalid_key":
        hint = "quote the key: YAML reads on, yes, no and the like as true and false"
    return Finding(
        type=type_,
        step=_step(inner, manifest),
        path=_path(inner),
        message=message[:1].lower() + message[1:],
        hint=hint,
    )


def _path(where: tuple[int | str, ...]) -> str:
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in where)
    return text.removeprefix(".")


def _step(where: tuple[int | str, ...], manifest: Mapping[str, Any]) -> str | None:
    match where:
        case ("steps", int() as index, *_):
            step = manifest["spec"]["steps"][index]
            name = step.get("name") if isinstance(step, dict) else None
            return name if isinstance(name, str) else None
        case _:
            return None


def _siblings(root: type[Resource], where: tuple[int | str, ...]) -> list[str]:
    """The fields that the model at a place has."""
    model: type[BaseModel] | None = root
    for key in where:
        if model is None or isinstance(key, int):
            continue
        model = _model_of(model, key)
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _model_of(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            return _first_model(field.annotation)
    return None


def _first_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _first_model(one))), None)
