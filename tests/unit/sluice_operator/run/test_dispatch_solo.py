"""Runs that have a pod of their own: it is asked for once an attempt, and gets that run alone."""

from dataclasses import replace

from sluice_core import names
from sluice_operator.run.observed import Name
from testkit.dispatching import FLOW, Cluster, Worker, a_flow, a_manifest, a_version
from testkit.eventually import until

SOLO = a_flow(solo=True)


async def test_each_run_goes_to_its_own_pod_and_to_no_other(cluster: Cluster) -> None:
    cluster.world.flow = SOLO
    worker = Worker("a")
    for pod in ("pod-1", "pod-2", "shared"):
        await cluster.start(pod, worker)

    async with cluster.world.leader(a_manifest("r1"), a_manifest("r2"), pods=()) as dispatcher:
        dispatcher.pod_found(cluster.world.pod("shared"))
        await until(lambda: len(cluster.world.pods.made) == 2, "two pods")
        dispatcher.pod_found(cluster.world.pod("pod-1", only="r2/1"))
        dispatcher.pod_found(cluster.world.pod("pod-2", only="r1/1"))
        await cluster.world.until_over("r1", "r2")

    assert sorted(cluster.world.pods.made) == ["r1/1", "r2/1"]
    runners = {uid: cluster.world.status(uid)["runner"] for uid in ("r1", "r2")}
    assert runners == {"r1": "pod-2", "r2": "pod-1"}
    assert cluster.world.pods.removed == []  # they end by themselves


async def test_a_pod_that_is_lost_before_it_got_its_run_is_asked_for_again(
    cluster: Cluster,
) -> None:
    cluster.world.flow = SOLO
    await cluster.start("pod-2", Worker("a"))

    async with cluster.world.leader(a_manifest("r1"), pods=()) as dispatcher:
        await until(lambda: cluster.world.pods.made == ["r1/1"], "a pod")
        dispatcher.pod_gone("pod-1", FLOW, "r1/1")
        dispatcher.pod_gone("pod-1", FLOW, "r1/1")
        await until(lambda: cluster.world.pods.made == ["r1/1", "r1/2"], "another pod")
        dispatcher.pod_found(cluster.world.pod("pod-2", only="r1/2"))
        await cluster.world.until_over("r1")

    assert cluster.world.status("r1")["runnerLosses"] == 1


async def test_an_attempt_whose_pod_had_ended_before_a_leader_came_is_made_again(
    cluster: Cluster,
) -> None:
    cluster.world.flow = SOLO
    cluster.world.pods.over = {"r1/1"}

    async with cluster.world.leader(a_manifest("r1"), pods=()):
        await until(lambda: cluster.world.pods.made == ["r1/2"], "another pod")


async def test_a_pod_that_is_refused_says_so_on_the_run(cluster: Cluster) -> None:
    cluster.world.flow = SOLO
    cluster.world.pods.refusal = "its Job cannot be made: exceeded quota"

    async with cluster.world.leader(a_manifest("r1"), pods=()):
        await until(lambda: cluster.world.reason("r1") == "RunnerFailed", "the reason")

    [shown] = cluster.world.status("r1")["conditions"]
    assert "exceeded quota" in shown["message"]


async def test_cancelled_before_its_pod_is_up_it_takes_the_pod_away(cluster: Cluster) -> None:
    cluster.world.flow = SOLO

    async with cluster.world.leader(a_manifest("r1"), pods=()) as dispatcher:
        await until(lambda: cluster.world.pods.made == ["r1/1"], "a pod")
        dispatcher.run_found(a_manifest("r1", cancel=True))
        await cluster.world.until_over("r1")
        await until(lambda: cluster.world.pods.removed == ["r1/1"], "its removal")

    assert cluster.world.over == [("r1", "Cancelled")]


async def test_no_more_pods_than_max_replicas_are_asked_for_at_a_time(cluster: Cluster) -> None:
    cluster.world.flow = replace(SOLO, most_pods=1)
    await cluster.start("pod-1", Worker("a"))
    runs = [a_manifest("r1"), a_manifest("r2", created="2026-01-31T11:00:09Z")]

    async with cluster.world.leader(*runs, pods=()) as dispatcher:
        await until(lambda: cluster.world.reason("r2") == "Queued", "the reason")
        asked_for = list(cluster.world.pods.made)
        dispatcher.pod_found(cluster.world.pod("pod-1", only="r1/1"))
        await until(lambda: cluster.world.pods.made[1:] == ["r2/1"], "the second pod")

    assert asked_for == ["r1/1"]


async def test_a_new_leader_adopts_a_run_from_its_pod_and_waits_for_no_other(
    cluster: Cluster,
) -> None:
    cluster.world.flow = SOLO
    worker = Worker("a", "b", held=("b",))
    await cluster.start("pod-1", worker)
    async with cluster.world.leader(a_manifest("r1"), pods=()) as first:
        first.pod_found(cluster.world.pod("pod-1", only="r1/1"))
        await until(lambda: ("r1", 1, "b") in worker.begun, "the second step")

    async with cluster.world.leader(
        a_manifest("r1"), a_manifest("r2"), pods=(), epoch=2, started=False
    ) as second:
        second.pod_found(cluster.world.pod("pod-1", only="r1/1"))
        second.start()
        await until(lambda: "r2/1" in cluster.world.pods.made, "the pod of the other run")
        worker.let_go("b")
        await cluster.world.until_over("r1")

    assert [begun for begun in worker.begun if begun[0] == "r1"] == [("r1", 1, "a"), ("r1", 1, "b")]


REFUSED = "Error creating: exceeded quota: few, requested: pods=1"


async def test_a_job_whose_pod_is_refused_says_so_on_the_run_until_the_pod_is_there(
    cluster: Cluster,
) -> None:
    cluster.world.flow = SOLO
    await cluster.start("pod-1", Worker("a"))
    run = a_manifest("r1")
    job = Name(FLOW.namespace, names.job(run["metadata"]["name"], "r1", 1))

    async with cluster.world.leader(run, pods=()) as dispatcher:
        dispatcher.job_refused(job, REFUSED)
        await until(lambda: cluster.world.reason("r1") == "RunnerFailed", "the reason")
        [shown] = cluster.world.status("r1")["conditions"]
        refused = dispatcher.refusal(FLOW)
        dispatcher.pod_stands(FLOW, "r1/1", "")
        dispatcher.pod_found(cluster.world.pod("pod-1", only="r1/1"))
        await cluster.world.until_over("r1")
        mended = dispatcher.refusal(FLOW)

    assert shown["message"] == REFUSED
    assert (refused, mended) == (REFUSED, "")


async def test_what_is_told_of_the_job_of_another_concerns_no_run(cluster: Cluster) -> None:
    cluster.world.flow = SOLO

    async with cluster.world.leader(a_manifest("r1"), pods=()) as dispatcher:
        dispatcher.job_refused(Name(FLOW.namespace, "backup"), REFUSED)
        await until(lambda: cluster.world.pods.made == ["r1/1"], "a pod")

        assert dispatcher.refusal(FLOW) == ""


FULL = "Unschedulable: 0/1 nodes are available: 1 Insufficient cpu."


async def test_a_pod_that_does_not_start_says_so_on_its_own_run_until_it_does(
    cluster: Cluster,
) -> None:
    cluster.world.flow = SOLO

    async with cluster.world.leader(a_manifest("r1"), a_manifest("r2"), pods=()) as dispatcher:
        await until(lambda: len(cluster.world.pods.made) == 2, "two pods")
        dispatcher.pod_stands(FLOW, "r1/1", FULL)
        await until(lambda: cluster.world.reason("r1") == "RunnerFailed", "the reason")
        [shown], other = cluster.world.status("r1")["conditions"], cluster.world.reason("r2")
        dispatcher.pod_stands(FLOW, "r1/1", "")
        await until(lambda: cluster.world.reason("r1") == "WaitingForRunner", "its end")

    assert (shown["message"], other) == (FULL, "WaitingForRunner")


async def test_a_leader_that_finds_the_pod_before_the_run_says_so_too(cluster: Cluster) -> None:
    cluster.world.flow = SOLO

    async with cluster.world.leader(pods=(), started=False) as dispatcher:
        dispatcher.pod_stands(FLOW, "r1/1", FULL)
        dispatcher.run_found(a_manifest("r1"))
        dispatcher.start()
        await until(lambda: cluster.world.reason("r1") == "RunnerFailed", "the reason")

    assert cluster.world.status("r1")["conditions"][0]["message"] == FULL


ENDED = "the pod etl-x ended: Error (exit code 1); see kubectl logs -n shop etl-x -c runner"


async def test_a_run_whose_pods_end_before_they_take_it_ends_with_their_words(
    cluster: Cluster,
) -> None:
    version = a_version(loss_limit=1)
    cluster.world.flow = replace(SOLO, current=version)
    cluster.world.versions = {3: version}

    async with cluster.world.leader(a_manifest("r1"), pods=()) as dispatcher:
        for attempt in (1, 2):
            asked_for = f"r1/{attempt}"
            await until(lambda it=asked_for: it in cluster.world.pods.made, "a pod")
            dispatcher.pod_gone(f"pod-{attempt}", FLOW, asked_for, ENDED)
        await cluster.world.until_over("r1")

    lost, ended = cluster.world.writes[0][1], cluster.world.status("r1")
    assert lost["conditions"][0]["message"] == f"{ENDED}; going on with another pod"
    assert ended["conditions"][0]["message"] == (
        f"2 runners were lost, and settings.runnerLossLimit is 1; at last, {ENDED}"
    )
