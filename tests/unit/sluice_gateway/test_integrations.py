"""Integrations over HTTP: credentials of a workflow, in another product's words."""

import base64
from typing import Any

import pytest

from sluice_gateway.credential_forms import MASK
from sluice_gateway.schemas.credentials import IntegrationAnswer, IntegrationList
from sluice_kube.resources import CREDENTIALS, SECRETS, Key, Manifest
from testkit.gateway_app import Cluster, a_workflow, client

BASE = "/api/v1/workflows/integrations"
HOOK = "https://hooks.slack.com/services/T0/B0/abcdef"
SLACK = {
    "workflow_id": "etl",
    "name": "Slack Notifications",
    "integration_type": "slack",
    "config": {"webhook_url": HOOK, "channel": "#invoices"},
}
MAIL = {
    "workflow_id": "etl",
    "name": "Mail",
    "integration_type": "email",
    "config": {"to": "a@example.com", "subject": "Done", "template": "It is done."},
}


def a_mail_server(name: str = "our-mail") -> Manifest:
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": "u", "resourceVersion": "1"},
        "spec": {
            "type": "Smtp",
            "secretRef": {"name": "mail"},
            "config": {"host": "mail.example.com"},
        },
    }


def a_cluster(*servers: str, **more: Any) -> Cluster:
    cluster = Cluster(**more)
    cluster.add(a_workflow("etl"))
    cluster.add(a_workflow("hidden", sharing={"visibility": "Private"}))
    for name in servers:
        cluster.objects[CREDENTIALS.plural, Key("shop", name)] = a_mail_server(name)
    return cluster


async def test_an_integration_is_a_credential_of_its_workflow() -> None:
    cluster = a_cluster()

    async with client(cluster) as http:
        made = await http.post(BASE, json=SLACK)
        seen = await http.get(BASE, params={"workflow_id": "etl"})
        others = await http.get(BASE, params={"workflow_id": "other"})
        name = made.json()["id"]
        change = {"config": {"channel": "#all", "webhook_url": MASK}}
        changed = await http.put(BASE, params={"id": name}, json=change)

    told = IntegrationAnswer.model_validate(made.json())
    assert (made.status_code, told.workflow_id, told.integration_type) == (201, "etl", "slack")
    assert told.config == {"webhook_url": MASK, "channel": "#invoices"}
    assert [one.id for one in IntegrationList.model_validate(seen.json()).integrations] == [name]
    assert others.json()["count"] == 0
    assert changed.json()["config"]["channel"] == "#all"
    secret = cluster.objects[SECRETS.plural, Key("shop", f"sluice-credential-{name}")]
    assert base64.b64decode(secret["data"]["webhookUrl"]).decode() == HOOK
    assert HOOK not in made.text + seen.text + changed.text


async def test_one_for_mail_uses_the_mail_server_that_is_there() -> None:
    cluster = a_cluster("our-mail", writes_in=())

    async with client(cluster) as http:
        made = await http.post(BASE, json=MAIL)
        change = {"config": {"subject": "All done"}}
        changed = await http.put(f"/api/v1/integrations/{made.json()['id']}", json=change)

    assert (made.status_code, made.json()["config"]) == (201, MAIL["config"])
    assert changed.json()["config"] == {**MAIL["config"], "subject": "All done"}  # type: ignore[dict-item]
    spec = cluster.objects[CREDENTIALS.plural, Key("shop", "mail")]["spec"]
    assert (spec["type"], spec["secretRef"]) == ("Smtp", {"name": "mail"})
    assert spec["config"] == {
        "host": "mail.example.com",
        "defaults": {"to": "a@example.com", "subject": "All done", "text": "It is done."},
    }


async def test_an_integration_is_deleted_and_a_plain_credential_is_none() -> None:
    cluster = a_cluster("our-mail")

    async with client(cluster) as http:
        name = (await http.post(BASE, json=SLACK)).json()["id"]
        gone = await http.delete(BASE, params={"id": name})
        kept = await http.delete(BASE, params={"id": "our-mail"})

    assert (gone.status_code, kept.status_code) == (204, 404)
    assert [key.name for _, key in cluster.objects] == ["our-mail"]


BAD: dict[str, tuple[dict[str, Any], tuple[str, ...], int, str]] = {
    "no workflow of that name": ({**SLACK, "workflow_id": "none"}, (), 404, ""),
    "a workflow that is not shown": ({**SLACK, "workflow_id": "hidden"}, (), 404, ""),
    "another type": ({**SLACK, "integration_type": "pager"}, (), 422, "integration_type"),
    "no name": ({**SLACK, "name": None}, (), 422, "name"),
    "an unknown field of the type": (
        {**SLACK, "config": {"webhook_url": HOOK, "colour": "red"}},
        (),
        422,
        "config.colour",
    ),
    "no address": ({**SLACK, "config": {"channel": "#a"}}, (), 422, "config"),
    "no mail server": (MAIL, (), 422, "config.credential"),
    "two mail servers": (MAIL, ("a", "b"), 422, "config.credential"),
}


@pytest.mark.parametrize(("body", "servers", "status", "path"), BAD.values(), ids=BAD)
async def test_a_body_that_makes_no_integration(
    body: dict[str, Any], servers: tuple[str, ...], status: int, path: str
) -> None:
    cluster = a_cluster(*servers)
    before = dict(cluster.objects)

    async with client(cluster) as http:
        answer = await http.post(BASE, json=body)

    assert (answer.status_code, cluster.objects) == (status, before)
    assert path in ["", *(fault["path"] for fault in answer.json().get("errors", ()))]


@pytest.mark.parametrize("workflow", ["", "etl,app=shop", "a b", "[]", "A", "x" * 51])
async def test_a_list_is_of_a_workflow_that_can_be(workflow: str) -> None:
    async with client(a_cluster()) as http:
        answer = await http.get(BASE, params={"workflow_id": workflow})

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "workflow_id")
