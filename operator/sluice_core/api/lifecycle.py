"""When a workflow's runner is up, and what its pods look like."""

import re
from typing import Annotated, Literal

from pydantic import Field

from sluice_core.api.bounds import ObjectName, Quantity, TimeZone
from sluice_core.api.kind import A_SET, KEYED_BY_NAME, NULLABLE
from sluice_core.api.meta import Spec
from sluice_core.api.rules import Form, Rule

LifecyclePolicy = Literal["AlwaysOn", "IdleShutdown", "OnDemand", "ScheduledWindow"]
Outside = Literal["Queue", "Reject"]
RunnerMode = Literal["Deployment", "Job"]

IDLE_MINUTES = 30

Weekday = Annotated[int, Field(ge=0, le=6)]
TimeOfDay = Annotated[
    str,
    Field(max_length=5),
    Form(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", "write the time of day as HH:MM, from 00:00 to 23:59"),
]


class OpenHours(Spec):
    """Hours of some days of the week."""

    days: tuple[Weekday, ...] = Field(
        min_length=1,
        max_length=7,
        json_schema_extra=A_SET,
        description="Days on which it opens; 0 is Sunday.",
    )
    start_time: TimeOfDay = Field(description="When it opens, HH:MM.")
    end_time: TimeOfDay = Field(
        description="When it closes, HH:MM; at or before startTime is on the next day."
    )


class Window(Spec):
    """When the runner is up, by the clock."""

    time_zone: TimeZone = Field("UTC", description="Zone of the times.")
    windows: tuple[OpenHours, ...] = Field(
        min_length=1, max_length=50, description="Open hours, of which no two overlap."
    )
    outside: Outside = Field(
        "Queue", description="Whether runs wait for the window or are refused outside it."
    )


class Lifecycle(Spec):
    """When the runner is up."""

    rules = (
        Rule(
            cel=(
                "!has(self.idleTimeoutMinutes) || !has(self.policy)"
                " || self.policy == 'IdleShutdown'"
            ),
            message="idleTimeoutMinutes is for policy IdleShutdown, remove it",
            holds=lambda it: it.idle_timeout_minutes is None or it.policy == "IdleShutdown",
            field_path=".idleTimeoutMinutes",
        ),
        Rule(
            cel=("has(self.window) == (has(self.policy) && self.policy == 'ScheduledWindow')"),
            message="policy ScheduledWindow needs window, and other policies have none",
            holds=lambda it: (it.window is not None) == (it.policy == "ScheduledWindow"),
            field_path=".window",
        ),
    )

    policy: LifecyclePolicy = Field("IdleShutdown", description="When the runner is up.")
    idle_timeout_minutes: int | None = Field(
        None,
        ge=5,
        le=1440,
        description="IdleShutdown: minutes without a run until the runner stops; 30 when absent.",
    )
    window: Window | None = Field(None, description="ScheduledWindow: when the runner is up.")

    @property
    def idle_minutes(self) -> int:
        """Minutes without a run until an IdleShutdown runner stops."""
        return self.idle_timeout_minutes or IDLE_MINUTES


class Resources(Spec):
    """What the runner's container asks for and may use."""

    requests: dict[str, Quantity] = Field(
        default_factory=dict, max_length=16, description="What the scheduler sets aside."
    )
    limits: dict[str, Quantity] = Field(
        default_factory=dict, max_length=16, description="What the container may not exceed."
    )


TolerationOperator = Literal["Exists", "Equal"]
TaintEffect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class Toleration(Spec):
    """A core/v1 Toleration."""

    key: str | None = Field(None, max_length=317, description="Key of the taint; all when absent.")
    operator: TolerationOperator | None = Field(
        None, description="How the value is compared; Equal when absent."
    )
    value: str | None = Field(None, max_length=63, description="Value of the taint.")
    effect: TaintEffect | None = Field(None, description="Effect of the taint; all when absent.")
    toleration_seconds: int | None = Field(
        None,
        ge=0,
        le=31536000,
        description="How long NoExecute is tolerated; for ever when absent.",
    )


# What changes how the runner's own process loads code, trusts certificates or finds its way out.
_REFUSED = re.compile(r"(?i)^(ld_|python|ssl_|sluice_)|_proxy$")
EnvName = Annotated[
    str,
    Field(max_length=128),
    Form(
        r"^[A-Za-z_][A-Za-z0-9_]*$",
        "begin with a letter or underscore, then use letters, digits and underscores",
    ),
]


class EnvVar(Spec):
    """An environment variable with a literal value."""

    rules = (
        Rule(
            cel=f"!self.name.matches('{_REFUSED.pattern}')",
            message="LD_*, PYTHON*, SSL_*, SLUICE_* and *_PROXY cannot be set here",
            holds=lambda it: _REFUSED.search(it.name) is None,
            field_path=".name",
        ),
    )

    name: EnvName = Field(description="Name of the variable.")
    value: str = Field("", max_length=4096, description="Its value; never a secret.")


class Runner(Spec):
    """The pods that run the workflow. What the plan does not list is refused."""

    mode: RunnerMode = Field(
        "Deployment", description="Warm pods that share the runs, or a Job for each run."
    )
    max_replicas: int | None = Field(
        None,
        ge=1,
        le=100,
        description="Waiting runs scale the runner up to this; spec.replicas when absent. "
        "With mode Job, how many runs have a pod at a time; all when absent.",
    )
    concurrency: int = Field(10, ge=1, le=100, description="Runs that a pod works on at a time.")
    image: str | None = Field(
        None,
        min_length=1,
        max_length=500,
        json_schema_extra=NULLABLE,
        description="Image; that of the chart when absent or null.",
    )
    resources: Resources | None = Field(
        None, description="What the container asks for and may use."
    )
    node_selector: dict[str, Annotated[str, Field(max_length=63)]] = Field(
        default_factory=dict, max_length=32, description="Labels of the nodes to run on."
    )
    tolerations: tuple[Toleration, ...] = Field(
        (), max_length=32, description="Taints of nodes that are tolerated."
    )
    env: tuple[EnvVar, ...] = Field(
        (),
        max_length=64,
        json_schema_extra=KEYED_BY_NAME,
        description="Environment variables with literal values.",
    )
    labels: dict[str, Annotated[str, Field(max_length=63)]] = Field(
        default_factory=dict, max_length=32, description="Labels of the pods."
    )
    annotations: dict[str, Annotated[str, Field(max_length=4096)]] = Field(
        default_factory=dict, max_length=32, description="Annotations of the pods."
    )
    service_account_name: ObjectName | None = Field(
        None, description="ServiceAccount of the pods; one of the workflow's own when absent."
    )
