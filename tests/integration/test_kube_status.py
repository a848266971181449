"""Status goes to the very object, when it differs; on a real API server, with a Job's status."""

from collections import Counter
from typing import Any

import pytest

from sluice_kube import errors
from sluice_kube.resources import JOBS, Key, Manifest
from sluice_kube.session import Session
from sluice_kube.status import StatusWriter

pytestmark = pytest.mark.integration

STATUS = {"ready": 0, "terminating": 0, "uncountedTerminatedPods": {}}


async def a_job(session: Session, namespace: str) -> Manifest:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "none"}]}}
    return await session.create(
        JOBS,
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"namespace": namespace, "name": "a"},
            "spec": {
                "suspend": True,
                "template": template,
                # Another controller's, so that the cluster's own leaves the status alone.
                "managedBy": "sluice.dev/test",
            },
        },
    )


async def test_written_once(
    session: Session, namespace: str, requests: Counter[tuple[str, str, int]]
) -> None:
    job = await a_job(session, namespace)
    writer = StatusWriter(session)

    first = await writer.write(JOBS, job, STATUS)
    live = await session.get(JOBS, Key(namespace, "a"))
    second = await writer.write(JOBS, live, STATUS)

    assert (first, second) == ("written", "unchanged")
    assert live["status"] == STATUS
    assert requests["patch", "jobs/status", 200] == 1


async def test_a_namesake_is_left_alone(session: Session, namespace: str) -> None:
    old = await a_job(session, namespace)
    key = Key(namespace, "a")
    await session.delete(JOBS, key)
    new = await a_job(session, namespace)

    outcome = await StatusWriter(session).write(JOBS, old, STATUS)

    assert outcome == "gone"
    assert await session.get(JOBS, key) == new


async def test_nothing_is_there(session: Session, namespace: str) -> None:
    job = await a_job(session, namespace)
    await session.delete(JOBS, Key(namespace, "a"))

    outcome = await StatusWriter(session).write(JOBS, job, STATUS)

    assert outcome == "gone"


async def test_a_version_that_has_passed_is_a_conflict(session: Session, namespace: str) -> None:
    job = await a_job(session, namespace)
    await session.merge_patch(JOBS, Key.of(job), {"metadata": {"labels": {"a": "b"}}})

    outcome = await StatusWriter(session).write(JOBS, job, STATUS, at_this_version=True)

    assert outcome == "conflict"


@pytest.mark.parametrize("status", [{"ready": "many"}, STATUS | {"ready": -1}], ids=str)
async def test_a_status_that_the_schema_refuses_is_no_missing_object(
    session: Session, namespace: str, status: dict[str, Any]
) -> None:
    job = await a_job(session, namespace)

    with pytest.raises(errors.ApiError) as refused:
        await StatusWriter(session).write(JOBS, job, status)

    assert refused.value.status in (400, 422)


async def test_a_part_of_it_is_replaced_and_the_rest_stays(
    session: Session, namespace: str
) -> None:
    job, writer = await a_job(session, namespace), StatusWriter(session)
    await writer.write(JOBS, job, STATUS)

    outcome = await writer.write_part(JOBS, job, "terminating", 2)

    live = await session.get(JOBS, Key(namespace, "a"))
    assert (outcome, live["status"]) == ("written", STATUS | {"terminating": 2})


async def test_a_part_of_a_namesake_is_left_alone(session: Session, namespace: str) -> None:
    old = await a_job(session, namespace)
    await session.delete(JOBS, Key(namespace, "a"))
    new = await a_job(session, namespace)
    await StatusWriter(session).write(JOBS, new, STATUS)

    outcome = await StatusWriter(session).write_part(JOBS, old, "terminating", 2)

    live = await session.get(JOBS, Key(namespace, "a"))
    assert (outcome, live["status"]) == ("gone", STATUS)
