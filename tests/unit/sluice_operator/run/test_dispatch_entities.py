"""Entities over several attempts and leaders: those that ended well are not repeated."""

import asyncio
from datetime import timedelta

from sluice_core import wire
from sluice_core.api.steps import RunRetry
from sluice_runner.server.attempt import Attempt
from testkit.dispatching import NOON, Cluster, a_flow, a_manifest, a_version
from testkit.eventually import until

BAD = "o-7"
ENTITIES = [f"o-{number}" for number in range(20)]


class ByEntity:
    """Goes through the entities; one fails in the first attempt. `stuck` is where it stops."""

    def __init__(self, stuck: str | None = None) -> None:
        self.done: list[list[str]] = []
        self._stuck = stuck

    async def __call__(self, attempt: Attempt[bytes]) -> None:
        known = {one.entity for one in attempt.request.finished_entities}
        self.done.append([])
        for entity in attempt.request.entities:
            if entity in known:
                continue
            if entity == self._stuck and len(self.done) == 1:
                await asyncio.Event().wait()
            self.done[-1].append(entity)
            attempt.emit(self._through(entity))
        is_bad = len(self.done) == 1
        phase, reason = ("Failed", "EntitiesFailed") if is_bad else ("Succeeded", "Succeeded")
        attempt.emit(wire.Finished(phase=phase, reason=reason))

    def _through(self, entity: str) -> wire.EntityFinished:
        if entity == BAD and len(self.done) == 1:
            error = wire.StepError(reason="No", message="no")
            return wire.EntityFinished(entity=entity, phase="Failed", error=error)
        return wire.EntityFinished(entity=entity, phase="Succeeded")


async def test_a_leader_that_finds_a_run_between_attempts_repeats_what_failed_alone(
    cluster: Cluster,
) -> None:
    worker, rule = ByEntity(), RunRetry(limit=1, backoff_seconds=10)
    await cluster.start("pod-1", worker)
    cluster.world.jitter = 1.0
    cluster.world.flow = a_flow(current=a_version(retry=rule, timeout_seconds=10**9))
    async with cluster.world.leader(a_manifest(entities=ENTITIES)):
        await until(lambda: "Retrying" in cluster.world.phases("run-1"), "Retrying")
        await cluster.world.until_forgotten("pod-1")
    shown = cluster.world.status("run-1")

    cluster.world.clock = NOON + timedelta(seconds=10)
    async with cluster.world.leader(a_manifest(entities=ENTITIES, status=shown), epoch=2):
        await cluster.world.until_over("run-1")

    assert worker.done == [ENTITIES, [BAD]]
    assert cluster.world.over == [("run-1", "Succeeded")]


async def test_leader_and_runner_gone_at_once_repeat_what_the_status_lacks(
    cluster: Cluster,
) -> None:
    worker = ByEntity(stuck="o-5")
    await cluster.start("pod-1", worker)
    async with cluster.world.leader(a_manifest(entities=ENTITIES)):
        await until(lambda: "completedEntities" in cluster.world.status("run-1"), "a status")
    shown = cluster.world.status("run-1")
    await cluster.kill("pod-1")
    del cluster.world.servers["pod-1"]
    await cluster.start("pod-2", worker)

    async with cluster.world.leader(a_manifest(entities=ENTITIES, status=shown), epoch=2):
        await cluster.world.until_over("run-1")

    assert worker.done == [ENTITIES[:5], ENTITIES[5:]]
