"""Credentials over the gateway where the chart lets it write Secrets: values in, dots out."""

import json
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest

from cluster.waiting import until
from testkit.e2e import callers, kubectl, release
from testkit.e2e.callers import Callers, see_refused
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest, Refused
from testkit.e2e.space import Space

FIRST, SECOND = "open-sesame-1", "open-sesame-2"
BEARER = {"name": "Shop API", "type": "HttpBearer", "data": {"token": FIRST}}
DOTS = "••••••"


@pytest.fixture(scope="module")
def by(here: Space) -> Iterator[Callers]:
    release.install(gateway__credentialNamespaces=f"{{{here.namespace}}}")
    yield callers.callers(here)
    release.install()


def read(here: Space, kind: str, name: str) -> Manifest:
    return kubectl.read("-n", here.namespace, f"{kind}/{name}")


def values(here: Space, secret: str) -> dict[str, str]:
    data = read(here, "secret", secret)["data"]
    return {name: b64decode(value).decode() for name, value in data.items()}


def gone(here: Space, kind: str, name: str) -> bool:
    with pytest.raises(Refused, match="NotFound"):
        read(here, kind, name)
    return True


@pytest.mark.parametrize("base", ["/credentials", "/workflows/credentials"])
def test_values_lie_in_a_secret_and_nowhere_else(here: Space, by: Callers, base: str) -> None:
    made = by["editor"].ask("POST", base, BEARER)
    name, secret = made.body["id"], made.body["secret"]
    first, kept = values(here, secret), read(here, "flowcred", name)
    shown = by["view"].ask("GET", f"{base}/{name}")
    listed = by["view"].ask("GET", base)
    same = by["editor"].ask("PUT", f"{base}/{name}", {"data": {"token": DOTS}})
    changed = by["editor"].ask("PUT", f"{base}/{name}", {"data": {"token": SECOND}})
    second = values(here, secret)
    ended = by["editor"].ask("DELETE", f"{base}/{name}")

    answers = (made, shown, listed, same, changed, ended)
    assert [one.code for one in answers] == [201, 200, 200, 200, 200, 204], made.body
    assert (first, second) == ({"token": FIRST}, {"token": SECOND})
    assert shown.body["data"] == {"token": DOTS}
    said = json.dumps([kept, *(one.body for one in answers)])
    assert (FIRST in said, SECOND in said) == (False, False)
    assert gone(here, "flowcred", name)
    assert gone(here, "secret", secret)


def test_one_that_is_used_stays_unless_that_is_meant(here: Space, by: Callers) -> None:
    made = by["editor"].ask("POST", "/credentials", BEARER)
    name = made.body["id"]
    call = a_step("call", "http.get", url="https://api.example.com") | {"credential": name}
    here.apply(a_workflow("uses", call, lifecycle={"policy": "OnDemand"}))
    here.is_at("uses", "Stopped")

    def used() -> list[str]:
        found: list[str] = by["view"].ask("GET", f"/credentials/{name}").body["usedBy"]
        return found

    until("its use is known", lambda: used() == ["uses"], 20)
    refused = by["editor"].ask("DELETE", f"/credentials/{name}")
    forced = by["editor"].ask("DELETE", f"/credentials/{name}?force=true")

    assert (refused.code, forced.code) == (409, 204)
    assert refused.body["type"] == "urn:sluice:problem:CredentialInUse"
    assert gone(here, "flowcred", name)


def test_an_integration_has_a_secret_of_its_own(here: Space, by: Callers) -> None:
    here.apply(a_workflow("sends", a_step("say", "log", message="x"), state="Draft"))
    url = f"https://hooks.slack.com/services/{FIRST}"
    body = {"workflow_id": "sends", "name": "Slack", "integration_type": "slack"}

    made = by["editor"].ask("POST", "/integrations", body | {"config": {"webhook_url": url}})
    kept = read(here, "flowcred", made.body["id"])
    secret = values(here, kept["spec"]["secretRef"]["name"])
    ended = by["editor"].ask("DELETE", f"/integrations/{made.body['id']}")

    assert (made.code, ended.code) == (201, 204), made.body
    assert (made.body["config"], secret) == ({"webhook_url": DOTS}, {"webhookUrl": url})
    assert kept["metadata"]["labels"]["sluice.dev/integration-of"] == "sends"
    assert gone(here, "secret", kept["spec"]["secretRef"]["name"])


def test_a_webhook_without_a_key_gets_one_that_is_told_once(here: Space, by: Callers) -> None:
    steps = [{"id": "a", "type": "transform", "config": {"template": 1}}]
    body = {"name": "Hooked", "definition": {"steps": steps}, "trigger_type": "webhook"}

    made = by["editor"].ask("POST", "/workflows", body)
    shown = by["view"].ask("GET", f"/workflows/{made.body['id']}")

    assert (made.code, shown.code) == (201, 200), made.body
    assert made.body["webhookKeys"] == values(here, "sluice-webhooks")
    assert "webhookKeys" not in shown.body


NONE = "/credentials/none"
REFUSED: dict[str, tuple[str, str, str, Any, int]] = {
    "no right to make one": ("view", "POST", "/credentials", BEARER, 403),
    "no right to write Secrets": ("edit", "POST", "/credentials", BEARER, 403),
    "no right to see them": ("trigger", "GET", "/credentials", None, 403),
    "none to see": ("view", "GET", NONE, None, 404),
    "none to change": ("editor", "PUT", NONE, {"data": {}}, 404),
    "none to delete": ("editor", "DELETE", NONE, None, 404),
    "a type that is none": ("editor", "POST", "/credentials", BEARER | {"type": "Odd"}, 422),
    "a field that is none": (
        "editor", "POST", "/credentials", BEARER | {"data": {"token": "x", "colour": "y"}}, 422,
    ),
    "no value": ("editor", "POST", "/credentials", BEARER | {"data": {}}, 422),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_makes_nothing(here: Space, by: Callers, what: str) -> None:
    who, method, path, body, code = REFUSED[what]
    before = here.kubectl("get", "flowcred,secrets", "-o", "name")

    answer = see_refused(by, (who, method, path, body, {}, code))

    assert FIRST not in json.dumps(answer.body)
    assert here.kubectl("get", "flowcred,secrets", "-o", "name") == before
