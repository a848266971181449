"""transform: the rendered template is the output."""

from sluice_core.catalog import CATALOG
from sluice_core.catalog.flow import TransformParams
from sluice_runner.actions.action import Action, Context, Done


async def run(params: TransformParams, _: Context) -> Done:
    """Give back what the engine rendered."""
    return Done(output=params.template)


ACTION = Action(CATALOG["transform"], run)
