"""What a caller finds at the installed gateway: templates, actions, events, mail, the service."""

from dataclasses import replace
from typing import Any

import pytest

from testkit.e2e import asking, callers, kubectl
from testkit.e2e.callers import Caller, Callers, see_refused
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest, Refused
from testkit.e2e.space import GATEWAY, Space

TERMS = {"template_id": "contract-terms", "name": "Terms", "parameters": {"noticeDays": 30}}


@pytest.fixture(scope="module")
def by(here: Space) -> Callers:
    here.kubectl("create", "secret", "generic", "mail", "--from-literal=username=ada",
                 "--from-literal=password=open-sesame")  # fmt: skip
    say = a_step("say", "log", message="hello")
    here.apply(
        a_workflow("orders", say, lifecycle={"policy": "OnDemand"}),
        a_credential("mail", "Smtp", host="mail.example.com", **{"from": "shop@example.com"}),
    )
    return callers.callers(here)


def a_credential(name: str, kind: str, **config: str) -> Manifest:
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "WorkflowCredential",
        "metadata": {"name": name},
        "spec": {"type": kind, "secretRef": {"name": "mail"}, "config": config},
    }


@pytest.mark.parametrize("base", ["/templates", "/workflows/templates"])
def test_a_shipped_template_is_filled_in_and_becomes_a_draft(
    here: Space, by: Callers, base: str
) -> None:
    listed = by["view"].ask("GET", f"{base}?category=contract")
    made = by["edit"].ask("POST", base, TERMS)
    spec = here.workflow(made.body["id"])["spec"]

    assert (listed.code, made.code) == (200, 201), made.body
    assert [(one["id"], one["shipped"]) for one in listed.body["templates"]] == [
        ("contract-terms", True)
    ]
    assert (spec["state"], spec["title"]) == ("Draft", "Terms")
    assert "30" in str(spec["steps"])
    assert "parameters.noticeDays" not in str(spec["steps"])


@pytest.mark.parametrize("path", ["/action-catalog", "/workflows/action-catalog"])
def test_every_action_tells_what_it_takes(by: Callers, path: str) -> None:
    answer = by["view"].ask("GET", path)

    shown = {one["name"]: one for one in answer.body["actions"]}
    assert (answer.code, answer.body["count"]) == (200, len(shown))
    assert shown["log"]["schema"]["properties"].keys() >= {"message", "level"}


def test_known_events_have_a_sample_and_its_variables(by: Callers) -> None:
    answer = by["view"].ask("GET", "/event-types")

    shown = {one["name"]: one for one in answer.body["eventTypes"]}
    told = shown["workflows.run.failed"]
    assert {one["template"] for one in told["variables"]} >= {"{{ data.workflow }}"}


@pytest.mark.parametrize("base", ["/integrations", "/workflows/integrations"])
def test_an_integration_for_mail_is_made_of_the_mail_server_that_is_there(
    here: Space, by: Callers, base: str
) -> None:
    body = {
        "workflow_id": "orders",
        "name": "To the buyers",
        "integration_type": "email",
        "config": {"to": "buyers@example.com", "subject": "Orders"},
    }

    made = by["edit"].ask("POST", base, body)
    name = made.body["id"]
    kept = _credential(here, name)
    listed = by["view"].ask("GET", f"{base}?workflow_id=orders")
    renamed = by["edit"].ask("PUT", f"{base}?id={name}", {"config": {"subject": "Bills"}})
    again = by["edit"].ask("PUT", f"{base}/{name}", {"config": {"to": "ada@example.com"}})
    changed = _credential(here, name)
    gone = by["edit"].ask("DELETE", f"{base}?id={name}")
    none = by["edit"].ask("DELETE", f"{base}/{name}")

    codes = [one.code for one in (made, listed, renamed, again, gone, none)]
    assert codes == [201, 200, 200, 200, 204, 404], made.body
    assert kept["metadata"]["labels"]["sluice.dev/integration-of"] == "orders"
    assert kept["spec"]["secretRef"] == {"name": "mail"}
    assert [one["id"] for one in listed.body["integrations"]] == [name]
    assert changed["spec"]["config"]["defaults"] == {"to": "ada@example.com", "subject": "Bills"}
    with pytest.raises(Refused, match="NotFound"):
        _credential(here, name)


def _credential(here: Space, name: str) -> Manifest:
    return kubectl.read("-n", here.namespace, f"workflowcredential.sluice.dev/{name}")


READ = (  # not what gateways keep in memory, where one may be ahead of the other
    "/workflows/orders",
    "/workflows/orders/nodes",
    "/runs",
    "/credentials/mail",
    "/integrations",
    "/templates",
    "/action-catalog",
    "/event-types",
)


def test_the_callers_own_namespace_needs_no_name(here: Space, by: Callers) -> None:
    named = [by["view"].request("GET", path) for path in READ]
    own = [
        replace(one, url=f"{GATEWAY}/api/v1{path}") for one, path in zip(named, READ, strict=True)
    ]

    answers = asking.at_once(here.namespace, *named, *own)

    assert [one.code for one in answers] == [200] * 2 * len(READ)
    assert [one.body for one in answers[: len(READ)]] == [one.body for one in answers[len(READ) :]]


SERVICE: dict[str, tuple[str, str, int, str]] = {
    "it lives": ("GET", "/healthz", 200, "'ok'"),
    "it is ready": ("GET", "/readyz", 200, "'ok'"),
    "it counts": ("GET", "/metrics", 200, "sluice_gateway_requests_total"),
    "it tells who signs": ("GET", "/.well-known/webhook-keys", 200, "public_key"),
    "it is described": ("GET", "/openapi.json", 200, "list_workflows"),
    "it is shown": ("GET", "/docs", 200, "swagger"),
    "no such path": ("GET", "/nothing", 404, "urn:sluice:problem:"),
    "no such method": ("DELETE", "/healthz", 405, "urn:sluice:problem:"),
}


@pytest.mark.parametrize("what", SERVICE)
def test_the_service_needs_no_token(here: Space, what: str) -> None:
    method, path, code, told = SERVICE[what]

    answer = here.call(f"{GATEWAY}{path}", method=method, token="")

    assert (answer.code, told in str(answer.body)) == (code, True), answer.body


SLACK = {"workflow_id": "orders", "name": "Slack", "integration_type": "slack"}
HOOK = {"config": {"webhook_url": "https://hooks.slack.com/services/x"}}
REFUSED: dict[str, tuple[str, str, str, Any, int]] = {
    "no token that is any good": ("nobody", "GET", "/templates", None, 401),
    "no right to make a draft": ("view", "POST", "/templates", TERMS, 403),
    "no right to see actions": ("trigger", "GET", "/action-catalog", None, 403),
    "no right to see integrations": ("trigger", "GET", "/integrations", None, 403),
    "no Secret is written here": ("edit", "POST", "/integrations", SLACK | HOOK, 403),
    "no such template": ("edit", "POST", "/templates", {"template_id": "none"}, 404),
    "no such workflow": ("edit", "POST", "/integrations", SLACK | {"workflow_id": "none"}, 404),
    "a parameter of another type": (
        "edit", "POST", "/templates", TERMS | {"parameters": {"noticeDays": "many"}}, 422,
    ),
    "an integration of nothing": ("edit", "POST", "/integrations", {}, 422),
    "no id": ("edit", "PUT", "/integrations", {}, 422),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_makes_nothing(here: Space, by: Callers, what: str) -> None:
    who, method, path, body, code = REFUSED[what]
    kinds = "workflows.sluice.dev,workflowcredentials.sluice.dev,secrets"
    before = here.kubectl("get", kinds, "-o", "name")
    everyone = {**by, "nobody": Caller(here, "nobody", "none")}

    see_refused(everyone, (who, method, path, body, {}, code))

    assert here.kubectl("get", kinds, "-o", "name") == before
