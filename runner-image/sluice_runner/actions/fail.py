"""fail: end the step as failed, with the author's message."""

from sluice_core.catalog import CATALOG
from sluice_core.catalog.flow import FailParams
from sluice_runner.actions.action import Action, Context, Done, StepFailed


async def run(params: FailParams, _: Context) -> Done:
    """Raise StepFailed, always."""
    raise StepFailed("Permanent", "Failed", params.message)


ACTION = Action(CATALOG["fail"], run)
