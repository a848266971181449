"""A workflow's runner, versions, sharing and health over HTTP, with a cluster in memory."""

from datetime import timedelta
from typing import Any

import pytest

from sluice_core import verbs
from sluice_gateway.schemas.lifecycle import LifecycleAnswer, StopAnswer
from sluice_gateway.schemas.sharing import HealthAnswer, ShareList
from sluice_gateway.schemas.versions import VersionList
from sluice_gateway.schemas.workflows import WorkflowDetail
from sluice_kube.resources import CONTROLLER_REVISIONS, Key, Manifest
from testkit.gateway_app import CREATED, Cluster, a_workflow, client

BASE = "/api/v1/namespaces/shop/workflows/etl"
SAY = {"name": "say", "action": "log", "with": {"message": "hello"}}
NOW = "2025-11-26T04:06:40.000000+00:00"


def a_cluster(status: dict[str, Any] | None = None, **spec: Any) -> Cluster:
    cluster = Cluster()
    flow = a_workflow(**{"steps": [SAY], **spec})
    cluster.add(flow | {"status": status or {}})
    return cluster


def live(cluster: Cluster) -> Manifest:
    return cluster.live[Key("shop", "etl")]


async def test_deploy_makes_it_active_and_undeploy_a_draft() -> None:
    cluster = a_cluster(state="Draft")

    async with client(cluster) as http:
        up = await http.post(f"{BASE}/deploy")
        deployed = live(cluster)["spec"]["state"]
        down = await http.post(f"{BASE}/undeploy")

    assert (up.json()["status"], down.json()["status"]) == ("active", "draft")
    assert live(cluster)["metadata"]["annotations"] == {"sluice.dev/start-requested-at": NOW}
    assert (deployed, live(cluster)["spec"]["state"]) == ("Active", "Draft")


async def test_stop_and_start_are_annotations_with_a_time() -> None:
    cluster = a_cluster({"deploymentStatus": "Running"})

    async with client(cluster) as http:
        stopped = await http.post(f"{BASE}/stop")
        started = await http.post(f"{BASE}/start", json={"replicas": 3})

    assert StopAnswer.model_validate(stopped.json()).deployment_status == "running"
    assert StopAnswer.model_validate(started.json()).replicas == 3
    assert live(cluster)["metadata"]["annotations"] == {"sluice.dev/start-requested-at": NOW}
    assert live(cluster)["spec"]["replicas"] == 3


async def test_of_two_verbs_within_a_second_the_later_one_counts() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        await http.post(f"{BASE}/start")
        cluster.now += timedelta(milliseconds=2)
        await http.post(f"{BASE}/stop")

    assert verbs.read(live(cluster)["metadata"]["annotations"]).stopped


async def test_a_verb_counts_though_the_other_is_from_a_clock_that_is_ahead() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        cluster.now += timedelta(minutes=5)
        await http.post(f"{BASE}/stop")
        cluster.now -= timedelta(minutes=4)
        await http.post(f"{BASE}/start")

    assert verbs.read(live(cluster)["metadata"]["annotations"]).started


@pytest.mark.parametrize("verb", ["stop", "start"])
async def test_a_draft_has_no_runner_to_stop_or_start(verb: str) -> None:
    async with client(a_cluster(state="Draft")) as http:
        answer = await http.post(f"{BASE}/{verb}")

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:sluice:problem:NotDeployed")


WINDOW = {
    "type": "scheduled-window",
    "schedule": {
        "timezone": "America/Los_Angeles",
        "windows": [{"days": [1, 2], "startTime": "09:00", "endTime": "17:00"}],
    },
}
POLICIES = {
    "always on": ({"type": "always-on"}, {"policy": "AlwaysOn"}),
    "idle": (
        {"type": "idle-shutdown", "idleTimeoutMinutes": 45},
        {"policy": "IdleShutdown", "idleTimeoutMinutes": 45},
    ),
    "on demand": ({"type": "on-demand"}, {"policy": "OnDemand"}),
    "a window": (
        WINDOW,
        {
            "policy": "ScheduledWindow",
            "window": {
                "timeZone": "America/Los_Angeles",
                "windows": [{"days": [1, 2], "startTime": "09:00", "endTime": "17:00"}],
            },
        },
    ),
}


@pytest.mark.parametrize(("body", "spec"), POLICIES.values(), ids=POLICIES)
async def test_a_policy_is_set_and_told_as_it_was_given(body: Any, spec: Any) -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/lifecycle", json=body)
        told = await http.get(f"{BASE}/lifecycle")

    shown = LifecycleAnswer.model_validate(told.json())
    assert (answer.status_code, live(cluster)["spec"]["lifecycle"]) == (200, spec)
    assert shown.lifecycle_policy.type == body["type"]


BAD: dict[str, tuple[Any, str]] = {
    "no type": ({}, "type"),
    "an unknown type": ({"type": "sometimes"}, "type"),
    "too short an idle time": ({"type": "idle-shutdown", "idleTimeoutMinutes": 1},
                               "idleTimeoutMinutes"),
    "a window without hours": ({"type": "scheduled-window"}, "schedule"),
    "an idle time for another policy": (
        {"type": "always-on", "idleTimeoutMinutes": 30},
        "spec.lifecycle.idleTimeoutMinutes",
    ),
    "a zone that does not exist": (
        WINDOW | {"schedule": {**WINDOW["schedule"], "timezone": "Mars/North"}},  # type: ignore[dict-item]
        "spec.lifecycle.window.timeZone",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "path"), BAD.values(), ids=BAD)
async def test_a_policy_that_cannot_be_meant_is_refused(body: Any, path: str) -> None:
    async with client(a_cluster()) as http:
        answer = await http.put(f"{BASE}/lifecycle", json=body)

    assert answer.status_code == 422
    assert path in [fault["path"] for fault in answer.json()["errors"]]


# -- versions


def a_revision(number: int, uid: str = "uid-etl", **data: Any) -> Manifest:
    return {
        "metadata": {
            "name": f"workflow-etl-v{number}",
            "namespace": "shop",
            "creationTimestamp": CREATED,
            "ownerReferences": [{"uid": uid}],
        },
        "revision": number,
        "data": data,
    }


def versioned() -> Cluster:
    cluster = a_cluster({"version": 2, "observedGeneration": 1}, title="Daily")
    old = a_revision(1, steps=[{**SAY, "with": {"message": "old"}}], settings={"timeoutSeconds": 7})
    cluster.others[CONTROLLER_REVISIONS] = [
        a_revision(2, steps=[SAY]),
        old,
        a_revision(9, uid="of a namesake"),
    ]
    return cluster


async def test_versions_are_listed_and_the_current_one_gets_a_tag() -> None:
    cluster = versioned()

    async with client(cluster) as http:
        made = await http.post(
            f"{BASE}/versions", json={"versionTag": "v2.0", "description": "better"}
        )
        answer = await http.get(f"{BASE}/versions")

    listed = VersionList.model_validate(answer.json())
    assert (made.status_code, made.json()["version"], listed.current_version) == (201, 2, 2)
    assert [(one.version, one.version_tag) for one in listed.versions] == [(1, None), (2, "v2.0")]
    assert listed.versions[1].created_by == "system:serviceaccount:shop:alice"


async def test_a_rollback_brings_the_definition_and_nothing_else() -> None:
    cluster = versioned()

    async with client(cluster) as http:
        answer = await http.post(f"{BASE}/versions/1/rollback")
        none = await http.post(f"{BASE}/versions/7/rollback")

    shown = WorkflowDetail.model_validate(answer.json())
    assert shown.spec.steps[0].with_ == {"message": "old"}
    assert (shown.spec.settings.timeout_seconds, shown.name) == (7, "Daily")
    assert none.status_code == 404


async def test_a_tag_waits_for_the_version_of_the_spec_as_it_is() -> None:
    cluster = versioned()
    cluster.add(live(cluster) | {"status": {"version": 2, "observedGeneration": 0}})

    async with client(cluster) as http:
        answer = await http.post(f"{BASE}/versions", json={"versionTag": "v2"})

    assert (answer.status_code, answer.headers["retry-after"]) == (409, "1")


# -- sharing


async def test_a_private_workflow_is_shared_with_a_user() -> None:
    private = {"visibility": "Private", "users": ["system:serviceaccount:shop:alice"]}
    cluster = a_cluster(sharing=private)

    async with client(cluster, token="bob") as http:
        hidden = await http.get(BASE)
    async with client(cluster) as http:
        await http.post(f"{BASE}/share", json={"userId": "bob"})
        listed = await http.get(f"{BASE}/share")
    async with client(cluster, token="bob") as http:
        shown = await http.get(BASE)
    async with client(cluster) as http:
        gone = await http.delete(f"{BASE}/share/bob")
        none = await http.delete(f"{BASE}/share/bob")

    users = [one.user_id for one in ShareList.model_validate(listed.json()).shared_with]
    assert (hidden.status_code, shown.status_code) == (404, 200)
    assert users == ["system:serviceaccount:shop:alice", "bob"]
    assert (gone.status_code, none.status_code) == (204, 404)


# -- health


async def test_health_has_its_numbers_also_where_nothing_ran() -> None:
    async with client(a_cluster()) as http:
        answer = await http.get(f"{BASE}/health")

    told = HealthAnswer.model_validate(answer.json())
    assert (told.totalRuns24h, told.successRatePercent, told.lastRunOn) == (0, None, None)


async def test_health_tells_of_the_last_error() -> None:
    health = {"upTo": CREATED, "lastRunTime": CREATED, "lastError": "no"}

    async with client(a_cluster({"health": health})) as http:
        answer = await http.get(f"{BASE}/health")

    assert HealthAnswer.model_validate(answer.json()).lastError == "no"
