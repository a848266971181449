"""Who sees a workflow, and how its runs went."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sluice_gateway.schemas.form import Answer, Form


class ShareForm(Form):
    """A user's name, as the cluster knows it."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    user_id: str = Field(min_length=1, max_length=253)


class Shared(Answer):
    """A user with whom it is shared; since when is known to the last change of the workflow."""

    user_id: str
    shared_at: datetime | None


class ShareList(Answer):
    """Who sees the workflow besides those whom its visibility lets."""

    workflow_id: str
    shared_with: list[Shared]


class ShareAnswer(Answer):
    """A user with whom it is shared now."""

    message: str
    workflow_id: str
    user_id: str


class HealthAnswer(BaseModel):
    """How the runs went."""

    model_config = ConfigDict(extra="forbid")

    workflowId: str  # noqa: N815 - 24h is not what an alias generator would make
    totalRuns24h: int  # noqa: N815
    successRuns24h: int  # noqa: N815
    failedRuns24h: int  # noqa: N815
    totalRuns7d: int  # noqa: N815
    successRuns7d: int  # noqa: N815
    failedRuns7d: int  # noqa: N815
    totalRuns30d: int  # noqa: N815
    successRuns30d: int  # noqa: N815
    failedRuns30d: int  # noqa: N815
    successRatePercent: float | None  # noqa: N815
    averageDurationMs: int | None  # noqa: N815
    lastRunOn: datetime | None  # noqa: N815
    lastError: str | None  # noqa: N815
