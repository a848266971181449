"""What an action is given where its test is about something else."""

from datetime import UTC, datetime
from typing import Any, NoReturn

from sluice_runner.actions import ACTIONS
from sluice_runner.actions.action import Context, Done

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def nobody(*asked: Any) -> NoReturn:
    """The operator of a test without one."""
    raise AssertionError(f"no test here asks the operator: {asked}")


def a_context(**fields: Any) -> Context:
    """No network, no operator, no time to lose."""
    defaults: dict[str, Any] = {
        "key": "uid/step",
        "http": nobody,
        "guard": nobody,
        "credential": lambda: None,
        "log": lambda *_: None,
        "now": lambda: NOON,
        "sleep": nobody,
        "ask": nobody,
        "render": nobody,
        "documents": nobody,
        "chain": ("etl",),
    }
    return Context(**{**defaults, **fields})


async def call(name: str, context: Context | None = None, /, **given: Any) -> Done:
    """Carry out an action with these parameters."""
    action = ACTIONS[name]
    return await action.run(action.type.params.model_validate(given), context or a_context())
