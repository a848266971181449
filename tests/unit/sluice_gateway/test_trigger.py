"""Triggers over HTTP, with a cluster in memory."""

import asyncio
from typing import Any

import pytest

from sluice_gateway.schemas.problem import ProblemAnswer
from sluice_gateway.schemas.triggers import RunAnswer, TriggerAnswer
from sluice_kube import errors
from sluice_kube.resources import Key
from testkit.gateway_app import Cluster, a_workflow, client

PATH = "/api/v1/namespaces/shop/workflows/etl/trigger"
ENDED = {"phase": "Succeeded", "output": {"rows": 3}}
FAILED = {
    "phase": "Failed",
    "conditions": [{"type": "Succeeded", "status": "False", "reason": "Step", "message": "no"}],
}
SCHEMA = {"type": "object", "required": ["day"], "properties": {"day": {"type": "string"}}}


def a_cluster(*, end: dict[str, Any] | None = None, **spec: Any) -> Cluster:
    cluster = Cluster(end=end)
    cluster.add(a_workflow(**spec))
    return cluster


async def test_async_is_202_once_the_run_exists() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        answer = await http.post(PATH, json={"inputs": {"a": 1}, "trigger_type": "cli"})

    body = TriggerAnswer.model_validate(answer.json())
    [(key, run)] = cluster.runs.items()
    assert (answer.status_code, body.status, body.execution_id) == (202, "started", key.name)
    assert answer.headers["location"] == body.url == f"/api/v1/namespaces/shop/runs/{key.name}"
    assert run["spec"] == {
        "workflow": "etl",
        "trigger": {"type": "Api", "source": "cli"},
        "inputs": {"a": 1},
    }
    [owner] = run["metadata"]["ownerReferences"]
    assert (owner["uid"], owner["blockOwnerDeletion"]) == ("uid-etl", False)


ENDS = {
    "succeeded": (ENDED, "succeeded", {"rows": 3}, None),
    "failed": (FAILED, "failed", None, "Step"),
}


@pytest.mark.parametrize(("end", "status", "output", "reason"), ENDS.values(), ids=ENDS)
async def test_sync_answers_with_the_end(
    end: dict[str, Any], status: str, output: object, reason: str | None
) -> None:
    async with client(a_cluster(end=end)) as http:
        answer = await http.post(PATH, json={"sync": True})

    body = TriggerAnswer.model_validate(answer.json())
    assert (answer.status_code, body.status, body.output) == (200, status, output)
    assert (body.error and body.error.reason) == reason


async def test_a_sync_wait_that_runs_out_is_202_and_the_run_goes_on() -> None:
    cluster = a_cluster()

    async with client(cluster, sync_seconds=0.01) as http:
        answer = await http.post(PATH, json={"sync": True})

    assert (answer.status_code, answer.json()["status"]) == (202, "started")
    assert len(cluster.runs) == 1


async def test_a_run_deleted_while_it_is_waited_for_is_410() -> None:
    cluster = a_cluster(end={"phase": "Running"})

    async with client(cluster) as http:
        answer = await http.post(PATH, json={"sync": True})

    assert (answer.status_code, answer.json()["type"]) == (410, "urn:sluice:problem:RunDeleted")


async def test_a_run_by_hand_is_201() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        answer = await http.post("/api/v1/workflows/etl/run", json={"triggerInputs": {"a": 1}})

    body = RunAnswer.model_validate(answer.json())
    run = cluster.runs[Key("shop", body.execution_id)]
    assert answer.status_code == 201
    assert run["spec"]["trigger"] == {
        "type": "Manual",
        "source": "system:serviceaccount:shop:alice",
    }
    assert run["spec"]["inputs"] == {"a": 1}


async def test_an_empty_body_is_an_empty_form() -> None:
    async with client(a_cluster()) as http:
        assert (await http.post(PATH)).status_code == 202


REFUSALS: dict[str, tuple[dict[str, Any], dict[str, Any], int, str]] = {
    "draft": ({"state": "Draft"}, {}, 409, "WorkflowDraft"),
    "paused": ({"state": "Paused"}, {}, 409, "WorkflowPaused"),
    "archived": ({"state": "Archived"}, {}, 409, "WorkflowArchived"),
    "suspended": ({"replicas": 0}, {}, 409, "WorkflowSuspended"),
    "without steps": ({"steps": []}, {}, 422, "WorkflowEmpty"),
    "an input is missing": ({"inputs": SCHEMA}, {}, 422, "InvalidInputs"),
    "an input of another type": (
        {"inputs": SCHEMA},
        {"inputs": {"day": 1}},
        422,
        "InvalidInputs",
    ),
    "an unknown field": ({}, {"input": {}}, 422, "InvalidRequest"),
    "sync as text": ({}, {"sync": "yes"}, 422, "InvalidRequest"),
    "inputs as a list": ({}, {"inputs": []}, 422, "InvalidRequest"),
    "a body that is no object": ({}, [], 422, "InvalidRequest"),  # type: ignore[dict-item]
    "inputs over 128 KiB": ({}, {"inputs": {"x": "y" * 132_000}}, 413, "InputsTooLarge"),
    "a body over 1 MiB": ({}, {"inputs": {"x": "y" * (1 << 20)}}, 413, "TooLarge"),
    "private, of another owner": (
        {"sharing": {"visibility": "Private"}},
        {},
        404,
        "WorkflowNotFound",
    ),
}


@pytest.mark.parametrize(("spec", "body", "status", "reason"), REFUSALS.values(), ids=REFUSALS)
async def test_refused(spec: dict[str, Any], body: Any, status: int, reason: str) -> None:
    cluster = a_cluster(**spec)

    async with client(cluster) as http:
        answer = await http.post(PATH, json=body)

    problem = ProblemAnswer.model_validate(answer.json())
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem.status, problem.type) == (status, f"urn:sluice:problem:{reason}")
    assert not cluster.runs


async def test_a_wrong_field_is_named() -> None:
    async with client(a_cluster(inputs=SCHEMA)) as http:
        unknown = (await http.post(PATH, json={"input": {}})).json()
        missing = (await http.post(PATH, json={})).json()

    assert [error["path"] for error in unknown["errors"]] == ["input"]
    assert [error["path"] for error in missing["errors"]] == ["inputs.day"]


SHARED = {
    "user": {"users": ["system:serviceaccount:shop:alice"]},
    "group": {"groups": ["buyers"]},
}


@pytest.mark.parametrize("named", SHARED.values(), ids=SHARED)
async def test_a_private_workflow_is_seen_by_those_it_names(named: dict[str, Any]) -> None:
    async with client(a_cluster(sharing={"visibility": "Private", **named})) as http:
        assert (await http.post(PATH)).status_code == 202


async def test_an_invalid_workflow_is_409_with_the_words_of_its_condition() -> None:
    workflow = a_workflow()
    workflow["status"] = {
        "conditions": [{"type": "Valid", "status": "False", "message": "a → b → a is a cycle"}]
    }
    cluster = Cluster()
    cluster.add(workflow)

    async with client(cluster) as http:
        answer = await http.post(PATH)

    assert answer.status_code == 409
    assert "a → b → a is a cycle" in answer.json()["detail"]


async def test_a_workflow_repaired_since_is_not_held_to_its_old_condition() -> None:
    workflow = a_workflow()
    workflow["metadata"]["generation"] = 2
    workflow["status"] = {
        "conditions": [
            {"type": "Valid", "status": "False", "message": "old", "observedGeneration": 1}
        ]
    }
    cluster = Cluster()
    cluster.add(workflow)

    async with client(cluster) as http:
        assert (await http.post(PATH)).status_code == 202


async def test_a_workflow_made_just_now_is_found_by_one_read() -> None:
    cluster = Cluster(late={Key("shop", "etl"): a_workflow()})

    async with client(cluster) as http:
        assert (await http.post(PATH)).status_code == 202
        assert (await http.post(PATH.replace("etl", "other"))).status_code == 404


async def test_the_same_key_and_body_make_one_run_and_one_answer() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        answers = [
            await http.post(PATH, json={"inputs": {"a": 1}}, headers={"Idempotency-Key": "k"})
            for _ in range(2)
        ]

    assert answers[0].json() == answers[1].json()
    assert len(cluster.runs) == 1


async def test_the_same_key_waits_for_the_run_that_is_there() -> None:
    cluster = a_cluster()

    async with client(cluster, sync_seconds=0.01) as http:
        headers = {"Idempotency-Key": "k"}
        first = await http.post(PATH, json={"sync": True}, headers=headers)
        cluster.finish(Key("shop", first.json()["execution_id"]), ENDED)
        second = await http.post(PATH, json={"sync": True}, headers=headers)

    assert (first.status_code, second.status_code) == (202, 200)
    assert second.json()["output"] == {"rows": 3}


async def test_the_same_key_with_another_body_is_422() -> None:
    async with client(a_cluster()) as http:
        headers = {"Idempotency-Key": "k"}
        await http.post(PATH, json={"inputs": {"a": 1}}, headers=headers)
        answer = await http.post(PATH, json={"inputs": {"a": 2}}, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:sluice:problem:IdempotencyKeyReused"


async def test_what_was_accepted_once_is_not_refused_when_repeated() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        headers = {"Idempotency-Key": "k"}
        first = await http.post(PATH, headers=headers)
        cluster.add(a_workflow(state="Paused"))
        again = await http.post(PATH, headers=headers)
        other = await http.post(PATH, headers={"Idempotency-Key": "l"})

    assert first.json() == again.json()
    assert other.status_code == 409


HOSTS = {
    "the Service's name": ("workflow-etl.shop.svc", 202),
    "the short name, in the caller's namespace": ("workflow-etl", 202),
    "another workflow's": ("workflow-other.shop.svc", 404),
    "the gateway's own": ("sluice-gateway.sluice-system.svc", 404),
}


@pytest.mark.parametrize(("host", "status"), HOSTS.values(), ids=HOSTS)
async def test_the_host_says_which_workflow(host: str, status: int) -> None:
    async with client(a_cluster()) as http:
        answer = await http.post("/trigger", headers={"Host": host})

    assert answer.status_code == status


async def test_a_short_name_means_nothing_to_a_caller_without_a_namespace() -> None:
    async with client(a_cluster(), token="bob") as http:
        answer = await http.post("/trigger", headers={"Host": "workflow-etl"})

    assert (answer.status_code, answer.json()["type"]) == (
        400,
        "urn:sluice:problem:NamespaceMissing",
    )


async def test_an_api_server_that_is_away_is_503_with_a_time_to_come_back() -> None:
    cluster = a_cluster()
    cluster.failure = errors.Unavailable(0, "Unreachable", "refused")

    async with client(cluster) as http:
        answer = await http.post(PATH)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_a_burst_of_one_token_is_reviewed_once() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        answers = await asyncio.gather(*(http.post(PATH) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {202}
    assert cluster.reviewed == 1
