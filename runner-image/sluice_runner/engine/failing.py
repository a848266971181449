"""Turn whatever goes wrong inside a step into a StepFailed whose message its author may read."""

import asyncio
import logging
from collections.abc import Mapping

from pydantic import JsonValue, ValidationError

from sluice_core import plain, schemas, wire
from sluice_core.catalog import Params
from sluice_runner.actions.action import Action, Context, Done, StepFailed
from sluice_runner.engine import paths, reads
from sluice_runner.engine.job import Renderer
from sluice_runner.engine.scope import Scope
from sluice_runner.templating.limits import TemplateFailed

MESSAGE_BYTES = 4 * plain.KIB
log = logging.getLogger(__name__)


def permanent(reason: str, message: str) -> StepFailed:
    """A failure that another attempt would not change."""
    return StepFailed("Permanent", reason, message)


def as_error(failed: StepFailed) -> wire.StepError:
    """The failure as the operator and templates see it."""
    return wire.StepError(
        failure=failed.failure,
        reason=failed.reason,
        message=plain.cut(failed.message, MESSAGE_BYTES),
        retry_after_seconds=failed.retry_after_seconds,
    )


async def rendered(renderer: Renderer, value: JsonValue, scope: Scope, field: str) -> JsonValue:
    """The value with its templates filled in; what has none makes no trip to the sandbox."""
    if not reads.has_templates(value):
        return value
    context = paths.select(scope, reads.of_templates(value))
    try:
        return await renderer.render(value, context, field)
    except TemplateFailed as error:
        raise _template_failure(error) from error


def _template_failure(error: TemplateFailed) -> StepFailed:
    reason = error.kind if error.kind.startswith("Template") else f"Template{error.kind}"
    message = f"{error.path}: {error.message}"
    match error.kind:
        case "ProcessDied":
            return StepFailed("Transient", reason, message)
        case "TimeLimit":
            return StepFailed("Timeout", reason, message)
        case _:
            return permanent(reason, message)


def mapped(mapping: Mapping[str, str], scope: Scope, field: str) -> dict[str, JsonValue]:
    """An object made of values at dotted paths."""
    made: dict[str, JsonValue] = {}
    for target, path in mapping.items():
        try:
            paths.write(made, target, paths.read(scope, path))
        except paths.NoSuchPath as error:
            raise permanent("NoSuchPath", f"{field}.{target}: {error}") from error
    return made


def params(action: Action, config: JsonValue) -> Params:
    """The action's parameters; a field that is wrong is named."""
    try:
        given = action.type.params.model_validate(config, by_alias=True, by_name=False)
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join(['with', *map(str, problem['loc'])])}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise permanent("InvalidConfig", said) from error
    if action.type.schema is not None:
        _judge(action.type.schema, config)
    return given


def _judge(schema: Mapping[str, JsonValue], config: JsonValue) -> None:
    found = schemas.violations(schema, config)
    if found:
        said = "; ".join(f"{one.path('with')}: {one.message}" for one in found)
        raise permanent("InvalidConfig", said)


async def done(action: Action, given: Params, context: Context, seconds: float | None) -> Done:
    """What the action gives within its time."""
    try:
        async with asyncio.timeout(seconds) as limit:
            return await action.run(given, context)
    except StepFailed:
        raise
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        # Nobody cancelled the step: something inside it was, and said so to the wrong one.
        raise StepFailed("Transient", "Interrupted", "the action was interrupted") from error
    except TimeoutError as error:
        if limit.expired():
            raise StepFailed("Timeout", "Timeout", f"took longer than {seconds:g} s") from error
        raise StepFailed("Timeout", "Timeout", str(error) or "timed out") from error
    except Exception as error:  # one action's bug must not end the runner
        log.exception("action %s", action.type.name)
        raise permanent("Internal", f"{action.type.name}: {type(error).__name__}") from error
