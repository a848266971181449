"""validate: hold a value against a JSON Schema, and leave by the port valid or invalid."""

from pydantic import JsonValue

from sluice_core import plain, schemas
from sluice_core.catalog import CATALOG
from sluice_core.catalog.branching import ValidateParams
from sluice_runner.actions.action import Action, Context, Done, StepFailed

MESSAGE_BYTES = 300


async def run(params: ValidateParams, _: Context) -> Done:
    """A schema that cannot be used, or a value that JSON cannot express, fails the step."""
    try:
        plain.encode(params.value)
        found = schemas.violations(params.schema_, params.value)
    except plain.NotPlain as error:
        raise StepFailed("Permanent", "NotJson", f"with.value: {error}") from error
    except schemas.InvalidSchema as error:
        raise StepFailed("Permanent", "InvalidSchema", f"with.schema: {error}") from error
    if not found:
        return Done(output=params.value, port="valid")
    errors: list[JsonValue] = [
        {
            "path": plain.cut(one.path(), MESSAGE_BYTES),
            "message": plain.cut(one.message, MESSAGE_BYTES),
        }
        for one in found
    ]
    return Done(output={"errors": errors}, port="invalid", result={"errors": len(errors)})


ACTION = Action(CATALOG["validate"], run)
