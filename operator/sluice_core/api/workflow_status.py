"""What the operator reports about a Workflow."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from sluice_core.api.kind import KEYED_BY_TYPE
from sluice_core.api.meta import Condition, OrNewer, Status

DeploymentStatus = Literal["NotDeployed", "Starting", "Running", "Stopping", "Stopped", "Failed"]
StoppedReason = Literal["Idle", "Manual", "OutsideWindow", "Suspended", "OnDemand"]


class TriggerTimes(Status):
    """When a trigger last set a run off, and when it will next."""

    name: str = Field(max_length=63, description="Name of the trigger.")
    last_time: datetime | None = Field(None, description="When it last set a run off.")
    next_time: datetime | None = Field(
        None,
        description="The first time of a schedule that is not done with; in the past while it waits"
        " to be made up for.",
    )
    watermark: str | None = Field(
        None,
        max_length=64,
        description="The resourceVersion up to which changes of objects have set runs off.",
    )
    watermark_time: datetime | None = Field(
        None, description="Objects created before it have been Added already."
    )


class DefinitionWarning(Status):
    """Something about the definition that is allowed and probably not meant."""

    type: str = Field(max_length=63, description="What is odd, as one CamelCase word.")
    step: str | None = Field(None, max_length=63, description="Name of the step that it is about.")
    message: str = Field(max_length=1024, description="What is odd, for people.")


class Bucket(Status):
    """The runs that ended within an hour or a day."""

    start: datetime = Field(description="Beginning of the hour or day, UTC.")
    total: int = Field(0, ge=0, description="Runs that ended.")
    failed: int = Field(0, ge=0, description="Runs of these that failed.")
    cancelled: int = Field(0, ge=0, description="Runs of these that were cancelled.")
    seconds: float = Field(0, ge=0, description="Sum of their durations.")


class Health(Status):
    """Counts of ended runs, which outlive the runs."""

    up_to: datetime | None = Field(None, description="Runs that ended until then are counted.")
    hours: tuple[Bucket, ...] = Field((), max_length=24, description="The last 24 hours.")
    days: tuple[Bucket, ...] = Field((), max_length=30, description="The last 30 days.")
    last_run_time: datetime | None = Field(None, description="When the last run ended.")
    last_error: str | None = Field(None, max_length=1024, description="Why the last one failed.")


class WorkflowStatus(Status):
    """What the operator found and did."""

    observed_generation: int = Field(
        0, ge=0, description="The generation of the spec that this was decided for."
    )
    version: int | None = Field(
        None, ge=1, description="Number of the current version; numbers are never used again."
    )
    conditions: tuple[Condition, ...] = Field(
        (),
        max_length=16,
        json_schema_extra=KEYED_BY_TYPE,
        description="Valid, Ready, Active and, where there are such, Credentials and Triggers (of"
        " objects), with reasons.",
    )
    deployment_status: Annotated[DeploymentStatus, OrNewer] | None = Field(
        None, description="How far the runner is up."
    )
    stopped_reason: Annotated[StoppedReason, OrNewer] | None = Field(
        None, description="Why the runner is down."
    )
    next_transition_time: datetime | None = Field(
        None, description="When the policy will next start or stop the runner."
    )
    next_run_time: datetime | None = Field(
        None, description="The earliest nextTime of the triggers."
    )
    replicas: int = Field(0, ge=0, description="Pods of the runner.")
    selector: str | None = Field(None, max_length=512, description="Label selector of these pods.")
    url: str | None = Field(
        None, max_length=2048, description="Where to trigger it in the cluster."
    )
    triggers: tuple[TriggerTimes, ...] = Field(
        (), max_length=50, description="When triggers set runs off."
    )
    warnings: tuple[DefinitionWarning, ...] = Field(
        (), max_length=200, description="What is allowed and probably not meant."
    )
    scopes: tuple[Annotated[str, Field(max_length=320)], ...] = Field(
        (), max_length=500, description="What the workflow may use: credentials and hosts."
    )
    health: Health = Field(Health(), description="Counts of ended runs.")
