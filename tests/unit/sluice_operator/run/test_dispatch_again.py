"""Runs that go on: after a failure, and after another run."""

from datetime import timedelta
from typing import Any

from sluice_core import wire
from sluice_core.api.steps import RunRetry
from sluice_operator.run.observed import Name
from sluice_runner.server.attempt import Attempt
from testkit.dispatching import FLOW, NOON, Cluster, Worker, a_flow, a_manifest, a_version
from testkit.eventually import until
from testkit.runner_server import DEFINITION_HASH, NOW


class Failing:
    """Two steps; the second one fails in the first `failures` attempts."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.requests: list[wire.RunRequest] = []

    async def __call__(self, attempt: Attempt[bytes]) -> None:
        self.requests.append(attempt.request)
        if not attempt.request.finished:
            attempt.emit(_ended("a", "Succeeded"))
        if len(self.requests) <= self.failures:
            attempt.emit(_ended("b", "Failed"))
            attempt.emit(wire.Finished(phase="Failed", reason="StepFailed", message="b: no"))
        else:
            attempt.emit(_ended("b", "Succeeded"))
            attempt.emit(wire.Finished(phase="Succeeded", reason="Succeeded"))


def _ended(step: str, phase: Any) -> wire.StepFinished:
    port = "output" if phase == "Succeeded" else None
    error = None if port else wire.StepError(reason="No", message="no")
    return wire.StepFinished(
        step=step, phase=phase, started=NOW, duration_ms=1, port=port, output=step, error=error
    )


def retried(limit: int = 2, backoff: int = 10) -> dict[str, Any]:
    rule = RunRetry(limit=limit, backoff_seconds=backoff)
    return {"current": a_version(retry=rule, timeout_seconds=10**9)}


async def test_a_failed_run_goes_on_without_its_finished_steps(cluster: Cluster) -> None:
    worker = Failing(2)
    await cluster.start("pod-1", worker)
    cluster.world.flow = a_flow(**retried())

    async with cluster.world.leader(a_manifest()):
        await cluster.world.until_over("run-1")
        await cluster.world.until_forgotten("pod-1")

    made = cluster.world.status("run-1")
    assert [request.attempt for request in worker.requests] == [1, 2, 3]
    assert [[step.name for step in one.finished] for one in worker.requests] == [[], ["a"], ["a"]]
    assert cluster.world.phases("run-1") == ["Retrying", "Retrying", "Succeeded"]
    assert (made["attempt"], made["retries"]) == (3, 2)


async def test_after_the_last_attempt_the_failure_stays(cluster: Cluster) -> None:
    worker = Failing(9)
    await cluster.start("pod-1", worker)
    cluster.world.flow = a_flow(**retried(limit=1))

    async with cluster.world.leader(a_manifest()):
        await cluster.world.until_over("run-1")

    assert (len(worker.requests), cluster.world.over) == (2, [("run-1", "Failed")])
    assert cluster.world.reason("run-1") == "StepFailed"


async def test_all_attempts_have_the_deadline_of_the_first_start(cluster: Cluster) -> None:
    worker = Failing(2)
    await cluster.start("pod-1", worker)
    cluster.world.flow = a_flow(**retried())

    async with cluster.world.leader(a_manifest()):
        await cluster.world.until_over("run-1")

    first, second, third = (request.deadline for request in worker.requests)
    assert first is None
    assert second == third
    assert second is not None


async def test_until_its_time_has_come_it_shows_when_and_why(cluster: Cluster) -> None:
    worker = Failing(1)
    await cluster.start("pod-1", worker)
    cluster.world.flow, cluster.world.jitter = a_flow(**retried()), 1.0

    async with cluster.world.leader(a_manifest()):
        await until(lambda: "Retrying" in cluster.world.phases("run-1"), "Retrying")

    made = cluster.world.status("run-1")
    assert made["nextAttemptTime"] == "2026-01-31T12:00:10.000Z"
    assert cluster.world.reason("run-1") == "StepFailed"
    assert len(worker.requests) == 1


async def test_a_new_leader_waits_for_the_same_time_and_counts_no_failure_twice(
    cluster: Cluster,
) -> None:
    worker = Failing(1)
    await cluster.start("pod-1", worker)
    cluster.world.flow, cluster.world.jitter = a_flow(**retried(limit=1)), 1.0
    async with cluster.world.leader(a_manifest()):
        await until(lambda: "Retrying" in cluster.world.phases("run-1"), "Retrying")
    shown = cluster.world.status("run-1")

    cluster.world.clock = NOON + timedelta(seconds=9.9)
    async with cluster.world.leader(a_manifest(status=shown), epoch=2) as dispatcher:
        dispatcher.flow_changed(FLOW)
        early = len(worker.requests)
        cluster.world.clock = NOON + timedelta(seconds=10)
        await cluster.world.until_over("run-1")

    assert early == 1
    assert [step.name for step in worker.requests[1].finished] == ["a"]
    assert cluster.world.status("run-1")["retries"] == 1
    assert cluster.world.over == [("run-1", "Succeeded")]


async def test_it_is_cancelled_between_two_attempts(cluster: Cluster) -> None:
    await cluster.start("pod-1", Failing(1))
    cluster.world.flow, cluster.world.jitter = a_flow(**retried()), 1.0

    async with cluster.world.leader(a_manifest()) as dispatcher:
        await until(lambda: "Retrying" in cluster.world.phases("run-1"), "Retrying")
        dispatcher.run_found(a_manifest(cancel=True, status=cluster.world.status("run-1")))
        await cluster.world.until_over("run-1")

    assert cluster.world.over == [("run-1", "Cancelled")]


async def test_a_run_resumes_another_one_without_its_finished_steps(cluster: Cluster) -> None:
    worker = Worker("a", "b")
    await cluster.start("pod-1", worker)
    earlier = a_manifest("earlier", inputs={"day": 1})
    step = {"name": "a", "phase": "Succeeded", "port": "output", "output": "of a"}
    earlier["status"] = {
        "phase": "Failed",
        "definitionHash": DEFINITION_HASH,
        "revision": 3,
        "startTime": "2026-01-31T10:00:00Z",
        "steps": [step | {"startTime": "2026-01-31T10:00:00Z"}],
    }
    cluster.world.objects.runs[Name("shop", "earlier")] = earlier

    async with cluster.world.leader(a_manifest(resumeFrom="earlier")):
        await cluster.world.until_over("run-1")

    made = cluster.world.status("run-1")
    assert worker.begun == [("run-1", 1, "b")]
    assert [(one["name"], one["phase"]) for one in made["steps"]] == [
        ("a", "Succeeded"),
        ("b", "Succeeded"),
    ]


async def test_a_definition_of_its_own_has_its_own_digest(cluster: Cluster) -> None:
    worker = Failing(0)
    await cluster.start("pod-1", worker)
    base = b'{"steps":[{"action":"log","name":"a","with":{"message":"x"}}]}'
    cluster.world.flow = a_flow(current=a_version(raw=base))
    step = {"name": "mine", "action": "log", "with": {"message": "y"}}

    async with cluster.world.leader(a_manifest(definition={"steps": [step]})):
        await cluster.world.until_over("run-1")

    made = cluster.world.status("run-1")
    assert made["definitionHash"] == worker.requests[0].definition != DEFINITION_HASH
    assert made["revision"] == 3
