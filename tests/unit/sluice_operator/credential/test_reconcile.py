"""What is told of a WorkflowCredential."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sluice_core.conditions import find
from sluice_operator.credential.reconcile import MOST_USERS, Observed, reconcile

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def a_manifest(**spec: Any) -> dict[str, Any]:
    given = {"type": "HttpBearer", "secretRef": {"name": "api-token"}, **spec}
    meta = {"name": "api", "namespace": "shop", "uid": "u", "generation": 3}
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "WorkflowCredential",
        "metadata": meta,
        "spec": given,
    }


def told(manifest: dict[str, Any], *users: str) -> dict[str, Any]:
    return reconcile(Observed(manifest=manifest, users=frozenset(users), now=NOON))


READY: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "sound": ({}, "True", "Valid", "HttpBearer, from Secret api-token"),
    "a rule that a newer CRD has": (
        {"type": "HttpApiKey"},
        "False",
        "Invalid",
        "spec.config: set config.header or config.query, the place that carries the key",
    ),
    "a field that this release does not know": (
        {"rotation": "daily"},
        "False",
        "Unreadable",
        "spec.rotation: Extra inputs are not permitted",
    ),
}


@pytest.mark.parametrize(("spec", "status", "reason", "message"), READY.values(), ids=READY)
def test_ready(spec: dict[str, Any], status: str, reason: str, message: str) -> None:
    made = told(a_manifest(**spec))

    ready = find(made["conditions"], "Ready")
    assert ready is not None
    assert (ready["status"], ready["reason"], made["observedGeneration"]) == (status, reason, 3)
    assert ready["message"].startswith(message)


def test_who_uses_it() -> None:
    made = told(a_manifest(), "weekly", "daily")

    in_use = find(made["conditions"], "InUse")
    assert in_use is not None
    assert made["usedBy"] == ["daily", "weekly"]
    assert (in_use["status"], in_use["message"]) == (
        "True",
        "2 workflows of this namespace name it",
    )


def test_nobody_uses_it() -> None:
    made = told(a_manifest())

    in_use = find(made["conditions"], "InUse")
    assert in_use is not None
    assert (in_use["status"], in_use["reason"], "usedBy" in made) == ("False", "Unused", False)


def test_more_users_than_the_status_holds_are_counted_all_the_same() -> None:
    made = told(a_manifest(), *(f"w{number}" for number in range(MOST_USERS + 5)))

    assert len(made["usedBy"]) == MOST_USERS
    assert "1005 workflows" in made["conditions"][1]["message"]


def test_told_once_it_is_told_in_the_same_words() -> None:
    first = told(a_manifest(), "daily")

    assert told(a_manifest() | {"status": first}, "daily") == first
