"""A step's `with` against its action's parameters; templated values are judged at run time."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from sluice_core import plain, schemas, templates
from sluice_core.api.steps import Step
from sluice_core.catalog import ActionType
from sluice_core.finding import Finding, FindingType, did_you_mean
from sluice_core.schemas import Violation

_TYPES: dict[str, FindingType] = {"missing": "MissingConfig", "extra_forbidden": "UnknownField"}

_TYPES_OF_SCHEMA: dict[str | None, FindingType] = {
    "missing": "MissingConfig",
    "unknown": "UnknownField",
}


def findings(index: int, step: Step, action: ActionType) -> Iterator[Finding]:
    """What is wrong with the configuration, where it is known before the run."""
    path, given = f"steps[{index}].with", step.with_ or dict(action.default)
    try:
        plain.encode(given)
        action.params.model_validate(given, by_alias=True, by_name=False)
        yield from _of_schema(path, step, action)
    except plain.NotPlain as error:
        yield Finding(type="InvalidValue", step=step.name, path=path, message=str(error))
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            if _is_literal(action, problem["loc"]) or not _is_templated(given, problem["loc"]):
                yield _finding(path, step, action, problem)
    if step.credential is not None and not action.credentials:
        yield Finding(
            type="UnusedCredential",
            step=step.name,
            path=f"steps[{index}].credential",
            message=f"{action.name} uses no credential",
        )


def _of_schema(path: str, step: Step, action: ActionType) -> Iterator[Finding]:
    """What an own action's schema says, but for values that are known at run time only."""
    if action.schema is None:
        return
    for violation in schemas.violations(action.schema, step.with_):
        if not _is_undecided(violation, step.with_):
            yield Finding(
                type=_TYPES_OF_SCHEMA.get(violation.kind, "InvalidConfig"),
                step=step.name,
                path=violation.path(path),
                message=_sentence(violation, action),
                hint=violation.hint,
            )


def _is_undecided(violation: Violation, config: JsonValue) -> bool:
    """Whether templates decide it: one at its place, above it or, of a whole object, below."""
    if violation.kind is not None:
        return False
    value: Any = config
    for key in violation.where:
        value = value[key]
    return _is_templated(config, violation.where) or templates.within(value)


def _sentence(violation: Violation, action: ActionType) -> str:
    name = violation.where[-1] if violation.where else ""
    match violation.kind:
        case "missing":
            return f"{action.name} requires '{name}'"
        case "unknown":
            return f"{action.name} has no '{name}'"
        case _:
            return violation.message


def _is_literal(action: ActionType, where: tuple[int | str, ...]) -> bool:
    return bool(where) and where[0] in action.literal


def _is_templated(config: JsonValue, where: Iterable[int | str]) -> bool:
    """Whether a template stands at the place of an error, or above it."""
    value = config
    for key in where:
        if isinstance(value, dict) and key in value:
            value = value[str(key)]
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            break  # the rest names a branch of a union, or a field that is missing
    return isinstance(value, str) and templates.is_template(value)


def _finding(path: str, step: Step, action: ActionType, problem: ErrorDetails) -> Finding:
    type_ = _TYPES.get(problem["type"], "InvalidConfig")
    where, name = problem["loc"], str(problem["loc"][-1]) if problem["loc"] else ""
    message = _words(problem["msg"])
    hint = ""
    if type_ == "MissingConfig":
        message = f"{action.name} requires '{name}'"
    if type_ == "UnknownField":
        message = f"{action.name} has no '{name}'"
        hint = did_you_mean(name, _fields(action.params)) if len(where) == 1 else ""
    place = path + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in where)
    return Finding(type=type_, step=step.name, path=place, message=message, hint=hint)


def _fields(params: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in params.model_fields.items()]


def _words(message: str) -> str:
    """Pydantic's sentence, begun as ours are."""
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
