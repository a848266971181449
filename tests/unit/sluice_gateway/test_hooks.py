"""Webhooks over HTTP, with a cluster in memory: who is let in, and what their run knows."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from typing import Any

import pytest

from sluice_gateway.schemas.problem import ProblemAnswer
from sluice_gateway.schemas.triggers import TriggerAnswer
from testkit.gateway_app import NOW, Cluster, a_workflow, client

PATH = "/hooks/shop/etl/hook"
KEY = b"0123456789abcdef01234567"
WHSEC = "whsec_" + b64encode(KEY).decode()
BODY = b'{"order": 7}'
JSON = {"Content-Type": "application/json"}
STANDARD = {"type": "StandardWebhooks", "secretKey": "std"}
GITHUB = {"type": "GitHub", "secretKey": "raw"}
HMAC = {
    "type": "Hmac",
    "secretKey": "raw",
    "header": "X-Shop-Hmac",
    "prefix": "v0=",
    "encoding": "Base64",
    "algorithm": "Sha512",
}
BEARER = {"type": "Bearer", "secretKey": "raw"}
NONE = {"type": "None"}


def a_cluster(
    auth: dict[str, Any], *, trigger: dict[str, Any] | None = None, **spec: Any
) -> Cluster:
    webhook = {"auth": auth, **spec.pop("webhook", {})}
    hook = {"name": "hook", "webhook": webhook, **(trigger or {})}
    cluster = Cluster(end=spec.pop("end", None))
    secret = {"std": WHSEC, "raw": KEY.decode(), "two": f"old\n{KEY.decode()}\n", "empty": "\n"}
    cluster.secrets["shop"] = {k: b64encode(v.encode()).decode() for k, v in secret.items()}
    cluster.add(a_workflow(triggers=[hook], **spec))
    return cluster


def standard(
    body: bytes = BODY, *, id_: str = "msg_1", stamp: str = str(NOW), key: bytes = KEY, **more: str
) -> dict[str, str]:
    made = hmac.new(key, f"{id_}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + b64encode(made).decode()
    said = {"webhook-id": id_, "webhook-timestamp": stamp, "webhook-signature": signature}
    return {**JSON, **said, **more}


def github(body: bytes = BODY, key: bytes = KEY) -> dict[str, str]:
    signature = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    return {**JSON, "X-Hub-Signature-256": signature, "X-GitHub-Delivery": "72d3162e"}


def own_hmac(body: bytes = BODY) -> dict[str, str]:
    made = b64encode(hmac.new(KEY, body, hashlib.sha512).digest()).decode()
    return {**JSON, "X-Shop-Hmac": f"v0={made}"}


LET_IN: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "Standard Webhooks": (STANDARD, standard()),
    "Standard Webhooks, one of several signatures": (
        STANDARD,
        standard() | {"webhook-signature": "v1a,x v1,AAAA " + standard()["webhook-signature"]},
    ),
    "Standard Webhooks, almost five minutes old": (STANDARD, standard(stamp=str(NOW - 299))),
    "GitHub": (GITHUB, github()),
    "an HMAC as the trigger describes it": (HMAC, own_hmac()),
    "a bearer": (BEARER, {**JSON, "Authorization": f"Bearer {KEY.decode()}"}),
    "a key that is being rotated": ({**GITHUB, "secretKey": "two"}, github()),
    "the key before it": ({**GITHUB, "secretKey": "two"}, github(key=b"old")),
    "nothing, where the author says so": (NONE, JSON),
}


@pytest.mark.parametrize(("auth", "headers"), LET_IN.values(), ids=LET_IN)
async def test_let_in(auth: dict[str, Any], headers: dict[str, str]) -> None:
    cluster = a_cluster(auth)

    async with client(cluster, token=None) as http:
        answer = await http.post(PATH, content=BODY, headers=headers)

    body = TriggerAnswer.model_validate(answer.json())
    [run] = cluster.runs.values()
    assert (answer.status_code, body.status) == (202, "started")
    assert body.execution_id == run["metadata"]["name"]
    assert run["spec"]["inputs"] == {"order": 7}
    assert (run["spec"]["trigger"]["type"], run["spec"]["trigger"]["name"]) == ("Webhook", "hook")


def without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}


def signed(**changed: str) -> dict[str, str]:
    return standard() | {f"webhook-{name}": value for name, value in changed.items()}


def hub(value: str) -> dict[str, str]:
    return github() | {"X-Hub-Signature-256": value}


def shop(value: str) -> dict[str, str]:
    return own_hmac() | {"X-Shop-Hmac": value}


def bearing(value: str) -> dict[str, str]:
    return {**JSON, "Authorization": value}


RIGHT = github()["X-Hub-Signature-256"].removeprefix("sha256=")
MALFORMED: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "no header at all": (STANDARD, JSON),
    "no id": (STANDARD, without(standard(), "webhook-id")),
    "an empty id": (STANDARD, signed(id="")),
    "an id with a space": (STANDARD, signed(id="a b")),
    "an id that is not ASCII": (STANDARD, signed(id="é".encode().decode("latin-1"))),
    "an endless id": (STANDARD, signed(id="x" * 9000)),
    "another id": (STANDARD, signed(id="msg_2")),
    "no timestamp": (STANDARD, without(standard(), "webhook-timestamp")),
    "a timestamp in words": (STANDARD, signed(timestamp="now")),
    "a timestamp with a sign": (STANDARD, signed(timestamp=f"+{NOW}")),
    "a timestamp with a fraction": (STANDARD, signed(timestamp=f"{NOW}.5")),
    "a timestamp that is infinite": (STANDARD, signed(timestamp="1e400")),
    "a timestamp of a thousand digits": (STANDARD, signed(timestamp="9" * 1000)),
    "an Arabic digit": (STANDARD, signed(timestamp="٣".encode().decode("latin-1"))),
    "a timestamp of a minute ago under a signature of now": (
        STANDARD,
        signed(timestamp=str(NOW - 60)),
    ),
    "more than five minutes old": (STANDARD, standard(stamp=str(NOW - 301))),
    "more than five minutes ahead": (STANDARD, standard(stamp=str(NOW + 301))),
    "no signature": (STANDARD, without(standard(), "webhook-signature")),
    "an empty signature": (STANDARD, signed(signature="")),
    "no version": (STANDARD, signed(signature=standard()["webhook-signature"][3:])),
    "another version alone": (STANDARD, signed(signature="v1a,AAAA")),
    "a version without a signature": (STANDARD, signed(signature="v1,")),
    "a signature that is not base64": (STANDARD, signed(signature="v1,!!!!")),
    "base64 cut short": (STANDARD, signed(signature=standard()["webhook-signature"][:-2])),
    "a signature that is not ASCII": (STANDARD, signed(signature="v1,\xff\xfe")),
    "seventeen wrong ones, then the right one": (
        STANDARD,
        signed(signature="v1,AAAA " * 17 + standard()["webhook-signature"]),
    ),
    "an endless signature": (STANDARD, signed(signature="v1," + "A" * 60_000)),
    "made with another key": (STANDARD, standard(key=b"other")),
    "made for another body": (STANDARD, standard(b"{}")),
    "GitHub's without a prefix": (GITHUB, hub(RIGHT)),
    "GitHub's with SHA-1": (GITHUB, hub("sha1=" + "0" * 40)),
    "GitHub's cut short": (GITHUB, hub("sha256=" + RIGHT[:-2])),
    "GitHub's with half a byte": (GITHUB, hub("sha256=" + RIGHT[:-1])),
    "GitHub's with a letter that is no digit": (GITHUB, hub("sha256=" + "g" * 64)),
    "GitHub's with spaces between its bytes": (GITHUB, hub("sha256=" + " ".join("00" * 32))),
    "GitHub's without digits": (GITHUB, hub("sha256=")),
    "GitHub's of zeros": (GITHUB, hub("sha256=" + "0" * 64)),
    "GitHub's made with an empty key": (GITHUB, github(key=b"")),
    "an HMAC in hexadecimal in place of base64": (HMAC, shop("v0=" + "0f" * 64)),
    "an HMAC with line breaks in its base64": (HMAC, shop("v0=AA\tAA")),
    "an HMAC of another prefix": (HMAC, shop("v1=AAAA")),
    "an HMAC of another algorithm": (
        HMAC,
        shop("v0=" + b64encode(hmac.new(KEY, BODY, hashlib.sha256).digest()).decode()),
    ),
    "no bearer": (BEARER, JSON),
    "an empty bearer": (BEARER, bearing("Bearer ")),
    "a scheme alone": (BEARER, bearing("Bearer")),
    "another scheme": (BEARER, bearing(f"Basic {KEY.decode()}")),
    "another bearer": (BEARER, bearing("Bearer no")),
    "a part of the bearer": (BEARER, bearing(f"Bearer {KEY[:-1].decode()}")),
    "a bearer that is not ASCII": (BEARER, bearing("Bearer \xff\x80")),
}


@pytest.mark.parametrize(("auth", "headers"), MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_proof_is_401(auth: dict[str, Any], headers: dict[str, str]) -> None:
    cluster = a_cluster(auth)
    said = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]

    async with client(cluster, token=None) as http:
        answer = await http.post(PATH, content=BODY, headers=said)

    problem = ProblemAnswer.model_validate(answer.json())
    assert (problem.status, problem.type) == (401, "urn:sluice:problem:SignatureRefused")
    assert answer.headers["www-authenticate"]
    assert KEY.decode() not in answer.text
    assert not cluster.runs


async def test_a_header_that_is_there_twice_is_401() -> None:
    twice = [*github().items(), ("X-Hub-Signature-256", github()["X-Hub-Signature-256"])]

    async with client(a_cluster(GITHUB), token=None) as http:
        answer = await http.post(PATH, content=BODY, headers=twice)

    assert answer.status_code == 401


NOT_THERE = {
    "another namespace": ("/hooks/other/etl/hook", {}),
    "another workflow": ("/hooks/shop/other/hook", {}),
    "another trigger": ("/hooks/shop/etl/other", {}),
    "a name that cannot be": ("/hooks/shop/etl/..%2fhook", {}),
    "a private workflow, to who does not hold its key": (
        PATH,
        {"sharing": {"visibility": "Private"}},
    ),
}


@pytest.mark.parametrize(("path", "spec"), NOT_THERE.values(), ids=NOT_THERE)
async def test_what_is_not_there_is_404_and_does_not_tell_why(
    path: str, spec: dict[str, Any]
) -> None:
    cluster = a_cluster(GITHUB, **spec)

    async with client(cluster, token=None) as http:
        answer = await http.post(path, content=BODY, headers=JSON)

    told = answer.json()
    assert answer.status_code == 404
    assert told["type"] in {"urn:sluice:problem:NoSuchHook", "urn:sluice:problem:NotFound"}
    assert "etl" not in answer.text


async def test_a_trigger_of_another_kind_is_no_hook() -> None:
    cluster = Cluster()
    cluster.add(a_workflow(triggers=[{"name": "hook", "queue": {}}]))

    async with client(cluster, token=None) as http:
        assert (await http.post(PATH, content=BODY)).status_code == 404


async def test_a_private_workflow_is_there_for_who_holds_its_key() -> None:
    cluster = a_cluster(GITHUB, sharing={"visibility": "Private"})

    async with client(cluster, token=None) as http:
        assert (await http.post(PATH, content=BODY, headers=github())).status_code == 202


async def test_a_private_workflow_is_not_there_where_nobody_proves_anything() -> None:
    async with client(a_cluster(NONE, sharing={"visibility": "Private"}), token=None) as http:
        assert (await http.post(PATH, content=BODY)).status_code == 404


NO_KEY = {
    "no such key": {**GITHUB, "secretKey": "gone"},
    "a key of blanks": {**GITHUB, "secretKey": "empty"},
    "a key that Standard Webhooks cannot have": {**STANDARD, "secretKey": "two"},
}


@pytest.mark.parametrize("auth", NO_KEY.values(), ids=NO_KEY)
async def test_a_key_that_is_not_there_is_503_and_says_which(auth: dict[str, Any]) -> None:
    headers = standard() | github()

    async with client(a_cluster(auth), token=None) as http:
        answer = await http.post(PATH, content=BODY, headers=headers)

    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:sluice:problem:WebhookSecretUnreadable"
    assert auth["secretKey"] in answer.json()["detail"]


async def test_without_the_secret_it_is_503() -> None:
    cluster = a_cluster(GITHUB)
    cluster.secrets.clear()

    async with client(cluster, token=None) as http:
        answer = await http.post(PATH, content=BODY, headers=github())

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "sluice-webhooks" in answer.json()["detail"]


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "a trigger that is switched off": ({"trigger": {"enabled": False}}, 409, "TriggerDisabled"),
    "paused": ({"state": "Paused"}, 409, "WorkflowPaused"),
    "suspended": ({"replicas": 0}, 409, "WorkflowSuspended"),
    "an input is missing": ({"inputs": {"required": ["day"]}}, 422, "InvalidInputs"),
}


@pytest.mark.parametrize(("spec", "status", "reason"), REFUSED.values(), ids=REFUSED)
async def test_the_state_is_told_to_who_was_let_in(
    spec: dict[str, Any], status: int, reason: str
) -> None:
    async with client(a_cluster(GITHUB, **spec), token=None) as http:
        told = await http.post(PATH, content=BODY, headers=github())
        untold = await http.post(PATH, content=BODY, headers=JSON)

    assert (told.status_code, told.json()["type"]) == (status, f"urn:sluice:problem:{reason}")
    assert untold.status_code == 401


async def test_a_delivery_that_comes_again_has_the_run_of_the_first() -> None:
    cluster = a_cluster(STANDARD)

    async with client(cluster, token=None) as http:
        first = await http.post(PATH, content=BODY, headers=standard())
        again = await http.post(PATH, content=BODY, headers=standard(stamp=str(NOW + 5)))
        other = await http.post(PATH, content=BODY, headers=standard(id_="msg_2"))
        changed = await http.post(PATH, content=b"{}", headers=standard(b"{}"))

    assert first.json() == again.json()
    assert other.json()["execution_id"] != first.json()["execution_id"]
    assert (changed.status_code, len(cluster.runs)) == (422, 2)


IDS: dict[str, tuple[dict[str, Any], dict[str, str], bytes]] = {
    "GitHub's": ({}, {"X-GitHub-Delivery": "d"}, BODY),
    "one that the trigger names": ({"idHeader": "X-Event-Id"}, {"X-Event-Id": "d"}, BODY),
    "a CloudEvent's": ({}, {"ce-id": "d", "ce-source": "/s"}, BODY),
    "a structured CloudEvent's": (
        {},
        {"Content-Type": "application/cloudevents+json"},
        b'{"id": "d", "source": "/s"}',
    ),
}


@pytest.mark.parametrize(("webhook", "headers", "body"), IDS.values(), ids=IDS)
async def test_where_a_delivery_has_its_id(
    webhook: dict[str, Any], headers: dict[str, str], body: bytes
) -> None:
    cluster = a_cluster(NONE, webhook=webhook)

    async with client(cluster, token=None) as http:
        for _ in range(2):
            answer = await http.post(PATH, content=body, headers={**JSON, **headers})
            assert answer.status_code == 202, answer.text

    [run] = cluster.runs.values()
    assert run["spec"]["trigger"]["id"] == "d"


async def test_deliveries_without_an_id_have_a_run_each() -> None:
    cluster = a_cluster(NONE)

    async with client(cluster, token=None) as http:
        for _ in range(2):
            await http.post(PATH, content=BODY, headers=JSON)

    assert len(cluster.runs) == 2


async def test_the_sender_gets_the_result_where_the_trigger_says_so() -> None:
    cluster = a_cluster(
        GITHUB, webhook={"respond": "Result"}, end={"phase": "Succeeded", "output": {"rows": 3}}
    )

    async with client(cluster, token=None) as http:
        answer = await http.post(PATH, content=BODY, headers=github())

    assert (answer.status_code, answer.json()["output"]) == (200, {"rows": 3})


PAYLOADS: dict[str, tuple[str, bytes, Any, Any]] = {
    "an object": ("application/json; charset=utf-8", b'{"a": [1]}', {"a": [1]}, None),
    "a list": ("application/json", b"[1, 2]", {}, [1, 2]),
    "a form": (
        "application/x-www-form-urlencoded",
        b"a=1&b=&b=2",
        {"a": "1", "b": ["", "2"]},
        None,
    ),
    "nothing": ("text/plain", b"", {}, None),
    "anything else": ("image/png", b"\x89PNG\xff", None, None),
}


@pytest.mark.parametrize(("media", "body", "inputs", "payload"), PAYLOADS.values(), ids=PAYLOADS)
async def test_payloads(media: str, body: bytes, inputs: Any, payload: Any) -> None:
    cluster = a_cluster(NONE)

    async with client(cluster, token=None) as http:
        await http.post(PATH, content=body, headers={"Content-Type": media})

    [run] = cluster.runs.values()
    if inputs is None:
        inputs = run["spec"]["inputs"]
        assert (b64decode(inputs["base64"]), inputs["contentType"]) == (body, media)
    assert run["spec"]["inputs"] == inputs
    assert run["spec"]["trigger"].get("payload") == payload


BAD_BODIES = {
    "not JSON": ("application/json", b"{", 400),
    "a key twice": ("application/json", b'{"a": 1, "a": 2}', 400),
    "a form that is not UTF-8": ("application/x-www-form-urlencoded", b"a=%ff", 400),
    "a form without end": ("application/x-www-form-urlencoded", b"a&" * 300, 400),
    "more than a run may have": ("application/json", b'["' + b"x" * 132_000 + b'"]', 413),
    "more than is read": ("image/png", b"x" * (1 << 20) + b"x", 413),
}


@pytest.mark.parametrize(("media", "body", "status"), BAD_BODIES.values(), ids=BAD_BODIES)
async def test_bad_bodies(media: str, body: bytes, status: int) -> None:
    cluster = a_cluster(NONE)

    async with client(cluster, token=None) as http:
        answer = await http.post(PATH, content=body, headers={"Content-Type": media})

    assert (answer.status_code, len(cluster.runs)) == (status, 0)


async def test_a_run_knows_the_headers_but_none_that_proves_something() -> None:
    cluster = a_cluster(HMAC)
    secret = {
        "Authorization": "Bearer x",
        "Cookie": "a=b",
        "X-API-Key": "k",
        "X-Gitlab-Token": "t",
        "Webhook-Signature": "v1,x",
        "Long": "x" * 5000,
    }

    async with client(cluster, token=None) as http:
        headers = {**own_hmac(), **secret, "X-Event": "order"}
        await http.post(PATH, content=BODY, headers=headers)

    [run] = cluster.runs.values()
    told = run["spec"]["trigger"]["headers"]
    assert told["x-event"] == "order"
    assert not {name.lower() for name in (*secret, "X-Shop-Hmac")} & told.keys()


async def test_who_is_refused_too_often_is_refused_unheard() -> None:
    cluster = a_cluster(GITHUB)

    async with client(cluster, token=None) as http:
        answers = [await http.post(PATH, content=BODY, headers=JSON) for _ in range(130)]
        right = await http.post(PATH, content=BODY, headers=github())

    statuses = [answer.status_code for answer in answers]
    assert statuses[:100] == [401] * 100
    assert statuses[-1] == right.status_code == 429
    assert answers[-1].headers["retry-after"] == "60"
