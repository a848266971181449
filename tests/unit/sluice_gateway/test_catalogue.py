"""The catalogue of actions over HTTP."""

from sluice_core.catalog import CATALOG
from sluice_gateway.schemas.catalogue import ActionCatalog
from sluice_kube.resources import ACTIONS
from testkit.gateway_app import Cluster, client

BASE = "/api/v1/namespaces/shop"
OWN = {
    "apiVersion": "sluice.dev/v1alpha1",
    "kind": "WorkflowAction",
    "metadata": {"name": "mark-paid"},
    "spec": {
        "title": "Mark paid",
        "category": "invoices",
        "config": {"type": "object", "required": ["invoice"]},
        "http": {"url": "https://shop.example.com/{{ config.invoice }}"},
    },
}


async def test_the_catalogue_holds_every_action_and_those_of_the_cluster() -> None:
    cluster = Cluster(others={ACTIONS: [OWN]})

    async with client(cluster) as http:
        answers = [await http.get(f"{BASE}{way}/action-catalog") for way in ("", "/workflows")]

    assert answers[0].json() == answers[1].json()
    told = ActionCatalog.model_validate(answers[0].json())
    rows = {one.name: one for one in told.actions}
    assert rows.keys() == CATALOG.keys() | {"mark-paid"}
    assert rows["mark-paid"].kind == "WorkflowAction"
    assert rows["mark-paid"].json_schema["required"] == ["invoice"]
    assert rows["email.send"].credentials == ["Smtp"]
    assert "RateLimited" in rows["email.send"].failures


async def test_the_catalogue_is_told_by_category() -> None:
    async with client(Cluster(others={ACTIONS: [OWN]})) as http:
        answer = await http.get(f"{BASE}/action-catalog", params={"category": "invoices"})

    assert [one["name"] for one in answer.json()["actions"]] == ["mark-paid"]


async def test_who_may_not_list_workflows_sees_no_catalogue() -> None:
    async with client(Cluster(denied={"list workflows"})) as http:
        answer = await http.get(f"{BASE}/action-catalog")

    assert answer.status_code == 403
