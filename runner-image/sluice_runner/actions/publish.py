"""publish: an event for the workflows of the namespace that wait for its type."""

from pydantic import JsonValue

from sluice_core import event_types, events, plain, wire
from sluice_core.catalog import CATALOG
from sluice_core.catalog.publishing import PublishParams
from sluice_runner.actions.action import Action, Context, Done, StepFailed


async def run(params: PublishParams, ctx: Context) -> Done:
    """Done once the runs that the event sets off exist; tried again, it is the same event."""
    if params.type in event_types.OF_RUNS:
        message = f"with.type: {params.type} is told by Sluice alone, publish another"
        raise StepFailed("Permanent", "ReservedType", message)
    _check(params.data)
    asked = wire.Publish(type=params.type, data=params.data, key=ctx.key)
    reply = await ctx.ask("Publish", asked.model_dump(by_alias=True))
    return Done(output=reply, result=reply)


def _check(data: JsonValue) -> None:
    try:
        size = len(plain.encode(data))
    except plain.NotPlain as error:
        raise StepFailed("Permanent", "InvalidConfig", f"with.data: {error}") from error
    if size > events.EVENT_BYTES:
        message = f"with.data takes {size} bytes, and an event may have {events.EVENT_BYTES}"
        raise StepFailed("Permanent", "TooLarge", message)


ACTION = Action(CATALOG["publish"], run)
