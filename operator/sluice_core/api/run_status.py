"""What the operator reports about a WorkflowRun."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from sluice_core.api.bounds import Json
from sluice_core.api.kind import KEYED_BY_TYPE
from sluice_core.api.meta import Condition, OrNewer, Status

Phase = Literal["Pending", "Running", "Retrying", "Succeeded", "Failed", "Cancelled"]
StepPhase = Literal["Pending", "Running", "Succeeded", "Failed", "Skipped", "Cancelled"]
Failure = Literal["Transient", "Timeout", "RateLimited", "Permanent"]
DeliveryState = Literal["Pending", "Delivered", "Failed"]

TERMINAL_PHASES: tuple[Phase, ...] = ("Succeeded", "Failed", "Cancelled")


class Progress(Status):
    """How much is done: of the entities, or else of the steps."""

    total: int = Field(0, ge=0, description="How many there are.")
    completed: int = Field(0, ge=0, description="How many ended well.")
    failed: int = Field(0, ge=0, description="How many failed.")


class StepError(Status):
    """Why a step failed."""

    failure: Annotated[Failure, OrNewer] = Field(description="Whether another try may help.")
    reason: str | None = Field(None, max_length=128, description="Why, as one CamelCase word.")
    message: str = Field("", max_length=4096, description="Why, for people.")


class StepStatus(Status):
    """How one step went."""

    name: str = Field(max_length=63, description="Name of the step.")
    phase: Annotated[StepPhase, OrNewer] = Field(description="How far the step is.")
    attempts: int = Field(0, ge=0, description="How often it was tried.")
    start_time: datetime | None = Field(None, description="When the first attempt began.")
    duration_ms: int | None = Field(
        None, ge=0, description="Milliseconds from the first attempt's beginning to the end."
    )
    port: str | None = Field(None, max_length=63, description="Output port that it left by.")
    output: Json = Field(None, description="What it gave, without secrets, at most 16 KiB.")
    rendered_output: str | None = Field(
        None, max_length=4096, description="The text that it sent, without secrets."
    )
    result: Json = Field(None, description="What the receiver answered, without secrets.")
    error: StepError | None = Field(None, description="Why it failed.")
    truncated: bool = Field(False, description="Whether something was cut for want of room.")


class Delivery(Status):
    """How one notification about the run goes."""

    id: str = Field(max_length=64, description="The webhook-id, the same at each attempt.")
    url: str = Field(max_length=2048, description="Where it is sent, without query.")
    event: str = Field(max_length=63, description="What it is about.")
    step: str | None = Field(None, max_length=63, description="The step that has failed.")
    start_time: datetime | None = Field(None, description="When it was first due.")
    state: Annotated[DeliveryState, OrNewer] = Field(description="How far it is.")
    attempts: int = Field(0, ge=0, description="How often it was tried.")
    next_time: datetime | None = Field(None, description="When it is tried again.")
    message: str | None = Field(None, max_length=1024, description="Why it was not delivered.")


class RunStatus(Status):
    """How the execution goes."""

    observed_generation: int = Field(
        0, ge=0, description="The generation of the spec that this was decided for."
    )
    phase: Annotated[Phase, OrNewer] | None = Field(
        None, description="How far the run is, for people; the contract is the condition Succeeded."
    )
    conditions: tuple[Condition, ...] = Field(
        (),
        max_length=8,
        json_schema_extra=KEYED_BY_TYPE,
        description="Succeeded: Unknown while the run goes on.",
    )
    attempt: int = Field(0, ge=0, description="Number of the current attempt of the run.")
    revision: int | None = Field(None, ge=1, description="Version that is executed.")
    definition_hash: str | None = Field(
        None, max_length=64, description="Hash of the definition that is executed."
    )
    runner: str | None = Field(None, max_length=253, description="Pod that executes the run.")
    runner_losses: int = Field(0, ge=0, description="How many runners the run has lost.")
    retries: int = Field(
        0, ge=0, description="How many attempts followed a failure, as settings.retry has it."
    )
    start_time: datetime | None = Field(None, description="When it was first dispatched.")
    completion_time: datetime | None = Field(None, description="When it ended.")
    next_attempt_time: datetime | None = Field(None, description="Retrying: when it goes on.")
    duration_ms: int | None = Field(None, ge=0, description="Milliseconds from start to end.")
    duration: str | None = Field(
        None, max_length=32, description="The duration for people, such as 1m30s."
    )
    progress: Progress | None = Field(None, description="How much is done.")
    steps_summary: str | None = Field(
        None, max_length=32, description="The progress for people, such as 3/4."
    )
    steps: tuple[StepStatus, ...] = Field((), max_length=200, description="How the steps went.")
    failed_entities: tuple[Annotated[str, Field(max_length=253)], ...] = Field(
        (), max_length=10000, description="Ids for which the workflow failed."
    )
    completed_entities: str | None = Field(
        None,
        max_length=1700,
        description="Which of the entities ended well, one bit each in their order, in base64; "
        "the first is the lowest bit of the first byte.",
    )
    notifications: tuple[Delivery, ...] = Field(
        (), max_length=80, description="How notifications about the run go."
    )
    output: Json = Field(None, description="Output of the last steps, at most 64 KiB.")
    truncated: bool = Field(False, description="Whether something was cut for want of room.")

    @property
    def ended(self) -> bool:
        """Whether the phase is one that never changes."""
        return self.phase in TERMINAL_PHASES
