"""Events over HTTP, with a cluster in memory: whom they set off, and what is told of the others."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sluice_gateway.schemas.events import EventAnswer, EventsAnswer, EventTypes
from sluice_gateway.schemas.problem import ProblemAnswer
from sluice_kube import errors
from testkit.gateway_app import Cluster, a_workflow, client

PATH = "/api/v1/namespaces/shop/events"
STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
PAID = {"event_type": "order.paid", "event_data": {"order": 7, "total": 12.5}}
CLOUD = {"specversion": "1.0", "id": "a", "source": "/shop", "type": "order.paid"}


def on(type_: str = "order.paid", name: str = "paid", **event: Any) -> dict[str, Any]:
    enabled = event.pop("enabled", True)
    return {"name": name, "enabled": enabled, "event": {"type": type_, **event}}


def a_cluster(**flows: dict[str, Any]) -> Cluster:
    cluster = Cluster()
    for name, spec in flows.items():
        cluster.add(a_workflow(name, **{"triggers": [on()], **spec}))
    return cluster


async def publish(
    cluster: Cluster, body: Any = PAID, path: str = PATH, **headers: str
) -> httpx.Response:
    async with client(cluster) as http:
        return await http.post(path, json=body, headers=headers)


async def test_every_workflow_with_a_trigger_for_it_runs() -> None:
    cluster = a_cluster(one={"title": "The first"}, two={}, other={"triggers": [on("order.sent")]})
    cluster.add(a_workflow("none"))

    answer = EventAnswer.model_validate((await publish(cluster)).json())

    assert (answer.event_type, answer.source) == ("order.paid", "platform")
    assert (answer.workflows_triggered, answer.workflows_failed, answer.workflows_skipped) == (
        *(2, 0, 0),
    )
    assert [(one.workflowId, one.workflowName, one.status) for one in answer.results] == [
        ("one", "The first", "started"),
        ("two", "two", "started"),
    ]
    runs = {key.name: run["spec"] for key, run in cluster.runs.items()}
    assert runs.keys() == {one.executionId for one in answer.results}
    [first, _] = runs.values()
    assert first["inputs"] == {"order": 7, "total": 12.5}
    assert first["trigger"] == {
        "type": "Event",
        "name": "paid",
        "event": "order.paid",
        "source": "platform",
        "id": answer.id,
    }


WHY_NOT: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "another value": (
        {"triggers": [on(match={"data.order": 8})]},
        *("skipped", "NoMatch", "match: data.order has another value"),
    ),
    "a filter that is false": (
        {"triggers": [on(filter="event.data.total > 100.0")]},
        *("skipped", "NoMatch", "filter: it is false"),
    ),
    "a filter that fails": (
        {"triggers": [on(filter="event.data.size > 1")]},
        *("skipped", "NoMatch", "filter: the event has no size"),
    ),
    "switched off": (
        {"triggers": [on(enabled=False)]},
        *("skipped", "TriggerDisabled", "the trigger is not enabled"),
    ),
    "paused": ({"state": "Paused"}, "refused", "WorkflowPaused", "workflow etl is paused"),
    "inputs that do not fit": (
        {"inputs": {"required": ["day"]}},
        *("refused", "InvalidInputs", "the inputs do not fit"),
    ),
}


@pytest.mark.parametrize(("spec", "status", "reason", "message"), WHY_NOT.values(), ids=WHY_NOT)
async def test_why_a_workflow_does_not_run_is_told(
    spec: dict[str, Any], status: str, reason: str, message: str
) -> None:
    cluster = a_cluster(etl=spec)

    answer = EventAnswer.model_validate((await publish(cluster)).json())

    [result] = answer.results
    assert (result.status, result.reason) == (status, reason)
    assert (result.message or "").startswith(message)
    assert not cluster.runs


async def test_two_triggers_of_a_workflow_have_a_run_each() -> None:
    cluster = a_cluster(etl={"triggers": [on(), on(name="big", filter="event.data.total > 10.0")]})

    answer = EventAnswer.model_validate((await publish(cluster)).json())

    assert [one.trigger for one in answer.results] == ["paid", "big"]
    assert len(cluster.runs) == 2


async def test_a_private_workflow_of_another_is_not_told_of() -> None:
    cluster = a_cluster(etl={"sharing": {"visibility": "Private"}})

    answer = EventAnswer.model_validate((await publish(cluster)).json())

    assert answer.results == []
    assert not cluster.runs


async def test_a_workflow_that_changes_or_goes_is_not_run_for_what_it_was() -> None:
    cluster = a_cluster(etl={}, gone={})
    cluster.add(a_workflow("etl", triggers=[on("order.sent")]))
    leaving = a_workflow("gone", triggers=[on()])
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    cluster.add(leaving)

    assert (await publish(cluster)).json()["results"] == []
    assert (await publish(cluster, {"event_type": "order.sent"})).json()["workflows_triggered"] == 1


FORMS: dict[str, tuple[Any, dict[str, str]]] = {
    "ours": (PAID | {"event_id": "a", "source": "/shop"}, {}),
    "a structured CloudEvent": (CLOUD | {"data": PAID["event_data"]}, STRUCTURED),
    "a binary CloudEvent": (
        PAID["event_data"],
        {
            "ce-specversion": "1.0",
            "ce-id": "a",
            "ce-source": "%2Fshop",
            "ce-type": "order.paid",
        },
    ),
}


@pytest.mark.parametrize(("body", "headers"), FORMS.values(), ids=FORMS)
async def test_every_form_is_the_same_event_and_coming_again_makes_no_second_run(
    body: Any, headers: dict[str, str]
) -> None:
    cluster = a_cluster(etl={})

    first = await publish(cluster, PAID | {"event_id": "a", "source": "/shop"})
    again = await publish(cluster, body, **headers)

    [run] = cluster.runs.values()
    assert again.status_code == 200, again.text
    assert again.json()["results"] == first.json()["results"]
    assert run["spec"]["inputs"] == PAID["event_data"]


async def test_without_an_id_each_is_an_event_of_its_own_unless_there_is_a_key() -> None:
    cluster = a_cluster(etl={})

    for _ in range(2):
        await publish(cluster)
    for _ in range(2):
        await publish(cluster, **{"Idempotency-Key": "k"})

    assert len(cluster.runs) == 3


async def test_the_same_id_with_other_data_is_refused() -> None:
    cluster = a_cluster(etl={})

    await publish(cluster, PAID | {"event_id": "a"})
    answer = await publish(cluster, {"event_type": "order.paid", "event_id": "a"})

    [result] = answer.json()["results"]
    assert (result["status"], result["reason"]) == ("refused", "IdempotencyKeyReused")


async def test_a_batch_is_answered_event_by_event() -> None:
    cluster = a_cluster(etl={})
    batch = [CLOUD, CLOUD | {"id": "b"}, CLOUD | {"id": "c", "type": "nothing"}]

    answer = EventsAnswer.model_validate((await publish(cluster, batch, **BATCH)).json())

    assert [one.workflows_triggered for one in answer.events] == [1, 1, 0]


async def test_binary_data_arrives_as_base64() -> None:
    cluster = a_cluster(etl={})
    event = CLOUD | {"data_base64": "/w==", "datacontenttype": "image/png"}

    await publish(cluster, event, **STRUCTURED)

    [run] = cluster.runs.values()
    assert run["spec"]["inputs"] == {"base64": "/w==", "contentType": "image/png"}


async def test_what_the_sender_adds_to_an_event_can_be_matched() -> None:
    cluster = a_cluster(etl={"triggers": [on(match={"region": "eu", "subject": "s"})]})

    answer = await publish(cluster, CLOUD | {"region": "eu", "subject": "s"}, **STRUCTURED)

    assert answer.json()["workflows_triggered"] == 1


BAD: dict[str, tuple[Any, dict[str, str], int, str]] = {
    "no type": ({}, {}, 422, "event_type"),
    "an unknown field": (PAID | {"data": 1}, {}, 422, "data"),
    "a CloudEvent without an id": ({**CLOUD, "id": ""}, STRUCTURED, 422, "id"),
    "another version": (CLOUD | {"specversion": "2.0"}, STRUCTURED, 422, "specversion"),
    "a time as a number": (CLOUD | {"time": 0}, STRUCTURED, 422, "time"),
    "a time as a number in a text": (CLOUD | {"time": "1735689600"}, STRUCTURED, 422, "time"),
    "a time without a zone": (CLOUD | {"time": "2026-01-01T00:00:00"}, STRUCTURED, 422, "time"),
    "data that is not base64": (CLOUD | {"data_base64": "!"}, STRUCTURED, 422, "data_base64"),
    "a batch that is no list": (CLOUD, BATCH, 422, "body"),
    "the second of a batch": ([CLOUD, {}], BATCH, 422, "1.specversion"),
    "a list": ([], {}, 422, "body"),
    "a binary one without an id": ({}, {"ce-type": "x", "ce-specversion": "1.0"}, 422, "id"),
    "a binary one with data in a header": (
        *({}, {"ce-type": "x", "ce-data": "1"}, 422, "ce-data"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "headers", "status", "path"), BAD.values(), ids=BAD)
async def test_a_wrong_event_is_refused_by_its_field(
    body: Any, headers: dict[str, str], status: int, path: str
) -> None:
    cluster = a_cluster(etl={})

    answer = await publish(cluster, body, **headers)

    problem = ProblemAnswer.model_validate(answer.json())
    assert (problem.status, path in {one.path for one in problem.errors}) == (status, True)
    assert not cluster.runs


async def test_a_batch_has_a_bound() -> None:
    answer = await publish(a_cluster(), [CLOUD] * 101, **BATCH)

    assert (answer.status_code, answer.json()["type"]) == (413, "urn:sluice:problem:TooManyEvents")


async def test_an_api_server_that_is_away_is_503_and_the_event_can_be_sent_again() -> None:
    cluster = a_cluster(etl={})
    cluster.failure = errors.Unavailable(0, "Unreachable", "refused")

    answer = await publish(cluster)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_publishing_needs_the_right_to_trigger() -> None:
    cluster = a_cluster(etl={})
    cluster.denied.add("create workflows/trigger")

    assert (await publish(cluster)).status_code == 403
    assert (await publish(cluster, path="/api/v1/workflows/events")).status_code == 403


async def test_the_catalogue_numbers_the_types_and_shows_their_variables() -> None:
    async with client(a_cluster()) as http:
        answer = await http.get("/api/v1/event-types")

    known = EventTypes.model_validate(answer.json(), by_alias=True)
    by_name = {one.name: one for one in known.event_types}
    numbers = [one.number for one in known.event_types if one.number is not None]
    assert numbers == list(range(28))
    assert known.count == len(known.event_types) == 28 + 4 + 4 + 1
    assert {"document.uploaded", "workflows.step.failed", "order.paid"} <= by_name.keys()
    assert "{{ data.call.name }}" in {one.template for one in by_name["CallAdded"].variables}
    for one in known.event_types:
        assert all(_is_at(one.sample, variable.path) for variable in one.variables), one.name


def _is_at(sample: dict[str, Any], path: str) -> bool:
    parts: Iterator[str] = iter(path.split("."))
    here: Any = sample
    for part in parts:
        if part not in here:
            return False
        here = here[part]
    return True


@pytest.mark.parametrize("key", ["", " ", "\x7f", "x" * 256])
async def test_a_key_that_is_none_is_refused_also_beside_an_id(key: str) -> None:
    async with client(a_cluster()) as http:
        answer = await http.post(
            "/api/v1/events",
            json=CLOUD,
            headers={"Content-Type": STRUCTURED["Content-Type"], "Idempotency-Key": key},
        )

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, "Idempotency-Key")
