"""Runners go away in the middle of runs: no finished step is repeated, and no run is lost."""

from datetime import timedelta

from sluice_core import wire
from sluice_operator.run.calls import Pod
from testkit.dispatching import FLOW, Cluster, Worker, a_flow, a_manifest, a_version
from testkit.eventually import until
from testkit.runner_server import no_op


async def test_a_lost_pod_is_followed_by_a_further_attempt_without_the_finished_steps(
    cluster: Cluster,
) -> None:
    worker = Worker("a", "b", held=("b",))
    await cluster.start("pod-1", worker)

    async with cluster.world.leader(a_manifest()) as dispatcher:
        await until(lambda: ("run-1", 1, "b") in worker.begun, "the second step")
        await cluster.kill("pod-1")
        dispatcher.pod_gone("pod-1", FLOW)
        await until(lambda: "Retrying" in cluster.world.phases("run-1"), "Retrying")
        reason = cluster.world.reason("run-1")
        worker.let_go("b")
        await cluster.start("pod-2", worker)
        dispatcher.pod_found(cluster.world.pod("pod-2"))
        await cluster.world.until_over("run-1")

    made = cluster.world.status("run-1")
    assert worker.begun == [("run-1", 1, "a"), ("run-1", 1, "b"), ("run-1", 2, "b")]
    assert (reason, made["phase"], made["attempt"]) == ("RunnerLost", "Succeeded", 2)
    assert (made["runnerLosses"], [step["name"] for step in made["steps"]]) == (1, ["a", "b"])


async def test_a_container_that_restarts_has_lost_what_it_worked_on(cluster: Cluster) -> None:
    worker = Worker("a", "b", held=("b",))
    await cluster.start("pod-1", worker)

    async with cluster.world.leader(a_manifest()):
        await until(lambda: ("run-1", 1, "b") in worker.begun, "the second step")
        port = await cluster.kill("pod-1")
        worker.let_go("b")
        await cluster.start("pod-1", worker, port=port)
        await cluster.world.until_over("run-1")

    assert worker.begun[-1] == ("run-1", 2, "b")
    assert ("run-1", 2, "a") not in worker.begun


async def test_a_pod_that_has_another_address_is_found_there(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    await cluster.start("pod-1", worker)

    async with cluster.world.leader(a_manifest()) as dispatcher:
        await until(lambda: bool(worker.begun), "the step")
        await cluster.kill("pod-1")
        worker.let_go("a")
        await cluster.start("pod-1", worker)
        dispatcher.pod_found(cluster.world.pod("pod-1"))
        await cluster.world.until_over("run-1")

    assert cluster.world.over == [("run-1", "Succeeded")]


async def test_a_run_that_loses_too_many_runners_fails(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    cluster.world.flow = a_flow(current=a_version(loss_limit=1))

    async with cluster.world.leader(a_manifest()) as dispatcher:
        for number in (1, 2):
            await cluster.start(f"pod-{number}", worker)
            dispatcher.pod_found(cluster.world.pod(f"pod-{number}"))
            await until(lambda n=number: ("run-1", n, "a") in worker.begun, "the attempt")  # type: ignore[misc]
            await cluster.kill(f"pod-{number}")
            dispatcher.pod_gone(f"pod-{number}", FLOW)
        await cluster.world.until_over("run-1")

    made = cluster.world.status("run-1")
    assert (made["phase"], cluster.world.reason("run-1")) == ("Failed", "RunnerLost")
    assert made["runnerLosses"] == 2


async def test_an_interrupted_run_goes_on_elsewhere_without_counting_as_lost(
    cluster: Cluster,
) -> None:
    worker = Worker("a", "b", held=("b",))
    first = await cluster.start("pod-1", worker)
    await cluster.start("pod-2", worker)

    async with cluster.world.leader(a_manifest(), pods=("pod-1",)) as dispatcher:
        await until(lambda: ("run-1", 1, "b") in worker.begun, "the second step")
        worker.let_go("b")
        first.holdings.draining = True
        first.holdings.interrupt()
        dispatcher.pod_found(cluster.world.pod("pod-2"))
        await cluster.world.until_over("run-1")
        await cluster.world.until_forgotten("pod-1")

    made = cluster.world.status("run-1")
    assert worker.begun == [("run-1", 1, "a"), ("run-1", 1, "b"), ("run-1", 2, "b")]
    assert (made["attempt"], made.get("runnerLosses")) == (2, None)


async def test_an_earlier_attempt_that_a_runner_still_holds_is_not_taken_back(
    cluster: Cluster,
) -> None:
    worker = Worker("a", held=("a",))
    first = await cluster.start("pod-1", worker)
    await cluster.start("pod-2", worker)
    first.holdings.acknowledge = lambda _: None  # type: ignore[method-assign]

    async with cluster.world.leader(a_manifest(), pods=("pod-1",)) as dispatcher:
        await until(lambda: bool(worker.begun), "the attempt")
        first.holdings.draining = True
        first.served.stream.close()
        first.holdings.interrupt()
        dispatcher.pod_found(cluster.world.pod("pod-2"))
        await until(lambda: ("run-1", 2, "a") in worker.begun, "the next attempt")
        reader = first.served.stream._reader
        first.served.stream.close()
        await until(lambda: first.served.stream._reader not in (None, reader), "a new stream")
        worker.let_go("a")
        await cluster.world.until_over("run-1")

    assert cluster.world.status("run-1")["attempt"] == 2


async def test_a_broken_stream_is_opened_again_and_no_event_counts_twice(cluster: Cluster) -> None:
    worker = Worker("a", "b", held=("a", "b"))
    server = await cluster.start("pod-1", worker)

    async with cluster.world.leader(a_manifest()):
        await until(lambda: bool(worker.begun), "the step")
        for step in ("a", "b"):
            server.served.stream.close()
            worker.let_go(step)
        await cluster.world.until_over("run-1")

    assert worker.begun == [("run-1", 1, "a"), ("run-1", 1, "b")]
    assert cluster.world.over == [("run-1", "Succeeded")]


async def test_a_runner_without_a_slot_is_asked_again(cluster: Cluster) -> None:
    server = await cluster.start("pod-1", no_op)
    told = []
    take = server.holdings.take

    def busy_at_first(request: wire.RunRequest) -> int:
        told.append(request.attempt)
        return wire.NO_SLOT if len(told) < 3 else take(request)

    server.holdings.take = busy_at_first  # type: ignore[method-assign]

    async with cluster.world.leader(a_manifest()):
        await cluster.world.until_over("run-1")

    assert told == [1, 1, 1]


async def test_a_hand_over_that_fails_is_followed_by_a_look_at_what_arrived(
    cluster: Cluster,
) -> None:
    worker = Worker("a")
    server = await cluster.start("pod-1", worker)
    take = server.holdings.take

    def break_once(request: wire.RunRequest) -> int:
        server.holdings.take = take  # type: ignore[method-assign]
        take(request)
        raise RuntimeError("after it was taken")

    server.holdings.take = break_once  # type: ignore[method-assign]

    async with cluster.world.leader(a_manifest()):
        await cluster.world.until_over("run-1")

    assert worker.begun == [("run-1", 1, "a")]


async def test_a_run_that_was_acknowledged_unseen_gets_a_further_attempt(cluster: Cluster) -> None:
    server = await cluster.start("pod-1", no_op)
    server.holdings.tombstones.add("run-1", 1)

    async with cluster.world.leader(a_manifest()):
        await cluster.world.until_over("run-1")

    assert cluster.world.status("run-1")["attempt"] == 2


async def test_a_definition_that_a_runner_cannot_read_fails_its_runs_alone(
    cluster: Cluster,
) -> None:
    await cluster.start("pod-1", no_op)
    cluster.world.versions[2] = a_version(2, digest="0" * 64)

    async with cluster.world.leader(a_manifest("bad", revision=2), a_manifest("good")):
        await cluster.world.until_over("bad", "good")

    assert sorted(cluster.world.over) == [("bad", "Failed"), ("good", "Succeeded")]
    assert cluster.world.reason("bad") == "RunnerRefused"


async def test_a_runner_that_does_not_answer_is_waited_for(cluster: Cluster) -> None:
    await cluster.start("pod-1", Worker("a"))
    port = await cluster.kill("pod-1")

    async with cluster.world.leader(a_manifest()):
        await until(lambda: cluster.world.reason("run-1") == "Adopting", "the reason")
        await cluster.start("pod-1", Worker("a"), port=port)
        await cluster.world.until_over("run-1")

    assert cluster.world.over == [("run-1", "Succeeded")]


async def test_runs_of_another_workflow_do_not_suffer(cluster: Cluster) -> None:
    await cluster.start("pod-1", Worker("a"))
    dead = Pod(
        uid="dead", name="dead", address="127.0.0.1", port=1,
        namespace="shop", workflow="other", workflow_uid="o",
    )  # fmt: skip

    async with cluster.world.leader(a_manifest()) as dispatcher:
        dispatcher.pod_found(dead)
        other = a_manifest("stuck")
        other["spec"]["workflow"] = "other"
        dispatcher.run_found(other)
        await cluster.world.until_over("run-1")

    assert cluster.world.over == [("run-1", "Succeeded")]


async def test_the_links_end_with_the_dispatcher(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    server = await cluster.start("pod-1", worker)
    async with cluster.world.leader(a_manifest()):
        await until(lambda: bool(worker.begun), "the step")

    worker.let_go("a")
    await server.holdings.idle()

    assert cluster.world.over == []


async def test_a_run_that_no_runner_takes_again_ends_when_its_time_is_over(
    cluster: Cluster,
) -> None:
    worker = Worker("a", held=("a",))
    cluster.world.flow = a_flow(current=a_version(timeout_seconds=2))
    await cluster.start("pod-1", worker)

    async with cluster.world.leader(a_manifest()) as dispatcher:
        await until(lambda: bool(worker.begun), "the step")
        await cluster.kill("pod-1")
        dispatcher.pod_gone("pod-1", FLOW)
        await until(lambda: "Retrying" in cluster.world.phases("run-1"), "Retrying")
        cluster.world.clock += timedelta(seconds=10)
        await cluster.world.until_over("run-1")

    [shown] = cluster.world.status("run-1")["conditions"]
    assert shown["reason"] == "Timeout"
    assert shown["message"] == (
        "it took longer than settings.timeoutSeconds, 2 s, since its first start, and no runner "
        "has taken it again"
    )
