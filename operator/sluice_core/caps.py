"""Numbers of a plan that something is beyond: one rule for the operator and the gateway."""

from collections.abc import Iterator
from dataclasses import dataclass

from sluice_core.api.plan import PlanSpec
from sluice_core.api.workflow import WorkflowSpec


@dataclass(frozen=True)
class Excess:
    """`used` is beyond `limit`, which the plan calls `field`; `path` leads into the definition."""

    field: str
    limit: int
    used: int
    message: str
    path: str = ""

    def __str__(self) -> str:
        return self.message


def workflows(limits: PlanSpec, plan: str, older: int) -> Excess | None:
    """Whether there is no room for a workflow when so many others are older."""
    return _no_room("maxWorkflows", limits.max_workflows, plan, older)


def credentials(limits: PlanSpec, plan: str, older: int) -> Excess | None:
    """Whether there is no room for a credential when so many others are older."""
    return _no_room("maxCredentials", limits.max_credentials, plan, older)


def of_workflow(spec: WorkflowSpec, limits: PlanSpec, plan: str) -> Iterator[Excess]:
    """Each place that asks for too much."""
    yield from _retries(spec, limits, plan)
    yield from _steps(spec, limits, plan)


def grown(
    before: WorkflowSpec | None, after: WorkflowSpec, limits: PlanSpec, plan: str
) -> list[Excess]:
    """What a change makes worse: a workflow that was beyond a smaller plan may still be mended."""
    had = _most(before, limits, plan) if before else {}
    beyond = of_workflow(after, limits, plan)
    return [one for one in beyond if one.used > had.get(one.field, one.limit)]


def _no_room(field: str, most: int | None, plan: str, older: int) -> Excess | None:
    if most is None or older < most:
        return None
    told = f"{field} of the plan {plan} is {most}, and {older} are older than this one"
    return Excess(field, most, older, told)


def _steps(spec: WorkflowSpec, limits: PlanSpec, plan: str) -> Iterator[Excess]:
    most, used = limits.max_steps_per_workflow, len(spec.steps)
    if most is not None and used > most:
        told = f"{used} steps: the plan {plan} permits {most} a workflow"
        yield Excess("maxStepsPerWorkflow", most, used, told, "spec.steps")


def _retries(spec: WorkflowSpec, limits: PlanSpec, plan: str) -> Iterator[Excess]:
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
            told = f"{place} is {number}: maxRetries of the plan {plan} is {most}"
            yield Excess("maxRetries", most, number, told, f"spec.{place}")


def _most(spec: WorkflowSpec, limits: PlanSpec, plan: str) -> dict[str, int]:
    most: dict[str, int] = {}
    for one in of_workflow(spec, limits, plan):
        most[one.field] = max(one.used, most.get(one.field, 0))
    return most
