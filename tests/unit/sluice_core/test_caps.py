"""Numbers of a plan that a workflow is beyond."""

import pytest

from sluice_core import caps
from sluice_core.api.plan import PlanSpec
from sluice_core.api.workflow import WorkflowSpec
from testkit.builders import a_step, a_workflow

LIMITS = PlanSpec(max_steps_per_workflow=2, max_retries=3)


def of(steps: int, retries: int = 0) -> WorkflowSpec:
    named = [a_step(f"s{number}") for number in range(steps)]
    return a_workflow(steps=named, settings={"retry": {"limit": retries}}).spec


CHANGES: dict[str, tuple[WorkflowSpec | None, WorkflowSpec, list[tuple[str, int, int]]]] = {
    "new and within": (None, of(2, 3), []),
    "new with a step too many": (None, of(3), [("maxStepsPerWorkflow", 2, 3)]),
    "new with retries too many": (None, of(1, 4), [("maxRetries", 3, 4)]),
    "one step more": (of(2), of(3), [("maxStepsPerWorkflow", 2, 3)]),
    "beyond a smaller plan, as it was": (of(4), of(4), []),
    "beyond a smaller plan, and mended a little": (of(4), of(3), []),
    "beyond a smaller plan, and one step more": (of(4), of(5), [("maxStepsPerWorkflow", 2, 5)]),
    "beyond in steps, now in retries too": (of(4), of(4, 4), [("maxRetries", 3, 4)]),
}


@pytest.mark.parametrize(("before", "after", "told"), CHANGES.values(), ids=CHANGES)
def test_what_a_change_makes_worse(
    before: WorkflowSpec | None, after: WorkflowSpec, told: list[tuple[str, int, int]]
) -> None:
    found = caps.grown(before, after, LIMITS, "free")

    assert [(one.field, one.limit, one.used) for one in found] == told


@pytest.mark.parametrize(("older", "beyond"), [(0, False), (1, False), (2, True), (3, True)])
def test_there_is_room_for_as_many_as_the_plan_says(older: int, beyond: bool) -> None:
    limits = PlanSpec(max_workflows=2, max_credentials=2)

    found = caps.workflows(limits, "free", older), caps.credentials(limits, "free", older)

    assert [one is not None for one in found] == [beyond] * 2


def test_what_the_plan_does_not_name_is_not_limited() -> None:
    assert caps.grown(None, of(50, 5), PlanSpec(), "free") == []
    assert caps.workflows(PlanSpec(), "free", 1000) is None
