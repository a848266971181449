"""One leader after another, or two at once: runs are taken over, and the older one is refused."""

from sluice_core import wire
from testkit.dispatching import Cluster, Worker, a_manifest
from testkit.eventually import until
from testkit.runner_server import a_request


async def test_a_new_leader_adopts_what_a_runner_works_on(cluster: Cluster) -> None:
    worker = Worker("a", "b", held=("b",))
    await cluster.start("pod-1", worker)
    async with cluster.world.leader(a_manifest()):
        await until(lambda: ("run-1", 1, "b") in worker.begun, "the second step")

    async with cluster.world.leader(a_manifest(), epoch=2):
        worker.let_go("b")
        await cluster.world.until_over("run-1")
        await cluster.world.until_forgotten("pod-1")

    made = cluster.world.status("run-1")
    assert worker.begun == [("run-1", 1, "a"), ("run-1", 1, "b")]
    assert (made["attempt"], [step["name"] for step in made["steps"]]) == (1, ["a", "b"])
    assert made["revision"] == 3


async def test_a_run_that_ended_between_two_leaders_is_not_repeated(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    server = await cluster.start("pod-1", worker)
    async with cluster.world.leader(a_manifest()):
        await until(lambda: bool(worker.begun), "the step")
    worker.let_go("a")
    await server.holdings.idle()

    async with cluster.world.leader(a_manifest(), epoch=2):
        await cluster.world.until_over("run-1")

    assert worker.begun == [("run-1", 1, "a")]
    assert cluster.world.status("run-1")["output"] == "run-1"


async def test_a_run_whose_status_was_written_is_adopted_under_its_own_attempt(
    cluster: Cluster,
) -> None:
    worker = Worker("a", "b", held=("b",))
    await cluster.start("pod-1", worker)
    async with cluster.world.leader(a_manifest()):
        await until(lambda: "Running" in cluster.world.phases("run-1"), "a status")

    shown = cluster.world.status("run-1")
    async with cluster.world.leader(a_manifest(status=shown), epoch=2):
        worker.let_go("b")
        await cluster.world.until_over("run-1")

    assert worker.begun == [("run-1", 1, "a"), ("run-1", 1, "b")]
    assert cluster.world.status("run-1")["attempt"] == 1


async def test_leader_and_runner_gone_at_once_repeats_only_what_the_status_lacks(
    cluster: Cluster,
) -> None:
    worker = Worker("a", "b", held=("b",))
    await cluster.start("pod-1", worker)
    async with cluster.world.leader(a_manifest()):
        await until(lambda: len(cluster.world.status("run-1").get("steps", ())) == 2, "a status")
    await cluster.kill("pod-1")
    del cluster.world.servers["pod-1"]
    await cluster.start("pod-2", worker)
    worker.let_go("b")

    async with cluster.world.leader(a_manifest(status=cluster.world.status("run-1")), epoch=2):
        await cluster.world.until_over("run-1")

    made = cluster.world.status("run-1")
    assert worker.begun == [("run-1", 1, "a"), ("run-1", 1, "b"), ("run-1", 2, "b")]
    assert [step["name"] for step in made["steps"]] == ["a", "b"]


async def test_nothing_is_disowned_before_all_runs_are_found(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    server = await cluster.start("pod-1", worker)
    async with cluster.world.leader(a_manifest("first"), a_manifest("second")):
        await until(lambda: len(worker.begun) == 2, "both")

    async with cluster.world.leader(a_manifest("first"), epoch=2, started=False) as dispatcher:
        for _ in range(3):  # as the next page of the list takes its time
            await server.send("GET", wire.PATH_RUNS, headers=server.headers(2))
        dispatcher.run_found(a_manifest("second"))
        dispatcher.start()
        worker.let_go("a")
        await cluster.world.until_over("first", "second")

    assert {phase for _, phase in cluster.world.over} == {"Succeeded"}


async def test_a_run_that_nobody_waits_for_is_stopped(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    server = await cluster.start("pod-1", worker)
    assert await server.dispatch(a_request("orphan")) == [wire.ACCEPTED]

    async with cluster.world.leader(a_manifest()):
        await until(lambda: server.holdings.find("orphan") is None, "the orphan's end")
        worker.let_go("a")
        await cluster.world.until_over("run-1")

    assert cluster.world.over == [("run-1", "Succeeded")]


async def test_an_older_leader_is_refused_and_learns_it(cluster: Cluster) -> None:
    worker = Worker("a")
    server = await cluster.start("pod-1", worker)
    code, _ = await server.send("GET", wire.PATH_RUNS, headers=server.headers(epoch=7))
    assert code == 200

    async with cluster.world.leader(a_manifest(), epoch=6):
        await until(lambda: cluster.world.superseded > 0, "the refusal")

    assert (worker.begun, cluster.world.over) == ([], [])


async def test_two_leaders_at_once_run_each_run_once(cluster: Cluster) -> None:
    worker = Worker("a")
    await cluster.start("pod-1", worker, slots=2)
    uids = [f"run-{number}" for number in range(20)]

    async with cluster.world.leader(*map(a_manifest, uids), epoch=1):
        await until(lambda: bool(worker.begun), "the first leader at work")
        async with cluster.world.leader(*map(a_manifest, uids), epoch=2):
            await until(lambda: set(uids) <= {uid for uid, _ in cluster.world.over}, "all ends")

    assert sorted({uid for uid, _, _ in worker.begun}) == sorted(uids)
    assert {attempt for _, attempt, _ in worker.begun} == {1}
    assert {phase for _, phase in cluster.world.over} == {"Succeeded"}


async def test_who_does_not_lead_hands_nothing_over_and_goes_on_when_leading_again(
    cluster: Cluster,
) -> None:
    worker = Worker("a")
    await cluster.start("pod-1", worker)
    cluster.world.leads = False

    async with cluster.world.leader(a_manifest()):
        await until(lambda: bool(cluster.world.writes), "the run's wait is shown")
        assert worker.begun == []
        cluster.world.leads = True
        await cluster.world.until_over("run-1")


async def test_the_end_is_acknowledged_only_after_it_is_written(cluster: Cluster) -> None:
    worker = Worker("a")
    server = await cluster.start("pod-1", worker)
    cluster.world.takes_writes.clear()

    async with cluster.world.leader(a_manifest()):
        await until(lambda: bool(worker.begun), "the step")
        await server.holdings.idle()
        held = [one.uid for one in server.holdings.snapshot().runs]
        cluster.world.takes_writes.set()
        await cluster.world.until_over("run-1")
        await cluster.world.until_forgotten("pod-1")

    assert held == ["run-1"]
    assert cluster.world.phases("run-1") == ["Succeeded"]


async def test_a_write_that_was_late_does_not_undo_the_end(cluster: Cluster) -> None:
    worker = Worker("a", held=("a",))
    await cluster.start("pod-1", worker, slots=1)
    cluster.world.takes_writes.clear()
    cluster.world.late = ("Running",)
    urgent, other = a_manifest(priority=1), a_manifest("other")

    async with cluster.world.leader(urgent, other):
        await until(lambda: "Running" in cluster.world.asked, "the write that will be late")
        worker.let_go("a")
        await until(lambda: len(worker.begun) == 2, "the end of the first, by its slot")
        cluster.world.takes_writes.set()
        await cluster.world.until_over("run-1")

    assert cluster.world.phases("run-1") == ["Running", "Succeeded"]
