"""Which changes of a status are told as Events."""

from typing import Any

import pytest

from sluice_core import conditions
from sluice_operator import kube_events
from sluice_operator.workflow import events
from testkit.seen import NOON


def a_status(deployment: str, **shown: tuple[bool, str]) -> dict[str, Any]:
    made = [conditions.condition(kind, *one, f"{kind} is so") for kind, one in shown.items()]
    return {"deploymentStatus": deployment, "conditions": made}


UP = a_status("Running", Ready=(True, "Running"), Active=(True, "AlwaysOn"))
ASLEEP = a_status("Stopped", Ready=(True, "Asleep"), Active=(False, "Idle"))
WAKING = a_status("Starting", Ready=(True, "Waking"), Active=(False, "IdleShutdown"))
BROKEN = a_status("Failed", Ready=(False, "RunnerFailed"), Active=(False, "RunnerFailed"))
WRONG = a_status("NotDeployed", Valid=(False, "InvalidGraph"), Ready=(False, "Invalid"))

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing changed": (UP, UP, []),
    "it fell asleep": (UP, ASLEEP, ["Normal Stopped: Active is so"]),
    "it wakes": (ASLEEP, WAKING, ["Normal Starting: Active is so"]),
    "it is up": (WAKING, UP, ["Normal Running: Active is so"]),
    "it cannot start": (WAKING, BROKEN, ["Warning RunnerFailed: Ready is so"]),
    "it still cannot": (BROKEN, BROKEN, []),
    "made, and wrong": ({}, WRONG, ["Warning InvalidGraph: Valid is so"]),
}


@pytest.mark.parametrize(("before", "after", "wanted"), CASES.values(), ids=CASES)
def test_of(before: dict[str, Any], after: dict[str, Any], wanted: list[str]) -> None:
    told = [f"{one.kind} {one.reason}: {one.note}" for one in events.of(before, after)]

    assert told == wanted


def test_a_note_is_cut_where_the_api_server_would_refuse_it() -> None:
    about = kube_events.of_workflow({"name": "etl", "namespace": "shop", "uid": "u"})
    event = kube_events.Event("Normal", "Running", "ä" * 1000)

    made = kube_events.make(event, about, "pod", NOON)

    assert made["note"] == "ä" * 512
    assert made["eventTime"] == "2026-01-31T12:00:00.000000Z"
    assert made["regarding"]["uid"] == "u"
