"""What runs have to say as Kubernetes Events: once, and not too often."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from sluice_core import conditions, wire
from sluice_kube import errors
from sluice_kube.resources import Manifest, Resource
from sluice_operator.notices import MOST, Asked, Failures
from sluice_operator.run.observed import read
from sluice_operator.run.replies import Declined
from testkit.dispatching import NOON, a_manifest

RUN = read(a_manifest())


@dataclass
class Cluster:
    """Keeps Events by name as the API server does, and a clock."""

    now: datetime = NOON
    made: list[Manifest] = field(default_factory=list)
    refusal: errors.ApiError | None = None
    working: list[Awaitable[None]] = field(default_factory=list)

    async def create(self, _: Resource, manifest: Manifest) -> Manifest:
        if self.refusal is not None:
            raise self.refusal
        name = manifest["metadata"].get("name")
        if name and name in [one["metadata"].get("name") for one in self.made]:
            raise errors.AlreadyExists(409, "AlreadyExists", "it is there")
        self.made.append(manifest)
        return manifest

    def clock(self) -> datetime:
        return self.now

    @property
    def told(self) -> list[str]:
        return [f"{one['type']} {one['reason']}: {one['note']}" for one in self.made]


def a_request(key: str = "k", **body: Any) -> wire.Request:
    given = {"title": "Import failed", "message": "no date", "level": "warning", "key": key}
    return wire.Request(request="1", step="tell", kind="Notify", body=given | body)


async def test_a_step_has_one_event_for_each_key_whoever_leads() -> None:
    cluster = Cluster()

    for _leader in range(2):
        await Asked(cluster, "pod", cluster.clock).serve(RUN, a_request())
    await Asked(cluster, "pod", cluster.clock).serve(RUN, a_request("other", level="info"))

    assert cluster.told == [
        "Warning Notification: step tell: Import failed: no date",
        "Normal Notification: step tell: Import failed: no date",
    ]
    assert cluster.made[0]["regarding"]["kind"] == "WorkflowRun"
    assert cluster.made[0]["regarding"]["uid"] == RUN.uid


async def test_steps_of_a_workflow_have_so_many_a_minute() -> None:
    cluster = Cluster()
    asked = Asked(cluster, "pod", cluster.clock)
    for number in range(MOST):
        await asked.serve(RUN, a_request(str(number)))

    with pytest.raises(Declined) as declined:
        await asked.serve(RUN, a_request("more"))
    cluster.now += timedelta(minutes=1)
    await asked.serve(RUN, a_request("more"))

    assert (declined.value.reason, declined.value.failure) == ("EventLimit", "RateLimited")
    assert len(cluster.made) == MOST + 1


REFUSALS = {
    "the API server is away": (errors.Unavailable(503, "Unavailable", "later"), "Transient"),
    "the namespace is full": (errors.Forbidden(403, "Forbidden", "quota"), "Permanent"),
}


@pytest.mark.parametrize(("refusal", "failure"), REFUSALS.values(), ids=REFUSALS)
async def test_an_event_that_is_not_made_fails_the_step(
    refusal: errors.ApiError, failure: str
) -> None:
    cluster = Cluster(refusal=refusal)

    with pytest.raises(Declined) as declined:
        await Asked(cluster, "pod", cluster.clock).serve(RUN, a_request())

    assert declined.value.failure == failure


def failed(reason: str = "StepFailed", phase: str = "Failed") -> dict[str, Any]:
    shown = conditions.condition("Succeeded", phase == "Succeeded", reason, "step load: refused")
    return {"phase": phase, "conditions": [shown]}


async def test_failures_within_a_minute_are_told_together_and_successes_never() -> None:
    cluster = Cluster()
    failures = Failures(cluster, "pod", cluster.clock, cluster.working.append)

    failures.ended(RUN, "workflow-uid", failed(phase="Succeeded"))
    for _ in range(4):
        failures.ended(RUN, "workflow-uid", failed())
    for _minute in range(3):
        cluster.now += timedelta(minutes=1)
        failures.look()
    failures.ended(RUN, "workflow-uid", failed())
    await asyncio.gather(*cluster.working)

    assert cluster.told == [
        "Warning RunFailed: run run-1: StepFailed: step load: refused",
        (
            "Warning RunFailed: 3 runs failed within a minute, the last one: "
            "run run-1: StepFailed: step load: refused"
        ),
        "Warning RunFailed: run run-1: StepFailed: step load: refused",
    ]
    assert {one["regarding"]["kind"] for one in cluster.made} == {"Workflow"}
