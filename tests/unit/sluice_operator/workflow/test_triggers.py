"""What a Workflow says of the objects that its triggers name."""

from typing import Any

import pytest

from sluice_core import conditions
from sluice_operator.workflow.observed import Observed, Unwatched
from sluice_operator.workflow.reconcile import reconcile
from testkit.builders import a_workflow
from testkit.seen import observed

MAPS = {"name": "maps", "resource": {"apiVersion": "v1", "kind": "ConfigMap"}}
NOT_LISTED = Unwatched("KindNotListed", "triggers[0].resource: it is not listed")
FORBIDDEN = Unwatched("AccountForbidden", "triggers[1].resource: the account may not")
TOLD = {"conditions": [{"type": "Triggers", "status": "True", "reason": "Watching",
                        "message": "2 resource triggers",
                        "lastTransitionTime": "2026-01-31T10:00:00Z"}]}  # fmt: skip


def seen(*unwatched: Unwatched, triggers: list[Any] | None = None, **spec: Any) -> Observed:
    workflow = a_workflow(triggers=[MAPS] if triggers is None else triggers, **spec)
    return observed(workflow, unwatched=unwatched)


CASES: dict[str, tuple[Observed, tuple[str, str, str] | None]] = {
    "all are watched": (seen(), ("True", "Watching", "1 resource trigger")),
    "one is not": (seen(NOT_LISTED), ("False", "KindNotListed", NOT_LISTED.message)),
    "two are not": (
        seen(FORBIDDEN, NOT_LISTED),
        ("False", "AccountForbidden", f"{FORBIDDEN.message}; {NOT_LISTED.message}"),
    ),
    "there is none": (seen(triggers=[]), None),
    "it is disabled": (seen(triggers=[MAPS | {"enabled": False}]), None),
    "the workflow is paused": (seen(NOT_LISTED, state="Paused"), None),
    "the workflow is suspended": (seen(replicas=0), None),
    "nobody has asked": (observed(a_workflow(triggers=[MAPS])), None),
    "nobody has asked since a leader has told": (
        observed(a_workflow(triggers=[MAPS]), manifest={"status": TOLD}),
        ("True", "Watching", "2 resource triggers"),
    ),
}


@pytest.mark.parametrize(("given", "says"), CASES.values(), ids=CASES)
def test_the_condition(given: Observed, says: tuple[str, str, str] | None) -> None:
    shown = conditions.find(reconcile(given).status["conditions"], "Triggers")

    assert (shown and (shown["status"], shown["reason"], shown["message"])) == says


def test_other_triggers_work_nevertheless() -> None:
    status = reconcile(seen(NOT_LISTED)).status

    valid = conditions.find(status["conditions"], "Valid")
    assert valid is not None
    assert valid["status"] == "True"
