"""Numbers of a plan that a workflow is beyond: the oldest objects keep working, others do not."""

from collections.abc import Iterator

from sluice_core.api.plan import PlanSpec
from sluice_core.api.workflow import WorkflowSpec
from sluice_operator.workflow.observed import Observed


def refusals(seen: Observed) -> Iterator[str]:
    """Each with the limit and what is used of it."""
    if seen.plan is not None and seen.plan.spec is not None:
        limits, name = seen.plan.spec, seen.plan.name
        yield from _workflows(seen, limits, name)
        yield from _credentials(seen, limits, name)
        yield from _retries(seen.workflow.spec, limits, name)


def _workflows(seen: Observed, limits: PlanSpec, plan: str) -> Iterator[str]:
    most = limits.max_workflows
    if most is not None and seen.place >= most:
        yield f"maxWorkflows of the plan {plan} is {most}, and {seen.place} are older than this one"


def _credentials(seen: Observed, limits: PlanSpec, plan: str) -> Iterator[str]:
    most = limits.max_credentials
    if most is None:
        return
    for name in sorted({step.credential for step in seen.workflow.spec.steps if step.credential}):
        older = seen.older.get(name, 0)
        if older >= most:
            yield (
                f"credential {name}: maxCredentials of the plan {plan} is {most}, and {older} are "
                "older than this one"
            )


def _retries(spec: WorkflowSpec, limits: PlanSpec, plan: str) -> Iterator[str]:
    most = limits.max_retries
    if most is None:
        return
    wanted = {"settings.retry.limit": spec.settings.retry.limit}
    wanted |= {
        f"steps[{index}].retry.limit": step.retry.limit
        for index, step in enumerate(spec.steps)
        if step.retry is not None
    }
    for place, number in wanted.items():
        if number > most:
            yield f"{place} is {number}: maxRetries of the plan {plan} is {most}"
