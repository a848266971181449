"""docs/engine.md says what the code does."""

import re
from pathlib import Path
from typing import get_args

import yaml

from sluice_core import validation
from sluice_core.finding import FindingType
from sluice_core.validation.check import WARNINGS

GUIDE = (Path(__file__).parents[3] / "docs" / "engine.md").read_text()


def test_its_workflows_have_no_errors() -> None:
    found = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)

    reports = [validation.read(yaml.safe_load(text))[1] for text in found]

    assert len(reports) == 3
    assert [error for report in reports for error in report.errors] == []


def test_its_table_of_findings_is_complete() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (error|warning) \|", GUIDE, re.MULTILINE))

    assert set(rows) == set(get_args(FindingType))
    assert {name for name, severity in rows.items() if severity == "warning"} == WARNINGS
