"""What a workflow does: its steps, and the part of a workflow that a version pins."""

from typing import Annotated, Literal

from pydantic import Field

from sluice_core.api.bounds import (
    ActionName,
    DottedPath,
    Expression,
    Identifier,
    JsonObject,
    JsonSchema,
    LabelName,
    LongText,
    ShortText,
)
from sluice_core.api.kind import KEYED_BY_NAME
from sluice_core.api.meta import Spec

FailureClass = Literal["Transient", "Timeout", "RateLimited"]
OnFailure = Literal["Fail", "Continue"]

Need = Annotated[
    str,
    Field(
        max_length=192,
        pattern=r"^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)?(:[A-Za-z0-9_-]+)?$",
    ),
]


class StepRetry(Spec):
    """When and how often a failed step is tried again."""

    limit: int = Field(3, ge=0, le=5, description="Attempts after the first; 3 when absent.")
    backoff_seconds: int = Field(
        5, ge=0, le=3600, description="Longest wait before the second attempt; 5 when absent."
    )
    factor: float = Field(
        2, ge=1, le=10, description="What each further wait is multiplied by; 2 when absent."
    )
    max_backoff_seconds: int = Field(
        300, ge=1, le=86400, description="No wait is longer than this; 300 when absent."
    )
    failures: tuple[FailureClass, ...] = Field(
        ("Timeout", "Transient", "RateLimited"),
        min_length=1,
        max_length=3,
        description="Failures that are worth another attempt; all three when absent.",
    )


class RunRetry(Spec):
    """When and how often a failed run goes on from its failed step."""

    limit: int = Field(0, ge=0, le=5, description="Attempts after the first.")
    backoff_seconds: int = Field(
        5, ge=0, le=3600, description="Longest wait before the second attempt; it then doubles."
    )


class ForEach(Spec):
    """Run the step once for each item of a list."""

    in_: Expression = Field(description="A template that gives the list.")
    as_: Identifier = Field(
        "item", description="What templates of the step call the item; `item` when absent."
    )
    parallelism: int = Field(
        5, ge=1, le=100, description="Items worked on at the same time; 5 when absent."
    )


class Position(Spec):
    """Where an editor draws the step."""

    left: float = Field(description="Distance from the left.")
    top: float = Field(description="Distance from the top.")


class Step(Spec):
    """One node of the graph."""

    name: Identifier = Field(description="Name of the step, unique in the workflow.")
    title: ShortText | None = Field(None, description="What people call the step.")
    description: LongText | None = Field(None, description="What the step is for.")
    action: ActionName = Field(description="What the step does: an action of the catalogue.")
    credential: LabelName | None = Field(
        None, description="Name of the WorkflowCredential that the action uses."
    )
    with_: JsonObject = Field(
        default_factory=dict, description="Configuration of the action; strings are templates."
    )
    needs: tuple[Need, ...] | None = Field(
        None,
        max_length=200,
        description="Steps that come first; absent is the step before, an empty list is none.",
    )
    when: Expression | None = Field(
        None, description="A template; the step is skipped when it gives false."
    )
    inputs: dict[str, DottedPath] = Field(
        default_factory=dict,
        max_length=100,
        description="Values that the step's templates see: target to dotted path.",
    )
    passthrough: dict[str, DottedPath] = Field(
        default_factory=dict,
        max_length=100,
        description="Values copied to the output unchanged: target to dotted path.",
    )
    for_each: ForEach | None = Field(None, description="Run the step once for each item of a list.")
    timeout_seconds: int | None = Field(
        None,
        ge=1,
        le=86400,
        description="Time that one attempt may take; that of the run when absent.",
    )
    retry: StepRetry | None = Field(
        None, description="When a failed step is tried again; never when absent."
    )
    on_failure: OnFailure = Field(
        "Fail", description="Whether a failure ends the run; Fail when absent."
    )
    parameters: JsonSchema | None = Field(
        None,
        description="JSON Schema of what the step is called with as a tool; any object when "
        "absent.",
    )
    position: Position | None = Field(None, description="Where an editor draws the step.")
    enabled: bool = Field(
        True, description="A step that is not enabled passes its input on; true when absent."
    )


class Settings(Spec):
    """Limits of a whole run."""

    timeout_seconds: int = Field(3600, ge=1, le=604800, description="Time that a run may take.")
    retry: RunRetry = Field(
        RunRetry(), description="When a failed run goes on from its failed step."
    )
    runner_loss_limit: int = Field(
        5, ge=0, le=100, description="How many lost runners a run survives."
    )
    max_parallel_steps: int = Field(
        10, ge=1, le=50, description="Steps of one run that work at the same time."
    )


class Definition(Spec):
    """What a version of a workflow pins, and what a run may override."""

    inputs: JsonSchema | None = Field(
        None, description="JSON Schema 2020-12 of the inputs of a run."
    )
    steps: tuple[Step, ...] = Field(
        (), max_length=200, json_schema_extra=KEYED_BY_NAME, description="The graph."
    )
    settings: Settings = Field(Settings(), description="Limits of a whole run.")
