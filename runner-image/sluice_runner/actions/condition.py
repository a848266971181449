"""condition: leave by the port true or false; the output is that boolean."""

from pydantic import JsonValue

from sluice_core.catalog import CATALOG
from sluice_core.catalog.flow import ConditionParams
from sluice_runner.actions.action import Action, Context, Done

FALSE_WORDS = frozenset({"", "false", "no", "off", "0"})


async def run(params: ConditionParams, _: Context) -> Done:
    """Choose a port by `params.if_`."""
    answer = is_true(params.if_)
    return Done(output=answer, port="true" if answer else "false")


def is_true(value: JsonValue) -> bool:
    """As Python does; of text, the words of FALSE_WORDS too, in any case and with space around."""
    if isinstance(value, str):
        return value.strip().lower() not in FALSE_WORDS
    return bool(value)


ACTION = Action(CATALOG["condition"], run)
