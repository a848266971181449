"""publish: tell other workflows of the namespace that something happened."""

from typing import Annotated

from pydantic import JsonValue, StringConstraints

from sluice_core.catalog.action import ActionType, Params


class PublishParams(Params):
    """The output is `{id, runs, refused}`: workflow and trigger, with the run or why not."""

    type: Annotated[str, StringConstraints(min_length=1, max_length=253)]
    data: JsonValue = {}


TYPES = (
    ActionType(
        name="publish",
        title="Publish an event",
        category="workflow",
        role="delivers",
        params=PublishParams,
        sample={"type": "order.paid", "data": {"order": "{{ data.id }}"}},
        failures=("Transient", "Permanent"),
        repeatable=True,
    ),
)
