"""Runs: in a list, by themselves, and how their steps went."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sluice_gateway.schemas.form import Answer

RunState = Literal["pending", "running", "retrying", "succeeded", "failed", "cancelled"]

Phase = Literal["Pending", "Running", "Retrying", "Succeeded", "Failed", "Cancelled"]


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
    trigger: dict[str, Any]
    created_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    duration_ms: int | None = None
    revision: int | None = None
    attempt: int | None = None
    progress: dict[str, int] | None = None
    error: RunError | None = None
    url: str


class RunDetail(RunSummary):
    """A run by itself."""

    inputs: dict[str, Any]
    cancel_requested: bool
    runner: str | None = None
    steps: list[dict[str, Any]] = []
    failed_entities: list[str] = []
    conditions: list[dict[str, Any]] = []
    output: Any = None
    truncated: bool = False


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
    error: dict[str, Any] | None = None


class LogAnswer(Answer):
    """How the steps of a run went."""

    execution_id: str
    count: int
    logs: list[LogEntry]
