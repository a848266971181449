"""switch: leave by the port of the case that a value is; the output is the value."""

from pydantic import JsonValue

from sluice_core import plain
from sluice_core.catalog import CATALOG
from sluice_core.catalog.branching import SwitchParams
from sluice_runner.actions.action import Action, Context, Done, StepFailed


async def run(params: SwitchParams, _: Context) -> Done:
    """Choose a port by `params.value`."""
    port = params.cases.get(_as_text(params.value), params.default)
    return Done(output=params.value, port=port)


def _as_text(value: JsonValue) -> str:
    try:
        return value if isinstance(value, str) else plain.encode(value).decode()
    except plain.NotPlain as error:
        raise StepFailed("Permanent", "NotJson", f"with.value: {error}") from error


ACTION = Action(CATALOG["switch"], run)
