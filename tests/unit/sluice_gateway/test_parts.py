"""A workflow's graph over HTTP, piece by piece, with a cluster in memory."""

from typing import Any

import pytest

from sluice_gateway.forms.connections import Connection
from sluice_gateway.objects import etag
from sluice_gateway.schemas.parts import (
    ConnectionAnswer,
    MappingsAnswer,
    NodeAnswer,
    NodeList,
    PassthroughAnswer,
)
from sluice_gateway.schemas.schedule import ScheduleAnswer
from sluice_kube.resources import Key
from testkit.gateway_app import CREATED, Cluster, a_workflow, client

BASE = "/api/v1/namespaces/shop/workflows/etl"
SAY = {"name": "say", "action": "log", "with": {"message": "hello"}}
THEN = {"name": "then", "action": "log", "with": {"message": "bye"}}


def a_cluster(**spec: Any) -> Cluster:
    cluster = Cluster()
    cluster.add(a_workflow(**{"steps": [SAY, THEN], **spec}))
    return cluster


def steps(cluster: Cluster) -> dict[str, Any]:
    return {step["name"]: step for step in cluster.live[Key("shop", "etl")]["spec"]["steps"]}


def needs(cluster: Cluster) -> dict[str, list[str]]:
    return {name: step.get("needs") for name, step in steps(cluster).items()}


@pytest.mark.parametrize("noun", ["steps", "nodes"])
async def test_steps_are_told_as_nodes(noun: str) -> None:
    async with client(a_cluster()) as http:
        answer = await http.get(f"{BASE}/{noun}")
        one = await http.get(f"{BASE}/{noun}/then")

    listed = NodeList.model_validate(answer.json())
    assert [(node.id, node.inbound_connections) for node in listed.nodes] == [
        ("say", 0),
        ("then", 1),
    ]
    assert NodeAnswer.model_validate(one.json()).node.config == {"message": "bye"}


ADDED: dict[str, tuple[dict[str, Any], str, dict[str, list[str]]]] = {
    "a node": (
        {"nodeId": "log", "id": "new", "config": {"message": "x"}, "label": "New"},
        "new",
        {"say": [], "then": ["say"], "new": []},
    ),
    "a node without an id": (
        {"nodeType": "log", "config": {"message": "x"}},
        "node",
        {"say": [], "then": ["say"], "node": []},
    ),
    "a step of ours": (
        {"name": "new", "action": "log", "with": {"message": "x"}, "needs": ["then"]},
        "new",
        {"say": [], "then": ["say"], "new": ["then"]},
    ),
}


@pytest.mark.parametrize(("body", "name", "graph"), ADDED.values(), ids=ADDED)
async def test_a_step_is_added(
    body: dict[str, Any], name: str, graph: dict[str, list[str]]
) -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        answer = await http.post(f"{BASE}/nodes", json=body)

    assert (answer.status_code, answer.json()["nodeId"]) == (201, name)
    assert needs(cluster) == graph


def numbered(order: int, **changes: Any) -> dict[str, Any]:
    config = '{"Url": "https://example.com/{{ call.id }}"}'
    body = {"ActionType": 3, "StepOrder": order, "ActionConfig": config}
    return {**body, "OutputTemplate": "{{ call.name }}", **changes}


async def test_numbered_steps_stand_in_their_order_and_a_tie_is_refused() -> None:
    cluster = a_cluster(steps=[])

    async with client(cluster) as http:
        for order in (5, 1, 3):
            assert (await http.post(f"{BASE}/steps", json=numbered(order))).status_code == 201
        tie = await http.post(f"{BASE}/steps", json=numbered(3))

    assert needs(cluster) == {"step_1": [], "step_3": ["step_1"], "step_5": ["step_3"]}
    assert steps(cluster)["step_1"]["with"]["body"] == "{{ inputs.call.name }}"
    assert (tie.status_code, tie.json()["errors"][0]["path"]) == (422, "StepOrder")


async def test_a_nodes_config_is_merged_wrapped_or_not() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        await http.put(f"{BASE}/nodes/say", json={"config": {"level": "debug"}, "label": "Say"})
        answer = await http.put(f"{BASE}/nodes/say", json={"message": "x"})

    assert answer.status_code == 200
    assert steps(cluster)["say"]["with"] == {"message": "x", "level": "debug"}
    assert (steps(cluster)["say"]["title"], needs(cluster)["then"]) == ("Say", ["say"])


async def test_a_step_of_ours_is_replaced() -> None:
    cluster = a_cluster()
    body = {"action": "log", "with": {"message": "x"}}

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/steps/then", json=body)

    assert answer.status_code == 200
    assert steps(cluster)["then"] == {"name": "then", "needs": ["say"], **body}


async def test_a_step_that_is_replaced_by_one_of_another_name_is_answered_by_that() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/steps/say", json={**SAY, "name": "tell"})

    assert (answer.status_code, answer.json()["nodeId"]) == (200, "tell")
    assert needs(cluster) == {"tell": [], "then": ["tell"]}


async def test_a_step_of_ours_whose_needs_are_null_waits_for_the_step_that_it_waited_for() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/steps/then", json={**THEN, "needs": None})

    assert (answer.status_code, needs(cluster)["then"]) == (200, ["say"])


async def test_a_step_is_removed_with_its_connections() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        answer = await http.delete(f"{BASE}/nodes/say")
        again = await http.delete(f"{BASE}/nodes/say")

    assert answer.json() == {
        "removed": True,
        "nodeId": "say",
        "removedConnections": 1,
        "workflowId": "etl",
    }
    assert (needs(cluster), again.status_code) == ({"then": []}, 404)


async def test_values_are_mapped_and_passed_through() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        mapped = await http.put(
            f"{BASE}/nodes/then/input-mappings", json={"mappings": {"day": "inputs.day"}}
        )
        passed = await http.put(
            f"{BASE}/nodes/then/passthrough-values", json={"values": {"id": "inputs.id"}}
        )

    assert MappingsAnswer.model_validate(mapped.json()).input_mappings == {"day": "inputs.day"}
    assert PassthroughAnswer.model_validate(passed.json()).passThroughValues == {"id": "inputs.id"}
    then = steps(cluster)["then"]
    assert (then["inputs"], then["passthrough"]) == ({"day": "inputs.day"}, {"id": "inputs.id"})


async def test_steps_are_connected_and_disconnected() -> None:
    cluster = a_cluster(steps=[{**SAY, "needs": []}, {**THEN, "needs": []}])
    ends = {"sourceNodeId": "say", "targetNodeId": "then"}

    async with client(cluster) as http:
        made = await http.post(f"{BASE}/connections", json=ends)
        connected = needs(cluster)
        twice = await http.post(f"{BASE}/connections", json=ends)
        identity = ConnectionAnswer.model_validate(made.json()).connection_id
        gone = await http.delete(f"{BASE}/connections/{identity}")

    assert (made.status_code, twice.status_code, gone.status_code) == (201, 409, 200)
    assert connected["then"] == ["say"]
    assert needs(cluster)["then"] == []
    assert gone.json()["warnings"] == [
        {"type": "disconnected", "nodeId": "then", "message": "it runs at once now"}
    ]


EDITS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/nodes", {"nodeId": "log", "id": "new", "config": {"message": "x"}}),
    ("PUT", "/nodes/new", {"message": "y"}),
    ("PUT", "/nodes/new/input-mappings", {"mappings": {"day": "inputs.day"}}),
    ("PUT", "/nodes/new/passthrough-values", {"values": {"id": "inputs.id"}}),
    ("POST", "/connections", {"sourceNodeId": "then", "targetNodeId": "new"}),
    ("DELETE", f"/connections/{Connection('then', 'new').identity}", {}),
    ("DELETE", "/nodes/new", {}),
    ("POST", "/layout", {}),
    ("POST", "/schedule", {"cron_expression": "0 9 * * 1-5"}),
    ("PUT", "/schedule", {"enabled": False}),
    ("PUT", "/lifecycle", {"type": "on-demand"}),
    ("POST", "/stop", {}),
    ("POST", "/start", {}),
    ("POST", "/share", {"userId": "bob"}),
    ("POST", "/undeploy", {}),
    ("POST", "/deploy", {}),
    ("DELETE", "/schedule", {}),
)


async def test_changes_follow_each_other_by_the_etags_of_their_answers() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        version = (await http.get(f"{BASE}/nodes")).headers["etag"]
        for method, path, body in EDITS:
            headers = {"If-Match": version}
            answer = await http.request(method, BASE + path, json=body, headers=headers)
            assert answer.status_code < 300, (path, answer.text)
            version = answer.headers.get("etag", "")
        read = (await http.get(f"{BASE}/lifecycle")).headers["etag"]

    assert version == ""  # 204
    assert read == etag(cluster.live[Key("shop", "etl")])


BAD: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "a step that is not known": ("POST", "/nodes", {"nodeId": "dance"}, "nodeId"),
    "a step of nothing": ("POST", "/steps", {}, "nodeId"),
    "a step of ours without a name": ("POST", "/steps", {"action": "log"}, "name"),
    "needs that are no list": ("PUT", "/steps/say", {"action": "log", "needs": 5}, "needs"),
    "a place that is no number": (
        "POST",
        "/nodes",
        {"nodeId": "log", "position": {"x": True, "y": 0}},
        "position",
    ),
    "an unknown field": ("POST", "/nodes", {"nodeId": "log", "colour": 1}, "colour"),
    "a port that the action does not have": (
        "POST",
        "/connections",
        {"sourceNodeId": "say", "sourcePort": "true", "targetNodeId": "then"},
        "spec.steps[1].needs[1]",
    ),
    "a connection in a circle": (
        "POST",
        "/connections",
        {"sourceNodeId": "then", "targetNodeId": "say"},
        "spec.steps[0].needs",
    ),
    "a path that is no text": (
        "PUT",
        "/nodes/say/input-mappings",
        {"mappings": {"a": 1}},
        "mappings.a",
    ),
    "a time that never comes": (
        "POST",
        "/schedule",
        {"cron_expression": "0 0 31 2 *"},
        "cron_expression",
    ),
    "no time": ("POST", "/schedule", {"timezone": "UTC"}, "cron_expression"),
}


@pytest.mark.parametrize(("method", "path", "body", "where"), BAD.values(), ids=BAD)
async def test_what_cannot_be_meant_changes_nothing(
    method: str, path: str, body: dict[str, Any], where: str
) -> None:
    cluster = a_cluster()
    before = steps(cluster)

    async with client(cluster) as http:
        answer = await http.request(method, BASE + path, json=body)

    assert (answer.status_code, steps(cluster)) == (422, before)
    assert where in [fault["path"] for fault in answer.json()["errors"]]


# -- schedule


async def test_a_schedule_is_made_changed_and_taken_away() -> None:
    cluster = a_cluster()
    first = {"cron_expression": "0 9 * * 1-5", "timezone": "America/New_York"}

    async with client(cluster) as http:
        none = await http.get(f"{BASE}/schedule")
        made = await http.post(f"{BASE}/schedule", json=first)
        twice = await http.post(f"{BASE}/schedule", json=first)
        changed = await http.put(
            f"{BASE}/schedule", json={"cron_expression": "0 10 * * 1-5", "enabled": False}
        )
        gone = await http.delete(f"{BASE}/schedule")

    assert (none.status_code, made.status_code, twice.status_code) == (404, 201, 409)
    shown = ScheduleAnswer.model_validate(changed.json())
    assert (shown.cron_expression, shown.timezone) == ("0 10 * * 1-5", "America/New_York")
    assert (shown.enabled, gone.status_code) == (False, 204)
    assert cluster.live[Key("shop", "etl")]["spec"]["triggers"] == []


async def test_the_time_of_a_schedule_that_was_changed_is_not_known_yet() -> None:
    cluster = a_cluster()
    times = [{"name": "schedule", "lastTime": CREATED, "nextTime": "2027-01-01T09:00:00Z"}]
    trigger = {"name": "schedule", "schedule": {"cron": "0 9 1 1 *", "timeZone": "UTC"}}
    status = {"observedGeneration": 1, "triggers": times}
    cluster.add(a_workflow(steps=[SAY], triggers=[trigger]) | {"status": status})

    async with client(cluster) as http:
        known = await http.get(f"{BASE}/schedule")
        changed = await http.put(f"{BASE}/schedule", json={"cron_expression": "0 9 2 1 *"})
        soon = await http.get(f"{BASE}/schedule")

    assert known.json()["nextRunAt"] == "2027-01-01T09:00:00Z"
    assert (changed.json()["nextRunAt"], soon.json()["nextRunAt"]) == (None, None)
    assert soon.json()["lastRunAt"] == CREATED


async def test_connections_made_at_once_in_both_directions_are_no_circle() -> None:
    """Each is fine by itself: the second is judged again, by what the first has left."""
    cluster = a_cluster(steps=[{**SAY, "needs": []}, {**THEN, "needs": []}])
    rival = a_workflow(steps=[{**SAY, "needs": []}, {**THEN, "needs": ["say"]}])
    rival["metadata"]["resourceVersion"] = "2"
    cluster.rivals.append(rival)

    async with client(cluster) as http:
        body = {"sourceNodeId": "then", "targetNodeId": "say"}
        answer = await http.post(f"{BASE}/connections", json=body)

    assert (answer.status_code, "wait for each other" in answer.text) == (422, True)
    assert needs(cluster) == {"say": [], "then": ["say"]}


async def test_a_step_whose_number_changes_stands_at_its_new_place() -> None:
    cluster = a_cluster(steps=[])

    async with client(cluster) as http:
        for order in (1, 2, 3):
            await http.post(f"{BASE}/steps", json=numbered(order))
        later = await http.put(f"{BASE}/steps/step_1", json=numbered(5))
        first = needs(cluster)
        same = await http.put(f"{BASE}/steps/step_3", json=numbered(3))

    assert (later.status_code, same.status_code) == (200, 200)
    assert first == {"step_2": [], "step_3": ["step_2"], "step_5": ["step_3"]}
    assert needs(cluster) == first
