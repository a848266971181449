"""Steps run containers: the Job is made once, its end is told, its run's end ends it."""

import asyncio
from typing import Any

import pytest

from sluice_operator.run.observed import Name
from sluice_operator.run.replies import Declined
from testkit.container_jobs import Objects, Room, a_pod, a_request, a_run, ended, terminated
from testkit.dispatching import a_manifest
from testkit.eventually import until


async def made(room: Room, count: int = 1) -> dict[str, Any]:
    await until(lambda: len(room.objects.made) >= count, f"{count} Jobs")
    await asyncio.sleep(0)
    return room.objects.made[-1]


async def test_a_step_is_told_what_its_container_left() -> None:
    room = Room()
    asked = room.ask(a_run(), a_request())
    job = await made(room)
    pod = a_pod(job, terminated(message='{"n": 1}'))
    room.objects.logs[pod["metadata"]["name"]] = b"hello\n"

    room.ends(job, pod)
    told = await asked

    assert told["job"] == job["metadata"]["name"]
    assert (told["exitCode"], told["output"], told["log"]) == (0, {"n": 1}, ["hello"])
    assert await room.settled() == []


async def test_a_new_leader_finds_the_job_that_was_made_and_judges_it_no_more() -> None:
    first = Room()
    lost = first.ask(a_run(), a_request())
    job = await made(first)
    lost.cancel()

    second = Room(first.objects, site=None)
    second.ends(job, a_pod(job, terminated()))
    told = await second.ask(a_run(), a_request())

    assert told["exitCode"] == 0
    assert len(first.objects.made) == 1


async def test_a_step_that_is_done_again_on_another_runner_finds_its_container() -> None:
    room = Room()
    room.ask(a_run(), a_request(1)).cancel()
    first = room.ask(a_run(), a_request(2))
    job = await made(room)
    first.cancel()
    run = a_run()
    run.attempt = 2

    asked = room.ask(run, a_request(1))
    room.ends(job, a_pod(job, terminated()))
    told = await asked

    assert told["exitCode"] == 0
    assert len(room.objects.made) == 1


async def test_a_step_that_is_tried_again_after_its_container_failed_gets_another() -> None:
    room, run = Room(), a_run()
    first = room.ask(run, a_request(1))
    job = await made(room)
    room.ends(job, a_pod(job, terminated(7)))

    told = await first
    second = room.ask(run, a_request(2))
    other = await made(room, 2)
    room.ends(other, a_pod(other, terminated()))

    assert (told["exitCode"], (await second)["exitCode"]) == (7, 0)
    assert job["metadata"]["name"] != other["metadata"]["name"]


async def test_a_second_container_is_found_when_the_first_is_long_gone() -> None:
    room, run = Room(), a_run()
    first = room.ask(run, a_request(1))
    job = await made(room)
    room.ends(job, a_pod(job, terminated(7)))
    await first
    second = room.ask(run, a_request(2))
    other = await made(room, 2)
    second.cancel()

    later = Room()
    later.ends(other, a_pod(other, terminated()))
    told = await later.ask(run, a_request(2))

    assert (told["exitCode"], later.objects.made) == (0, [])


async def test_a_failure_that_was_not_told_yet_is_told_by_the_next_leader() -> None:
    first = Room()
    lost = first.ask(a_run(), a_request())
    job = await made(first)
    lost.cancel()

    second = Room(first.objects)
    second.ends(job, a_pod(job, terminated(7)))
    told = await second.ask(a_run(), a_request())

    assert told["exitCode"] == 7
    assert len(first.objects.made) == 1


async def test_a_container_that_cannot_start_fails_its_step_in_the_kubelets_words() -> None:
    room = Room()
    asked = room.ask(a_run(), a_request())
    job = await made(room)

    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
    room.jobs.pod_changed(a_pod(job, waiting), exists=True)

    with pytest.raises(Declined) as declined:
        await asked
    assert (declined.value.reason, declined.value.failure) == ("ContainerFailed", "Permanent")
    assert declined.value.message == "ImagePullBackOff: no such image"
    assert await room.settled() == [job["metadata"]["name"]]


async def test_a_job_that_somebody_deletes_fails_its_step_which_may_be_tried_again() -> None:
    room = Room()
    asked = room.ask(a_run(), a_request())
    job = await made(room)

    room.jobs.job_changed(job, exists=False)

    with pytest.raises(Declined) as declined:
        await asked
    assert (declined.value.reason, declined.value.failure) == ("ContainerDeleted", "Transient")


async def test_an_image_that_the_plan_does_not_list_is_refused_before_anything_is_made() -> None:
    room = Room()

    with pytest.raises(Declined, match="image other:1 is not permitted") as declined:
        await room.ask(a_run(), a_request(image="other:1"))

    assert declined.value.reason == "ImageNotPermitted"
    assert room.objects.made == []


async def test_nothing_runs_before_its_network_policy_is_there() -> None:
    room = Room()
    room.objects.confined = False

    asked = room.ask(a_run(), a_request())
    await asyncio.sleep(0)
    before = list(room.objects.made)
    room.objects.confined = True
    job = await made(room)
    asked.cancel()

    assert (before, job["kind"]) == ([], "Job")


async def test_what_the_api_server_refuses_is_told_in_its_words() -> None:
    room = Room()
    room.objects.refuses = "422 Invalid: spec.template: bad"

    with pytest.raises(Declined, match="422 Invalid") as declined:
        await room.ask(a_run(), a_request())

    assert declined.value.reason == "Refused"


async def test_a_namesake_that_is_anothers_is_not_taken() -> None:
    room = Room()
    room.ask(a_run("run-2"), a_request(key="k")).cancel()
    stranger = room.ask(a_run(), a_request())
    job = await made(room)
    stranger.cancel()
    job["metadata"]["ownerReferences"] = []

    with pytest.raises(Declined) as declined:
        await room.ask(a_run(), a_request())

    assert declined.value.reason == "NameTaken"


ENDINGS = {
    "the step": lambda room, run: room.jobs.step_ended(run, "s"),
    "the run": lambda room, run: room.jobs.run_ended(run),
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)
async def test_a_container_is_stopped_with(end: Any) -> None:
    room, run = Room(), a_run()
    asked = room.ask(run, a_request())
    job = await made(room)

    end(room, run)

    with pytest.raises(Declined):
        await asked
    assert await room.settled() == [job["metadata"]["name"]]


async def test_the_end_of_another_step_stops_nothing() -> None:
    room, run = Room(), a_run()
    asked = room.ask(run, a_request())
    await made(room)

    room.jobs.step_ended(run, "other")
    room.jobs.run_ended(a_run("run-2"))

    assert await room.settled() == []
    asked.cancel()


LEFT: dict[str, tuple[dict[str, Any] | None, bool]] = {
    "its run has ended": (a_manifest(status={"phase": "Cancelled"}), True),
    "its run is gone": (None, True),
    "its run has a namesake": (a_manifest() | {"metadata": {"uid": "other"}}, True),
    "its run goes on": (a_manifest(status={"phase": "Running"}), False),
}


@pytest.mark.parametrize(("run", "deleted"), LEFT.values(), ids=LEFT)
async def test_what_is_left_of_the_time_without_a_leader(
    run: dict[str, Any] | None, *, deleted: bool
) -> None:
    first = Room()
    first.ask(a_run(), a_request())
    job = await made(first)
    room = Room(first.objects)
    room.jobs.job_changed(job, exists=True)
    read: list[Name] = []

    async def reads(name: Name) -> dict[str, Any] | None:
        read.append(name)
        return run

    await room.jobs.sweep(reads)

    assert bool(first.objects.deleted) is deleted
    assert read == [Name("shop", "run-1")]


async def test_a_job_whose_container_has_ended_is_kept_when_the_run_ends() -> None:
    room, run = Room(), a_run()
    asked = room.ask(run, a_request())
    job = await made(room)
    room.jobs.job_changed(job, exists=True)
    room.jobs.pod_changed(a_pod(job, terminated()), exists=True)
    await asked

    room.jobs.run_ended(run)

    assert await room.settled() == []


async def test_a_job_that_is_over_is_left_to_its_time() -> None:
    first = Room()
    first.ask(a_run(), a_request())
    job = await made(first)
    room = Room(Objects())
    room.jobs.job_changed(ended(job), exists=True)

    async def reads(name: Name) -> dict[str, Any] | None:
        raise AssertionError(name)

    await room.jobs.sweep(reads)
    room.jobs.run_ended(a_run())

    assert await room.settled() == []
