"""Credentials and templates over REST on a real API server: what `kubectl get -o yaml` shows."""

from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from sluice_gateway.credential_forms import MASK
from sluice_gateway.schemas.workflows import WorkflowMade
from sluice_kube import errors
from sluice_kube.resources import CREDENTIALS, SECRETS, TEMPLATES, WORKFLOWS, Key
from testkit.gateway_process import World, a_world, cluster

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("kinds")]
ROOT = Path(__file__).parents[2]
WRITES = ("create", "update", "delete")
RIGHTS = [
    *((verb, "workflowcredentials") for verb in ("get", "list", *WRITES)),
    *((verb, "workflows") for verb in ("get", "list", "create")),
    *((verb, "workflowtemplates") for verb in ("get", "list", "create")),
]
SECRET_RIGHTS = [(verb, "secrets") for verb in WRITES]
PASSWORD, OTHER = "hunter2-hunter2", "correct-horse"
SMTP = {
    "Name": "Our mail",
    "CredentialType": 0,
    "Data": {"Host": "mail.example.com", "Port": "587", "Username": "shop", "Password": PASSWORD},
}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world(cluster()) as world:
        await world.account(*RIGHTS, *SECRET_RIGHTS)
        await world.account(*RIGHTS, name="without-secrets")
        yield world


async def values(world: World) -> dict[str, str]:
    key = Key(world.namespace, "sluice-credential-our-mail")
    secret = await world.session.get(SECRETS, key)
    return {name: b64decode(value).decode() for name, value in secret["data"].items()}


async def test_a_credential_is_made_changed_and_deleted_with_its_secret(world: World) -> None:
    token, key = await world.token(), Key(world.namespace, "our-mail")

    made = await world.ask("POST", "/credentials", token, SMTP)
    live = await world.session.get(CREDENTIALS, key)
    before = await values(world)
    change = {"data": {"password": OTHER, "username": MASK, "port": None}}
    changed = await world.ask("PUT", "/credentials/our-mail", token, change)
    after = await values(world)
    gone = await world.ask("DELETE", "/credentials/our-mail", token)

    assert (made.status, changed.status, gone.status) == (201, 200, 204)
    assert (live["spec"]["type"], live["spec"]["config"]["port"]) == ("Smtp", 587)
    assert changed.body["data"]["password"] == MASK
    assert "port" not in changed.body["data"]
    assert before == {"username": "shop", "password": PASSWORD}
    assert after == {"username": "shop", "password": OTHER}
    for kind, name in ((CREDENTIALS, "our-mail"), (SECRETS, "sluice-credential-our-mail")):
        with pytest.raises(errors.NotFound):
            await world.session.get(kind, Key(world.namespace, name))


async def test_who_may_not_write_secrets_gets_none_written(world: World) -> None:
    token = await world.token(name="without-secrets")

    refused = await world.ask("POST", "/credentials", token, SMTP)
    own = {"metadata": {"name": "mine"},
           "spec": {"type": "HttpBearer", "secretRef": {"name": "theirs"}}}  # fmt: skip
    named = await world.ask("POST", "/credentials", token, own)

    assert (refused.status, named.status) == (403, 201)
    assert "create secrets" in refused.body["detail"]
    live = await world.session.get(CREDENTIALS, Key(world.namespace, "mine"))
    assert live["spec"]["secretRef"] == {"name": "theirs"}


async def test_a_credential_that_a_step_names_stays(world: World) -> None:
    token = await world.token()

    await world.ask("POST", "/credentials", token, SMTP)
    step = {"name": "say", "action": "email.send", "credential": "our-mail",
            "with": {"to": ["a@example.com"], "text": "hello"}}  # fmt: skip
    used = await world.ask("POST", "/workflows", token, {"spec": {"steps": [step]}})
    name = WorkflowMade.model_validate(used.body).id
    kept = await world.ask("DELETE", "/credentials/our-mail", token)
    forced = await world.ask("DELETE", "/credentials/our-mail?force=true", token)

    assert (kept.status, forced.status) == (409, 204)
    assert name in kept.body["detail"]


async def test_a_shipped_template_becomes_a_draft(world: World) -> None:
    token = await world.token()
    for path in sorted((ROOT / "examples" / "templates").iterdir()):
        manifest = yaml.safe_load(path.read_text())
        manifest["metadata"]["namespace"] = world.namespace
        await world.session.create(TEMPLATES, manifest)

    listed = await world.ask("GET", "/templates", token)
    names = [one["id"] for one in listed.body["templates"]]
    made = [
        await world.ask("POST", "/templates", token, {"template_id": name, "name": name})
        for name in names
    ]

    assert len(names) == 4
    assert {answer.status for answer in made} == {201}
    live = await world.session.get(WORKFLOWS, Key(world.namespace, names[0]))
    assert live["spec"]["state"] == "Draft"
    assert "parameters." not in str(live["spec"])
