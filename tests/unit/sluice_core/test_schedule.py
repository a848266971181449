"""Which cron expressions can be meant, and where a wrong one is told."""

import pytest

from sluice_core import schedule, validation
from sluice_core.api.workflow import WorkflowSpec

MEANT = {
    "every minute": "* * * * *",
    "on working days": "0 9 * * 1-5",
    "with names": "0 0 1 jan,jul sun",
    "in steps": "*/15 8-18 * * *",
    "on the day that leap years have": "0 0 29 2 *",
}
WRONG = {
    "a minute that no hour has": "61 * * * *",
    "an hour that no day has": "0 24 * * *",
    "a word that is no day": "0 0 * * someday",
    "a step of nothing": "*/0 * * * *",
    "a day that never comes": "0 0 31 2 *",
}


@pytest.mark.parametrize("cron", MEANT.values(), ids=MEANT)
def test_what_has_times_is_right(cron: str) -> None:
    assert schedule.problem(cron) == ""


@pytest.mark.parametrize("cron", WRONG.values(), ids=WRONG)
def test_what_has_none_is_told(cron: str) -> None:
    assert schedule.problem(cron)


def test_a_wrong_one_makes_the_workflow_invalid_and_is_named_by_its_place() -> None:
    given = {
        "steps": [{"name": "a", "action": "log", "with": {"message": "x"}}],
        "triggers": [
            {"name": "nightly", "schedule": {"crons": ["0 9 * * *", "61 * * * *"]}},
            {"name": "hourly", "schedule": {"cron": "0 * * * *"}},
        ],
    }

    found = validation.check(WorkflowSpec.model_validate(given)).errors

    [finding] = found
    assert (finding.type, finding.path) == ("InvalidValue", "triggers[0].schedule.crons[1]")
    assert "61" in finding.message
