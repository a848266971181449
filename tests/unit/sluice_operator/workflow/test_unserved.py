"""What is asked for and not done is told."""

from typing import Any

import pytest

from sluice_core.api.workflow import WorkflowSpec
from sluice_operator.workflow import unserved

STEP = {"name": "a", "action": "log", "with": {"message": "x"}}
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "notifications": (
        {"notifications": [{"url": "https://x.example", "events": ["workflows.run.failed"]}]},
        "notifications are not sent: the chart value courier.enabled is false",
    ),
}


@pytest.mark.parametrize(("spec", "message"), CASES.values(), ids=CASES)
def test_each_is_named(spec: dict[str, Any], message: str) -> None:
    told = list(
        unserved.warnings(WorkflowSpec.model_validate({"steps": [STEP], **spec}), couriers=False)
    )

    assert [one["message"] for one in told] == [message]


def test_what_is_served_is_not_warned_of() -> None:
    triggers = [{"name": "nightly", "schedule": {"cron": "0 9 * * *"}}]
    told = CASES["notifications"][0]
    spec = WorkflowSpec.model_validate({"steps": [STEP], "triggers": triggers, **told})

    assert list(unserved.warnings(spec, couriers=True)) == []
