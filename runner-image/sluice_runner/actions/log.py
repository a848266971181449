"""log: a line in the run's log; the output is the message."""

from sluice_core.catalog import CATALOG
from sluice_core.catalog.flow import LogParams
from sluice_runner.actions.action import Action, Context, Done


async def run(params: LogParams, ctx: Context) -> Done:
    """Write the line."""
    ctx.log(params.level, params.message)
    return Done(output=params.message)


ACTION = Action(CATALOG["log"], run)
