"""publish: what is asked of the operator, and what is refused before."""

from typing import Any

import pytest
from pydantic import JsonValue

from sluice_core import event_types
from sluice_runner.actions.action import Done, StepFailed
from testkit.contexts import a_context, call

REPLY: JsonValue = {"id": "e", "runs": [], "refused": []}


async def test_the_event_is_asked_for_under_the_key_of_the_step() -> None:
    asked: list[tuple[str, dict[str, JsonValue]]] = []

    async def answer(kind: str, body: dict[str, JsonValue]) -> JsonValue:
        asked.append((kind, body))
        return REPLY

    done = await call("publish", a_context(ask=answer), type="order.paid", data={"order": 7})

    body = {"type": "order.paid", "data": {"order": 7}, "key": "uid/step"}
    assert asked == [("Publish", body)]
    assert done == Done(output=REPLY, result=REPLY)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "what only Sluice tells": ({"type": event_types.STEP_FAILED}, "ReservedType"),
    "more than an event may have": ({"type": "x", "data": "y" * 140_000}, "TooLarge"),
    "no JSON": ({"type": "x", "data": float("nan")}, "InvalidConfig"),
}


@pytest.mark.parametrize(("config", "reason"), REFUSED.values(), ids=REFUSED)
async def test_refused(config: dict[str, Any], reason: str) -> None:
    with pytest.raises(StepFailed) as refused:
        await call("publish", a_context(), **config)

    assert refused.value.reason == reason
