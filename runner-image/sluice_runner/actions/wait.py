"""wait: go on after some seconds, or at a time."""

from datetime import datetime

from sluice_core.catalog import CATALOG
from sluice_core.catalog.flow import WaitParams
from sluice_runner.actions.action import Action, Context, Done

LOOK_AGAIN_SECONDS = 60.0  # the wall clock may be set while we sleep


async def run(params: WaitParams, ctx: Context) -> Done:
    """Sleep; a time that has passed is not waited for."""
    if params.seconds is not None:
        await ctx.sleep(params.seconds)
    if params.until is not None:
        await _sleep_until(params.until, ctx)
    return Done()


async def _sleep_until(until: datetime, ctx: Context) -> None:
    while (left := (until - ctx.now()).total_seconds()) > 0:
        await ctx.sleep(min(left, LOOK_AGAIN_SECONDS))


ACTION = Action(CATALOG["wait"], run)
