"""Offline, the models refuse what the API server refuses, in the same words.

tests/integration/test_crd_rules.py tries the same rows on the API server.
"""

import pytest
from pydantic import ValidationError

from sluice_core import validation
from sluice_core.api.kind import API_VERSION
from sluice_core.api.meta import Resource
from sluice_core.api.rules import broken
from sluice_core.manifest import Manifest
from testkit.builders import a_workflow
from testkit.crd_rules import triggers
from testkit.crd_rules.row import Row
from testkit.crd_rules.rows import ROWS


def complaints(model: type[Resource], manifest: Manifest) -> list[str]:
    try:
        parsed = model.parse(manifest)
    except ValidationError as error:
        return [problem["msg"].removeprefix("Value error, ") for problem in error.errors()]
    return [message for _, message in broken(parsed)]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_rule(row: Row) -> None:
    refused, accepted = complaints(row.model, row.bad), complaints(row.model, row.good)

    assert row.says in refused
    assert accepted == []


def test_a_broken_rule_is_told_with_the_path_to_its_field() -> None:
    workflow = a_workflow(
        triggers=[{"name": "t", "webhook": {"auth": {"type": "GitHub"}}}],
        lifecycle={"policy": "AlwaysOn", "idleTimeoutMinutes": 5},
    )

    assert [path for path, _ in broken(workflow)] == [
        "spec.triggers[0].webhook.auth.secretKey",
        "spec.lifecycle.idleTimeoutMinutes",
    ]


def test_lint_tells_what_the_api_server_would_refuse() -> None:
    _, report = validation.read(triggers.ROWS["a trigger has no two kinds"].bad)

    assert [str(error) for error in report.errors] == [f"triggers[0]: {triggers.ONE_KIND}"]


def test_the_python_spelling_is_refused_as_the_api_server_refuses_it() -> None:
    manifest = {
        "apiVersion": API_VERSION,
        "kind": "Workflow",
        "metadata": {"name": "a"},
        "spec": {"entity_type": "order"},
    }

    [problem] = complaints(type(a_workflow()), manifest)

    assert problem == "Extra inputs are not permitted"


def test_words_and_fields_of_a_newer_release_do_not_break_the_reading_of_a_status() -> None:
    workflow = a_workflow(
        status={"deploymentStatus": "Hibernating", "novelty": 1, "health": {"weeks": []}}
    )

    assert str(workflow.status.deployment_status) == "Hibernating"
