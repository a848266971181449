"""What of the decisions about workflows their runs depend on."""

from collections.abc import Mapping
from dataclasses import dataclass

from sluice_core import rates
from sluice_core.admission import Standing
from sluice_core.api.steps import RunRetry
from sluice_core.api.triggers import ConcurrencyPolicy
from sluice_core.api.workflow import Concurrency, WorkflowSpec
from sluice_core.conditions import find
from sluice_core.definition import Definition, digest
from sluice_core.mounts import Mount
from sluice_core.rates import Limit
from sluice_core.shared import shared
from sluice_operator.workflow import situation
from sluice_operator.workflow.credentials import TYPE
from sluice_operator.workflow.observed import Observed
from sluice_operator.workflow.reconcile import Desired


@dataclass(frozen=True, kw_only=True)
class Decided:
    """A workflow after it was looked at; `raw` is the definition of the current version."""

    uid: str
    standing: Standing
    version: int
    digest: str
    raw: bytes
    steps: int
    loss_limit: int
    timeout_seconds: int
    retry: RunRetry
    concurrency: Concurrency
    schedules: Mapping[str, ConcurrencyPolicy]
    rates: tuple[Limit, ...]
    invalid: str
    failure: str
    solo: bool
    most_pods: int | None
    credentials: frozenset[str]
    lacking: str
    mounted: Mapping[str, Mount | None] | None


def decided(seen: Observed, desired: Desired) -> Decided:
    """Take from a decision what dispatch needs."""
    spec, conditions = seen.workflow.spec, desired.status["conditions"]
    raw = Definition.of(spec, seen.actions.usable).encode()
    usable = find(conditions, TYPE)
    valid, ready = find(conditions, "Valid"), find(conditions, "Ready")
    invalid = valid["message"] if valid and valid["status"] == "False" else ""
    failed = ready is not None and ready["reason"] == "RunnerFailed"
    return Decided(
        uid=seen.workflow.metadata.uid,
        standing=situation.standing(seen.workflow),
        version=desired.status.get("version", 0),
        digest=digest(raw),
        raw=raw,
        steps=len(spec.steps),
        loss_limit=spec.settings.runner_loss_limit,
        timeout_seconds=spec.settings.timeout_seconds,
        retry=shared(spec.settings.retry),
        concurrency=shared(spec.concurrency),
        schedules=_schedules(spec),
        rates=rates.of_runs(seen.plan.spec if seen.plan else None),
        invalid=invalid,
        solo=spec.runner.mode == "Job" or spec.state == "Draft",
        most_pods=spec.runner.max_replicas,
        failure=ready["message"] if ready is not None and failed else "",
        credentials=shared(frozenset(step.credential for step in spec.steps if step.credential)),
        lacking=usable["message"] if usable and usable["status"] == "False" else "",
        mounted=desired.mounted,
    )


def _schedules(spec: WorkflowSpec) -> dict[str, ConcurrencyPolicy]:
    found = ((one.name, one.schedule) for one in spec.triggers if one.schedule is not None)
    return {
        name: schedule.concurrency_policy
        for name, schedule in found
        if schedule.concurrency_policy != "Allow"
    }
