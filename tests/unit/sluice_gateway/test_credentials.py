"""Credentials over HTTP: values go in, and none comes out."""

import base64
import logging
from typing import Any

import pytest

from sluice_gateway.credential_forms import MASK
from sluice_gateway.schemas.credentials import CredentialAnswer, CredentialList
from sluice_kube.resources import CREDENTIALS, SECRETS, Key, Manifest
from testkit.gateway_app import Cluster, a_workflow, client

BASE = "/api/v1/namespaces/shop/credentials"
VALUE = "hunter2-hunter2"
OTHER = "correct-horse"
SMTP = {
    "Name": "Our mail",
    "CredentialType": 0,
    "Data": {"Host": "mail.example.com", "Port": 587, "Username": "shop", "Password": VALUE},
}
BEARER = {"name": "Shop API", "type": "HttpBearer", "data": {"token": VALUE}}
OWN = {
    "metadata": {"name": "mine"},
    "spec": {"type": "HttpBearer", "secretRef": {"name": "theirs"}},
}


def credential(cluster: Cluster, name: str) -> Manifest:
    return cluster.objects[CREDENTIALS.plural, Key("shop", name)]


def secret(cluster: Cluster, name: str) -> dict[str, str]:
    data = cluster.objects[SECRETS.plural, Key("shop", f"sluice-credential-{name}")]["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


# -- make


async def test_plain_values_go_into_a_secret_that_the_credential_owns() -> None:
    cluster = Cluster()

    async with client(cluster) as http:
        answer = await http.post(BASE, json=SMTP)

    told = CredentialAnswer.model_validate(answer.json())
    made = credential(cluster, "our-mail")
    assert (answer.status_code, told.id, told.name) == (201, "our-mail", "Our mail")
    assert (told.type, told.credential_type) == ("Smtp", 0)
    assert told.data == {
        "host": "mail.example.com", "port": 587, "username": MASK, "password": MASK,
    }  # fmt: skip
    assert made["spec"] == {
        "type": "Smtp",
        "secretRef": {"name": "sluice-credential-our-mail"},
        "keys": {"username": "username", "password": "password"},
        "config": {"host": "mail.example.com", "port": 587},
    }
    assert secret(cluster, "our-mail") == {"username": "shop", "password": VALUE}
    kept = cluster.objects[SECRETS.plural, Key("shop", "sluice-credential-our-mail")]
    [owner] = kept["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("WorkflowCredential", made["metadata"]["uid"])


async def test_no_value_is_answered_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    texts = []

    async with client(Cluster()) as http:
        bodies = (SMTP, BEARER, {**BEARER, "type": "Smtp"}, {**BEARER, "colour": VALUE})
        texts += [(await http.post(BASE, json=body)).text for body in bodies]
        change = {"data": {"token": OTHER}}
        texts.append((await http.put(f"{BASE}/shop-api", json=change)).text)
        texts += [(await http.get(way)).text for way in (BASE, f"{BASE}/shop-api")]
        texts.append((await http.post(BASE, json={**BEARER, "data": {"token": "abc"}})).text)

    assert not any(one in text for text in texts for one in (VALUE, OTHER, '"abc"'))
    assert not any(one in caplog.text for one in (VALUE, OTHER))


async def test_a_credential_of_our_own_form_names_a_secret_that_is_there() -> None:
    cluster = Cluster(writes_in=(), denied={"create secrets"})

    async with client(cluster) as http:
        answer = await http.post(BASE, json=OWN)
        again = await http.post(BASE, json=OWN)

    assert (answer.status_code, again.status_code) == (201, 409)
    assert answer.json()["data"] == {"token": MASK}
    assert credential(cluster, "mine")["spec"] == OWN["spec"]


async def test_what_a_webhook_is_sent_with_is_secret() -> None:
    data = {"url": "https://in.example.com/h/abc123", "headers": {"X-Key": VALUE}}
    cluster = Cluster()

    async with client(cluster) as http:
        body = {"name": "Hook", "type": "webhook", "data": data}
        answer = await http.post(BASE, json=body)
        changed = await http.put(f"{BASE}/hook", json={"data": {"signing_secret": OTHER}})

    assert answer.json()["data"] == {"url": MASK, "headers": MASK}
    assert changed.json()["data"] == {"url": MASK, "headers": MASK, "signingSecret": MASK}
    assert secret(cluster, "hook") == {
        "url": data["url"],
        "headers": f'{{"X-Key":"{VALUE}"}}',
        "signingSecret": OTHER,
    }


async def test_a_namespace_whose_secrets_are_not_written_is_told_the_command() -> None:
    cluster = Cluster(writes_in=("other",))

    async with client(cluster) as http:
        answer = await http.post(BASE, json=BEARER)

    assert (answer.status_code, cluster.objects) == (403, {})
    command = "kubectl -n shop create secret generic NAME --from-literal=token=…"
    assert command in answer.json()["detail"]


@pytest.mark.parametrize("right", ["create workflowcredentials", "create secrets"])
async def test_making_one_needs_both_rights(right: str) -> None:
    cluster = Cluster(denied={right})

    async with client(cluster) as http:
        answer = await http.post(BASE, json=BEARER)

    assert (answer.status_code, cluster.objects) == (403, {})
    assert right in answer.json()["detail"]


async def test_an_idempotency_key_makes_one_credential() -> None:
    cluster = Cluster()
    key = {"Idempotency-Key": "once"}

    async with client(cluster) as http:
        first = await http.post(BASE, json=BEARER, headers=key)
        name = first.json()["id"]
        del cluster.objects[SECRETS.plural, Key("shop", f"sluice-credential-{name}")]
        second = await http.post(BASE, json=BEARER, headers=key)
        other = {**BEARER, "data": {"token": OTHER}}
        third = await http.post(BASE, json=other, headers=key)

    assert (first.status_code, second.status_code, third.status_code) == (201, 201, 422)
    assert third.json()["type"].endswith("IdempotencyKeyReused")
    assert first.json()["id"] == second.json()["id"]
    assert secret(cluster, name) == {"token": VALUE}  # made good what a crash left out


async def test_a_name_that_is_taken_gets_a_number_and_a_foreign_secret_is_left_alone() -> None:
    theirs = {"metadata": {"name": "sluice-credential-shop-api-2", "namespace": "shop"}, "data": {}}
    cluster = Cluster(objects={(SECRETS.plural, Key.of(theirs)): theirs})

    async with client(cluster) as http:
        first = await http.post(BASE, json=BEARER)
        second = await http.post(BASE, json=BEARER)

    assert (first.json()["id"], second.status_code) == ("shop-api", 409)
    assert cluster.objects[SECRETS.plural, Key.of(theirs)] is theirs
    assert (CREDENTIALS.plural, Key("shop", "shop-api-2")) not in cluster.objects


async def test_a_plan_caps_credentials() -> None:
    cluster = Cluster(
        namespaces={"shop": {"plan": "free"}},
        plans={"free": {"spec": {"maxCredentials": 1}}},
    )

    async with client(cluster) as http:
        first = await http.post(BASE, json=BEARER)
        second = await http.post(BASE, json=OWN)

    assert (first.status_code, second.status_code) == (201, 403)
    assert second.json()["type"].endswith("PlanLimitExceeded")
    limits = [second.headers[f"x-ratelimit-{word}"] for word in ("limit", "used")]
    assert limits == ["1", "1"]


BAD: dict[str, tuple[Any, str]] = {
    "no name": ({**BEARER, "name": None}, "name"),
    "no type": ({"name": "x", "data": {}}, "type"),
    "a number without a type": ({**SMTP, "CredentialType": 14}, "CredentialType"),
    "a secret that is missing": ({**BEARER, "data": {}}, "data.token"),
    "a secret that is too short": ({**BEARER, "data": {"Token": "abc"}}, "data.Token"),
    "a secret that is no text": ({**BEARER, "data": {"token": 12345}}, "data.token"),
    "a secret that is too long": ({**BEARER, "data": {"token": "x" * 70_000}}, "data.token"),
    "dots in place of a secret": ({**BEARER, "data": {"token": MASK}}, "data.token"),
    "a field of another type": ({**BEARER, "data": {"token": VALUE, "host": "x"}}, "data.host"),
    "half of a login": (
        {"name": "x", "type": 0, "data": {"host": "x", "username": "abcd"}},
        "data",
    ),
    "a port that is none": (
        {**SMTP, "Data": {**SMTP["Data"], "Port": 99999}},  # type: ignore[dict-item]
        "Data.Port",
    ),
    "a key in two places": (
        {"name": "x", "type": 7, "data": {"key": VALUE, "header": "X-K", "query": "k"}},
        "data",
    ),
    "an unknown field": ({**BEARER, "colour": "red"}, "colour"),
    "our own form with a value": (
        {**OWN, "spec": {**OWN["spec"], "token": VALUE}},
        "spec.token",
    ),
    "our own form without a name": ({"spec": OWN["spec"]}, "metadata.name"),
    "annotations that are no object": (
        {**OWN, "name": "x", "metadata": {"name": "mine", "annotations": 5}},
        "metadata.annotations",
    ),
    "a label that is no text": (
        {**OWN, "metadata": {"name": "mine", "labels": {"a": 1}}},
        "metadata.labels",
    ),
}


@pytest.mark.parametrize(("body", "path"), BAD.values(), ids=BAD)
async def test_a_body_that_makes_no_credential(body: Any, path: str) -> None:
    cluster = Cluster()

    async with client(cluster) as http:
        answer = await http.post(BASE, json=body)

    assert (answer.status_code, cluster.objects) == (422, {})
    assert path in [fault["path"] for fault in answer.json()["errors"]]


# -- see and change


async def test_credentials_are_listed_also_where_other_products_look() -> None:
    async with client(Cluster()) as http:
        for name in ("B", "A", "C"):
            await http.post(BASE, json={**BEARER, "name": name})
        answer = await http.get("/api/v1/workflows/credentials", params={"limit": 2})
        one = await http.get("/api/v1/workflows/credentials/c")

    page = CredentialList.model_validate(answer.json())
    assert (page.count, [each.id for each in page.credentials]) == (3, ["a", "b"])
    assert one.json()["id"] == "c"


async def test_a_change_keeps_the_secrets_that_it_does_not_name() -> None:
    cluster = Cluster()

    async with client(cluster) as http:
        await http.post(BASE, json=SMTP)
        data = {"password": OTHER, "username": MASK, "port": None, "from": "a@example.com"}
        answer = await http.put(f"{BASE}/our-mail", json={"name": "Mail", "data": data})

    assert (answer.status_code, answer.json()["name"]) == (200, "Mail")
    assert secret(cluster, "our-mail") == {"username": "shop", "password": OTHER}
    config = credential(cluster, "our-mail")["spec"]["config"]
    assert config == {"host": "mail.example.com", "from": "a@example.com"}


async def test_a_change_of_what_is_no_secret_needs_no_right_to_secrets() -> None:
    cluster = Cluster()

    async with client(cluster) as http:
        await http.post(BASE, json=SMTP)
        cluster.writes_in, cluster.denied = (), {"update secrets"}
    async with client(cluster) as http:
        answer = await http.put(f"{BASE}/our-mail", json={"data": {"port": 25}})

    assert answer.json()["data"]["port"] == 25
    assert secret(cluster, "our-mail")["password"] == VALUE


async def test_our_own_form_replaces_the_spec_and_may_name_it_anew() -> None:
    cluster = Cluster()
    spec = {"type": "HttpBearer", "secretRef": {"name": "another"}}

    async with client(cluster) as http:
        await http.post(BASE, json=OWN)
        answer = await http.put(f"{BASE}/mine", json={"name": "New words", "spec": spec})

    assert (answer.json()["name"], answer.json()["secret"]) == ("New words", "another")
    assert credential(cluster, "mine")["spec"] == spec


REFUSED: dict[str, tuple[Any, dict[str, str], set[str], int]] = {
    "another version is meant": ({"name": "x"}, {"If-Match": '"1"'}, set(), 412),
    "another type is meant": ({"type": "Smtp"}, {}, set(), 422),
    "a secret that is needed goes": ({"data": {"token": None}}, {}, set(), 422),
    "the Secret is not the caller's": ({"data": {"token": OTHER}}, {}, {"update secrets"}, 403),
}


@pytest.mark.parametrize(("body", "headers", "denied", "status"), REFUSED.values(), ids=REFUSED)
async def test_a_change_that_is_refused_changes_nothing(
    body: Any, headers: dict[str, str], denied: set[str], status: int
) -> None:
    cluster = Cluster(denied=denied)

    async with client(cluster) as http:
        await http.post(BASE, json=BEARER)
        before = dict(cluster.objects)
        answer = await http.put(f"{BASE}/shop-api", json=body, headers=headers)

    assert (answer.status_code, cluster.objects) == (status, before)


# -- delete


async def test_a_credential_goes_with_its_secret() -> None:
    cluster = Cluster()

    async with client(cluster) as http:
        await http.post(BASE, json=BEARER)
        gone = await http.delete(f"{BASE}/shop-api")
        again = await http.delete(f"{BASE}/shop-api")

    assert (gone.status_code, again.status_code, cluster.objects) == (204, 404, {})


async def test_a_credential_in_use_stays_unless_forced() -> None:
    cluster = Cluster()
    step = {"name": "a", "action": "http.get", "credential": "shop-api"}
    cluster.add(a_workflow("seen", steps=[step]))
    cluster.add(a_workflow("hidden", steps=[step], sharing={"visibility": "Private"}))

    async with client(cluster) as http:
        await http.post(BASE, json=BEARER)
        kept = await http.delete(f"{BASE}/shop-api")
        gone = await http.delete(f"{BASE}/shop-api", params={"force": True})

    assert (kept.status_code, gone.status_code) == (409, 204)
    assert "is used by seen, 1 that you do not see: delete" in kept.json()["detail"]


async def test_what_the_operator_knows_to_use_it_counts_too() -> None:
    cluster = Cluster()

    async with client(cluster) as http:
        await http.post(BASE, json=BEARER)
        credential(cluster, "shop-api")["status"] = {"usedBy": ["nightly"]}
        kept = await http.delete(f"{BASE}/shop-api")

    assert (kept.status_code, "nightly" in kept.json()["detail"]) == (409, True)


async def test_deleting_one_needs_the_right_to_its_secret() -> None:
    cluster = Cluster(denied={"delete secrets"})

    async with client(cluster) as http:
        await http.post(BASE, json=BEARER)
        answer = await http.delete(f"{BASE}/shop-api")

    assert answer.status_code == 403
    assert secret(cluster, "shop-api") == {"token": VALUE}
