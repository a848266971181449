"""Runs: in a list, by themselves, and how their steps went."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sluice_core.api.meta import Condition
from sluice_core.api.run import RunTrigger
from sluice_core.api.run_status import Progress, StepError, StepPhase, StepStatus
from sluice_gateway.schemas.form import Answer

RunState = Literal["pending", "running", "retrying", "succeeded", "failed", "cancelled"]


class RunError(BaseModel):
    """Why a run did not succeed."""

    reason: str = Field(description="One CamelCase word.")
    message: str


class RunSummary(Answer):
    """A run in a list."""

    execution_id: str = Field(description="Name of the WorkflowRun.")
    workflow_id: str = Field(description="Name of the Workflow.")
    namespace: str
    status: RunState
    trigger: RunTrigger
    created_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    duration_ms: int | None = None
    revision: int | None = None
    attempt: int | None = None
    progress: Progress | None = None
    error: RunError | None = None
    url: str


class RunDetail(RunSummary):
    """A run by itself."""

    inputs: dict[str, Any]
    cancel_requested: bool
    runner: str | None = None
    steps: list[StepStatus] = []
    failed_entities: list[str] = []
    conditions: list[Condition] = []
    output: Any = None
    truncated: bool = False


class StepChange(Answer):
    """How far a step is."""

    name: str
    phase: StepPhase
    duration_ms: int | None = None
    port: str | None = None


class RunChange(RunSummary):
    """How far a run is: the data of an event `status` or `end`."""

    steps: list[StepChange]


class RunList(BaseModel):
    """A page of runs, the newest of the page first."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(description="How many runs this page has.")
    limit: int
    offset: int
    runs: list[RunSummary]
    following: str | None = Field(
        None, alias="continue", description="Give it as `continue` for the next page."
    )


class ClearedAnswer(Answer):
    """How many runs were cancelled, and whether there are more."""

    cancelled: int
    more: bool


class LogEntry(Answer):
    """How a step went."""

    id: str
    step_id: str
    status: str
    started_at: datetime | None
    completed_at: datetime | None
    duration_ms: int | None
    attempts: int | None = None
    port: str | None = None
    output: Any = None
    rendered_output: str | None = None
    action_result: Any = None
    truncated: bool = False
    error_message: str | None = None
    error: StepError | None = None


class LogAnswer(Answer):
    """How the steps of a run went."""

    execution_id: str
    count: int
    logs: list[LogEntry]
