"""transform, condition, log, wait and fail: what a workflow does without leaving the runner."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from sluice_core.catalog.action import ActionType, Params


class TransformParams(Params):
    """The rendered `template` is the output; one that is a single expression keeps its type."""

    template: JsonValue


class ConditionParams(Params):
    """`if` decides between the ports true and false, as Python does: empty, zero, null are false.

    The words "false", "no", "off" and "0" count as false too, since a text template cannot give
    anything but text.
    """

    if_: Annotated[JsonValue, Field(alias="if")]


class LogParams(Params):
    """A line in the run's log; the output is the message."""

    message: str
    level: Literal["debug", "info", "warning", "error"] = "info"


class WaitParams(Params):
    """Wait for a number of seconds, or until a time (RFC 3339)."""

    seconds: Annotated[float, Field(ge=0, le=86_400)] | None = None
    until: datetime | None = None

    @model_validator(mode="after")
    def _one_time(self) -> "WaitParams":
        if (self.seconds is None) == (self.until is None):
            raise ValueError("give seconds or until, and not both")
        if self.until is not None and self.until.tzinfo is None:
            raise ValueError("until needs a time zone, such as 2026-01-31T09:00:00Z")
        return self


class FailParams(Params):
    """End the step as failed, with a message."""

    message: Annotated[str, Field(min_length=1, max_length=4096)]


TYPES = (
    ActionType(
        name="transform",
        title="Transform",
        category="logic",
        role="transforms",
        params=TransformParams,
        sample={"template": "{{ data | tojson }}"},
        repeatable=True,
    ),
    ActionType(
        name="condition",
        title="Condition",
        category="logic",
        role="controls",
        params=ConditionParams,
        ports=("true", "false"),
        sample={"if": "{{ data.count > 0 }}"},
        repeatable=True,
    ),
    ActionType(
        name="log",
        title="Log",
        category="logic",
        role="controls",
        params=LogParams,
        sample={"message": "{{ data.count }} orders"},
        repeatable=True,
    ),
    ActionType(
        name="wait",
        title="Wait",
        category="logic",
        role="controls",
        params=WaitParams,
        sample={"seconds": 5},
        repeatable=True,
    ),
    ActionType(
        name="fail",
        title="Fail",
        category="logic",
        role="controls",
        params=FailParams,
        sample={"message": "no orders today"},
        repeatable=True,
    ),
)
