"""Workflows over HTTP, with a cluster in memory."""

import base64
from typing import Any

import httpx
import pytest

from sluice_gateway.objects import etag
from sluice_gateway.schemas.design import ValidationAnswer
from sluice_gateway.schemas.workflows import WorkflowDetail, WorkflowList, WorkflowMade
from sluice_kube.resources import CREDENTIALS, SECRETS, Key
from testkit.gateway_app import Cluster, a_workflow, client

BASE = "/api/v1/namespaces/shop/workflows"
SAY = {"name": "say", "action": "log", "with": {"message": "hello"}}
NODES = {
    "name": "Greet people",
    "nodes": [{"id": "say", "nodeId": "log", "config": {"message": "hello"}}],
    "connections": [],
}


def a_cluster(*names: str, **spec: Any) -> Cluster:
    cluster = Cluster()
    for name in names or ("etl",):
        cluster.add(a_workflow(name, **{"steps": [SAY], **spec}))
    return cluster


def spec_of(cluster: Cluster, name: str = "etl") -> dict[str, Any]:
    spec: dict[str, Any] = cluster.live[Key("shop", name)]["spec"]
    return spec


# -- make


async def test_a_workflow_is_made_in_the_form_of_nodes() -> None:
    cluster = Cluster()

    async with client(cluster) as http:
        answer = await http.post(BASE, json=NODES)
        shown = await http.get(f"{BASE}/greet-people")

    made = WorkflowMade.model_validate(answer.json())
    live = cluster.live[Key("shop", "greet-people")]
    assert (answer.status_code, made.workflow_id, made.status) == (201, "greet-people", "draft")
    assert answer.headers["location"] == made.url
    assert answer.headers["etag"] == shown.headers["etag"]
    assert live["spec"]["steps"] == [{**SAY, "needs": []}]
    assert live["metadata"]["annotations"] == {
        "sluice.dev/owner": "system:serviceaccount:shop:alice"
    }


async def test_a_workflow_is_made_in_our_own_form_with_its_name() -> None:
    cluster = Cluster()
    body = {"metadata": {"name": "mine", "labels": {"a": "b"}}, "spec": {"steps": [SAY]}}

    async with client(cluster) as http:
        answer = await http.post(BASE, json=body)
        again = await http.post(BASE, json=body)

    assert (answer.status_code, again.status_code) == (201, 409)
    assert cluster.live[Key("shop", "mine")]["metadata"]["labels"] == {"a": "b"}


async def test_a_title_that_is_taken_gets_a_number() -> None:
    async with client(Cluster()) as http:
        names = [(await http.post(BASE, json=NODES)).json()["id"] for _ in range(3)]

    assert names == ["greet-people", "greet-people-2", "greet-people-3"]


async def test_an_idempotency_key_makes_one_workflow() -> None:
    cluster = Cluster()
    key = {"Idempotency-Key": "once"}

    async with client(cluster) as http:
        first = await http.post(BASE, json=NODES, headers=key)
        second = await http.post(BASE, json=NODES, headers=key)
        other = await http.post(BASE, json={**NODES, "name": "Greet others"},
                                headers=key)  # fmt: skip

    assert (first.status_code, second.status_code, other.status_code) == (201, 201, 422)
    assert first.json()["id"] == second.json()["id"]
    assert len(cluster.live) == 1


async def test_what_was_carried_over_otherwise_is_a_warning() -> None:
    cluster = Cluster(others={CREDENTIALS: []})
    body = {"name": "x", "nodes": NODES["nodes"], "settings": {"maxRetries": 9}}

    async with client(cluster) as http:
        answer = await http.post(BASE, json=body)

    assert "Clamped" in {one["type"] for one in answer.json()["warnings"]}


BAD: dict[str, tuple[Any, int, str]] = {
    "an unknown field": ({**NODES, "colour": "red"}, 422, "colour"),
    "an unknown action": (
        {"spec": {"steps": [{"name": "a", "action": "dance"}]}},
        422,
        "spec.steps[0].action",
    ),
    "a field that the kind does not have": (
        {"spec": {"steps": [], "colour": "red"}},
        422,
        "spec.colour",
    ),
    "an event that no number stands for": (
        {"Name": "x", "TriggerEventType": 28},
        422,
        "TriggerEventType",
    ),
    "no object": ([], 422, "body"),
    "a name that is no text": ({"metadata": {"name": 5}, "spec": {}}, 422, "metadata.name"),
    "labels that are no texts": (
        {"metadata": {"labels": {"a": 1}}, "spec": {}},
        422,
        "metadata.labels",
    ),
    "a path that is no text": (
        {"name": "x", "nodes": [{"nodeId": "log", "inputMappings": {"a": 1}}]},
        422,
        "nodes[0].inputMappings",
    ),
}


@pytest.mark.parametrize(("body", "status", "path"), BAD.values(), ids=BAD)
async def test_a_body_that_makes_no_workflow(body: Any, status: int, path: str) -> None:
    cluster = Cluster()

    async with client(cluster) as http:
        answer = await http.post(BASE, json=body)

    assert (answer.status_code, cluster.live) == (status, {})
    assert path in [fault["path"] for fault in answer.json()["errors"]]


async def test_a_webhook_without_authentication_needs_a_key_that_is_there() -> None:
    body = {"name": "x", "definition": {"steps": [{"id": "a", "type": "transform",
            "config": {"template": 1}}]}, "trigger_type": "webhook"}  # fmt: skip
    cluster = Cluster(writes_in=())

    async with client(cluster) as http:
        without = await http.post(BASE, json=body)
        cluster.secrets["shop"] = {"webhook": base64.b64encode(b"k" * 32).decode()}
        with_key = await http.post(BASE, json=body)

    assert (without.status_code, with_key.status_code) == (422, 201)
    assert "kubectl -n shop create secret" in without.json()["detail"]


HOOKED = {
    "name": "x",
    "definition": {"steps": [{"id": "a", "type": "transform", "config": {"template": 1}}]},
    "trigger_type": "webhook",
}


async def test_where_secrets_are_written_the_key_is_made_and_told_once() -> None:
    cluster = Cluster()
    theirs = {"metadata": {"name": "sluice-webhooks", "namespace": "shop", "resourceVersion": "1"},
              "data": {"other": "eA=="}}  # fmt: skip
    cluster.objects[SECRETS.plural, Key.of(theirs)] = theirs

    async with client(cluster) as http:
        first = await http.post(BASE, json=HOOKED)
        second = await http.post(BASE, json=HOOKED)

    data = cluster.objects[SECRETS.plural, Key.of(theirs)]["data"]
    [(name, key)] = WorkflowMade.model_validate(first.json()).webhook_keys.items()
    assert (first.status_code, second.status_code) == (201, 201)
    assert (data["other"], base64.b64decode(data[name]).decode()) == ("eA==", key)
    assert "webhookKeys" not in second.json()


async def test_a_key_is_made_for_who_may_write_that_secret() -> None:
    cluster = Cluster(denied={"update secrets"})

    async with client(cluster) as http:
        answer = await http.post(BASE, json=HOOKED)

    assert (answer.status_code, cluster.live, cluster.objects) == (403, {}, {})


# -- see


CHANGES: dict[str, tuple[dict[str, Any], bool]] = {
    "a status is written": ({"status": {"version": 1}}, False),
    "it has another resourceVersion": ({"metadata": {"uid": "u", "resourceVersion": "9"}}, False),
    "its spec is changed": ({"spec": {"steps": []}}, True),
    "it has a label": ({"metadata": {"uid": "u", "labels": {"a": "b"}}}, True),
    "it has an annotation": ({"metadata": {"uid": "u", "annotations": {"a": "b"}}}, True),
    "it is a namesake": ({"metadata": {"uid": "v"}}, True),
}


@pytest.mark.parametrize(("changed", "differs"), CHANGES.values(), ids=CHANGES)
def test_an_etag_is_of_what_people_change(changed: dict[str, Any], differs: bool) -> None:
    before = {"metadata": {"uid": "u", "resourceVersion": "1"}, "spec": {"steps": [SAY]}}

    assert (etag(before | changed) != etag(before)) is differs


async def test_a_workflow_is_shown_with_its_version_as_etag() -> None:
    cluster = a_cluster(title="Daily", tags=["a"])

    async with client(cluster) as http:
        answer = await http.get(f"{BASE}/etl")

    detail = WorkflowDetail.model_validate(answer.json())
    shown = etag(cluster.live[Key("shop", "etl")])
    assert (answer.status_code, answer.headers["etag"]) == (200, shown)
    assert (detail.name, detail.id, detail.tags, detail.steps_count) == ("Daily", "etl", ["a"], 1)
    assert detail.nodes[0].config == {"message": "hello"}
    assert detail.lifecycle_policy.type == "idle-shutdown"
    assert detail.lifecycle_policy.idle_timeout_minutes == 30


LISTS: dict[str, tuple[str, list[str]]] = {
    "all, by name": ("", ["Alpha", "beta", "Gamma"]),
    "backwards": ("?sort=name:desc", ["Gamma", "beta", "Alpha"]),
    "by state": ("?status=draft", ["beta"]),
    "by tag": ("?tag=hot", ["Gamma"]),
    "by a word of the description": ("?search=SECOND", ["beta"]),
    "a part": ("?limit=1&offset=1", ["beta"]),
    "the next part": ("?limit=2&continue=2", ["Gamma"]),
}


@pytest.mark.parametrize(("query", "names"), LISTS.values(), ids=LISTS)
async def test_workflows_are_listed(query: str, names: list[str]) -> None:
    cluster = Cluster()
    cluster.add(a_workflow("one", title="Alpha"))
    cluster.add(a_workflow("two", title="beta", state="Draft", description="the second"))
    cluster.add(a_workflow("three", title="Gamma", tags=["hot"]))
    cluster.add(a_workflow("hidden", sharing={"visibility": "Private"}))

    async with client(cluster) as http:
        answer = await http.get(BASE + query)

    assert [one.name for one in WorkflowList.model_validate(answer.json()).workflows] == names


@pytest.mark.parametrize(
    "query", ["?sort=colour", "?limit=0", "?limit=501", "?state=x", "?status=x"]
)
async def test_a_question_that_cannot_be_meant_is_refused(query: str) -> None:
    async with client(a_cluster()) as http:
        answer = await http.get(BASE + query)

    assert answer.status_code == 422


async def test_workflows_are_counted_by_state() -> None:
    cluster = a_cluster("a", "b")
    cluster.add(a_workflow("c", state="Paused"))

    async with client(cluster) as http:
        answer = await http.get(f"{BASE}/stats")

    assert answer.json() == {"total": 3, "active": 2, "paused": 1, "draft": 0, "archived": 0}


async def test_workflows_of_an_app_are_discovered_with_their_endpoint() -> None:
    cluster = Cluster()
    flow = a_workflow("mine")
    flow["metadata"]["labels"] = {"app.kubernetes.io/part-of": "market"}
    cluster.add(flow)
    cluster.add(a_workflow("other"))

    async with client(cluster) as http:
        answer = await http.get(f"{BASE}/discover?appId=market")

    [found] = answer.json()
    assert found["endpoints"]["proxy_url"] == "http://workflow-mine.shop.svc.cluster.local/trigger"


# -- change


async def test_a_change_in_the_form_of_nodes_is_merged() -> None:
    cluster = a_cluster(tags=["a"])

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/etl", json={"name": "New", "settings": {"timeout": 7}})

    assert (answer.status_code, answer.json()["name"]) == (200, "New")
    assert spec_of(cluster) == {
        "steps": [SAY],
        "tags": ["a"],
        "title": "New",
        "settings": {"timeoutSeconds": 7},
    }


GRAPH = {
    "triggers": [{"name": "schedule", "schedule": {"cron": "0 9 * * *"}}],
    "steps": [
        {**SAY, "needs": []},
        {**SAY, "name": "then", "needs": ["say"], "when": "{{ data.ok }}"},
    ],
}
THEN_LATER = [
    {"id": "say", "nodeId": "log", "config": {"message": "bye"}},
    {"id": "then", "nodeId": "log", "config": {"message": "hello"}},
]


async def test_nodes_alone_leave_triggers_connections_and_what_nodes_cannot_say() -> None:
    cluster = a_cluster(**GRAPH)

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/etl", json={"nodes": THEN_LATER})

    first, then = GRAPH["steps"]
    assert answer.status_code == 200
    assert spec_of(cluster)["triggers"] == GRAPH["triggers"]
    assert spec_of(cluster)["steps"] == [{**first, "with": {"message": "bye"}}, then]


async def test_nodes_and_connections_as_they_were_answered_change_nothing() -> None:
    cluster = a_cluster(**GRAPH)

    async with client(cluster) as http:
        shown = (await http.get(f"{BASE}/etl")).json()
        body = {name: shown[name] for name in ("nodes", "connections")}
        answer = await http.put(f"{BASE}/etl", json=body)

    assert answer.status_code == 200
    plain = [
        {name: step[name] for name in step if name in GRAPH["steps"][1]}
        for step in spec_of(cluster)["steps"]
    ]
    assert plain == GRAPH["steps"]
    assert spec_of(cluster)["triggers"] == GRAPH["triggers"]


async def test_connections_alone_lead_between_the_steps_that_are_there() -> None:
    cluster = a_cluster(**GRAPH)
    turned = [
        {"sourceNodeId": "schedule", "targetNodeId": "then"},
        {"sourceNodeId": "then", "targetNodeId": "say"},
    ]

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/etl", json={"connections": turned})

    assert answer.status_code == 200
    assert [step["needs"] for step in spec_of(cluster)["steps"]] == [["then"], []]


async def test_a_trigger_among_the_nodes_replaces_those_before() -> None:
    cluster = a_cluster(**GRAPH)
    nodes = [{"id": "in", "nodeId": "queue-trigger"}, *THEN_LATER]

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/etl", json={"nodes": nodes})

    assert answer.status_code == 200
    assert spec_of(cluster)["triggers"] == [{"name": "in", "queue": {}}]


async def test_our_own_form_replaces_and_a_patch_of_it_merges() -> None:
    cluster = a_cluster(tags=["a"])
    change = {"spec": {"steps": [SAY], "title": "New"}}

    async with client(cluster) as http:
        await http.patch(f"{BASE}/etl", json={"spec": {"description": "x"}})
        merged = spec_of(cluster)
        await http.put(f"{BASE}/etl", json=change)

    assert merged == {"steps": [SAY], "tags": ["a"], "description": "x"}
    assert spec_of(cluster) == change["spec"]


async def test_a_put_of_an_event_by_number_keeps_the_steps_and_the_pause() -> None:
    """WorkflowInput of departments has no steps: those are added one by one."""
    cluster = a_cluster()
    cluster.live[Key("shop", "etl")]["spec"]["state"] = "Paused"
    body = {"Name": "On call", "TriggerEventType": 0, "MaxRetryCount": 2}

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/etl", json=body)

    spec = spec_of(cluster)
    assert answer.status_code == 200, answer.text
    assert (spec["title"], spec["state"], spec["steps"]) == ("On call", "Paused", [SAY])
    assert (spec["settings"]["retry"]["limit"], "event" in spec["triggers"][0]) == (2, True)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_labels_that_come_with_a_spec_are_set(method: str) -> None:
    cluster = a_cluster()
    cluster.live[Key("shop", "etl")]["metadata"]["labels"] = {"team": "a"}
    labels = {"app.kubernetes.io/part-of": "till"}
    body = {**OWN, "metadata": {"name": "etl", "labels": labels}}

    async with client(cluster) as http:
        answer = await http.request(method, f"{BASE}/etl", json=body)

    assert answer.status_code == 200
    kept = cluster.live[Key("shop", "etl")]["metadata"]["labels"]
    assert kept == {"team": "a", "app.kubernetes.io/part-of": "till"}


FOREIGN_METADATA = {
    "another name": ({"name": "other"}, "metadata.name"),
    "an owner": ({"annotations": {"sluice.dev/owner": "bob"}}, "metadata.annotations"),
    "a request": ({"labels": {"sluice.dev/request-key": "x"}}, "metadata.labels"),
}


@pytest.mark.parametrize(("metadata", "path"), FOREIGN_METADATA.values(), ids=FOREIGN_METADATA)
async def test_metadata_that_is_not_the_callers_to_say(metadata: Any, path: str) -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/etl", json={**OWN, "metadata": metadata})

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)


async def test_two_changes_at_once_both_count() -> None:
    cluster = a_cluster()
    rival = a_workflow(steps=[SAY], description="theirs")
    rival["metadata"]["resourceVersion"] = "2"
    cluster.rivals.append(rival)

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/etl", json={"name": "ours"})

    assert answer.status_code == 200
    assert (spec_of(cluster)["title"], spec_of(cluster)["description"]) == ("ours", "theirs")


async def test_if_match_changes_that_version_alone() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        shown = (await http.get(f"{BASE}/etl")).headers["etag"]
        stale = await http.put(f"{BASE}/etl", json={"name": "x"}, headers={"If-Match": '"0"'})
        fresh = await http.put(f"{BASE}/etl", json={"name": "x"}, headers={"If-Match": shown})
        gone = await http.delete(f"{BASE}/etl", headers={"If-Match": shown})

    assert (stale.status_code, fresh.status_code, gone.status_code) == (412, 200, 412)
    assert stale.headers["etag"] == shown
    assert fresh.headers["etag"] != shown


async def test_a_change_that_makes_it_invalid_is_refused_and_nothing_is_written() -> None:
    cluster = a_cluster()
    bad = {"spec": {"steps": [{**SAY, "needs": ["gone"]}]}}

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/etl", json=bad)

    assert (answer.status_code, spec_of(cluster)) == (422, {"steps": [SAY]})
    assert answer.json()["errors"][0]["path"] == "spec.steps[0].needs[0]"


async def test_sharing_needs_the_right_to_share() -> None:
    cluster = a_cluster()
    cluster.denied.add("update workflows/share")

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/etl", json={"isPublic": False})

    assert (answer.status_code, "sharing" in spec_of(cluster)) == (403, False)


OWN = {"metadata": {"name": "etl"}, "spec": {"steps": [SAY]}}


async def test_what_the_api_server_fills_in_is_no_sharing_that_a_caller_takes_back() -> None:
    cluster = a_cluster(sharing={"visibility": "Tenant"}, description="before")
    cluster.denied.add("update workflows/share")

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/etl", json=OWN)

    assert (answer.status_code, spec_of(cluster)) == (200, {"steps": [SAY]})


@pytest.mark.parametrize(
    ("sharing", "status"),
    [({"users": ["bob"]}, 403), ({"visibility": "Private"}, 404)],
    ids=["shared", "hidden"],
)
async def test_who_may_not_share_takes_back_no_sharing_that_is_given_meanwhile(
    sharing: dict[str, Any], status: int
) -> None:
    cluster = a_cluster(description="before")
    cluster.denied.add("update workflows/share")
    rival = a_workflow(steps=[SAY], sharing=sharing)
    rival["metadata"]["resourceVersion"] = "2"
    cluster.rivals.append(rival)

    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/etl", json=OWN)

    assert answer.status_code == status
    assert spec_of(cluster)["sharing"] == sharing


async def test_a_state_is_set_and_a_workflow_deleted() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        paused = await http.put(f"{BASE}/etl/status", json={"status": "paused"})
        gone = await http.delete(f"{BASE}/etl")

    assert (paused.json()["status"], gone.status_code) == ("paused", 204)
    assert cluster.live == {}


async def test_a_copy_is_a_draft_of_another_name() -> None:
    cluster = a_cluster(title="Daily")

    async with client(cluster) as http:
        answer = await http.post(f"{BASE}/etl/duplicate", json={"name": "Nightly"})

    made = WorkflowMade.model_validate(answer.json())
    assert (answer.status_code, made.id, made.status) == (201, "nightly", "draft")
    assert spec_of(cluster, "nightly")["steps"] == [SAY]


# -- design


async def test_validation_names_what_is_odd() -> None:
    odd = {"steps": [{"name": "a", "action": "log", "with": {}}]}

    async with client(a_cluster(**odd)) as http:
        answer = await http.post(f"{BASE}/etl/validate")
        of_body = await http.post(f"{BASE}/etl/validate", json={"spec": {"steps": []}})

    found = ValidationAnswer.model_validate(answer.json())
    assert (found.valid, found.node_count, found.connection_count) == (True, 1, 0)
    assert ("missing-config", "a") in {(one.type, one.node_id) for one in found.warnings}
    assert "empty" in {one["type"] for one in of_body.json()["warnings"]}


async def test_steps_are_placed_from_left_to_right() -> None:
    second = {"name": "b", "action": "log", "with": {"message": "x"}}
    cluster = a_cluster(steps=[SAY, second])

    async with client(cluster) as http:
        answer = await http.post(f"{BASE}/etl/layout")
        again = await http.post(f"{BASE}/etl/layout")

    assert answer.json() == {"workflowId": "etl", "changed": True, "nodesRepositioned": 2}
    assert again.json()["changed"] is False
    left = [step["position"]["left"] for step in spec_of(cluster)["steps"]]
    assert left == sorted(set(left))


async def test_scopes_tell_what_a_workflow_may_use() -> None:
    call = {
        "name": "call",
        "action": "http.get",
        "credential": "lake",
        "with": {"url": "https://api.example.com/x"},
    }

    async with client(a_cluster(steps=[call])) as http:
        answer = await http.post(f"{BASE}/etl/compute-scopes")

    assert answer.json()["scopes"] == ["credentials:use:lake", "egress:api.example.com:443"]


# -- who may

DOORS = {
    "list": ("GET", "", "list workflows"),
    "create": ("POST", "", "create workflows"),
    "get": ("GET", "/etl", "get workflows"),
    "put": ("PUT", "/etl", "update workflows"),
    "patch": ("PATCH", "/etl", "update workflows"),
    "delete": ("DELETE", "/etl", "delete workflows"),
    "status": ("PUT", "/etl/status", "update workflows"),
    "validate": ("POST", "/etl/validate", "get workflows"),
    "layout": ("POST", "/etl/layout", "update workflows"),
    "scopes": ("POST", "/etl/compute-scopes", "get workflows"),
    "duplicate": ("POST", "/etl/duplicate", "create workflows"),
    "stats": ("GET", "/stats", "list workflows"),
    "discover": ("GET", "/discover?appId=x", "list workflows"),
    "nodes": ("GET", "/etl/nodes", "get workflows"),
    "add a step": ("POST", "/etl/steps", "update workflows"),
    "remove a step": ("DELETE", "/etl/steps/say", "update workflows"),
    "connect": ("POST", "/etl/connections", "update workflows"),
    "schedule": ("GET", "/etl/schedule", "get workflows"),
    "set a schedule": ("POST", "/etl/schedule", "update workflows"),
}


@pytest.mark.parametrize(("method", "path", "right"), DOORS.values(), ids=DOORS)
async def test_each_endpoint_asks_for_its_right(method: str, path: str, right: str) -> None:
    cluster = a_cluster()
    cluster.denied.add(right)
    before = dict(cluster.live)

    async with client(cluster) as http:
        denied = await _ask(http, method, path)
    async with client(cluster, token=None) as http:
        unknown = await _ask(http, method, path)

    assert (denied.status_code, unknown.status_code) == (403, 401)
    assert right in denied.json()["detail"]
    assert cluster.live == before


@pytest.mark.parametrize(
    ("method", "path"),
    [(m, p) for m, p, _ in DOORS.values() if p.startswith("/etl")],
)
async def test_a_private_workflow_is_not_there_for_others(method: str, path: str) -> None:
    async with client(a_cluster(sharing={"visibility": "Private"})) as http:
        answer = await _ask(http, method, path)

    assert answer.status_code == 404


async def _ask(http: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    bodies = {"/etl/status": {"status": "active"}, "/etl/schedule": {"cron": "0 9 * * *"}}
    body = bodies.get(path, {"sourceNodeId": "say", "targetNodeId": "say"}
                      if "connections" in path else {})  # fmt: skip
    content = None if method in ("GET", "DELETE") else body
    return await http.request(method, BASE + path, json=content)
