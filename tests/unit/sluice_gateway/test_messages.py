"""Messages, e-mail and test runs over HTTP, with a cluster in memory."""

import contextlib
import hashlib
from base64 import b64encode
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_gateway import mail
from sluice_gateway.problems import Problem
from sluice_gateway.schemas.events import MessageAnswer
from sluice_gateway.schemas.problem import ProblemAnswer
from sluice_gateway.schemas.runs import RunDetail
from sluice_gateway.schemas.triggers import RunAnswer
from sluice_kube.resources import Manifest
from testkit.gateway_app import Cluster, a_workflow, client

QUEUE = {"name": "orders", "queue": {}}
INBOX = {"name": "inbox", "email": {"to": ["inbox@*", "orders+*@shop.example"]}}
WIRE = {"Content-Type": "message/rfc822"}
MAIL = {"from": "ada@example.org", "to": "Inbox <inbox@flows.example>", "subject": "Hi"}
ENDED = {"phase": "Succeeded", "output": {"rows": 3}}


def a_cluster(*triggers: dict[str, Any], **spec: Any) -> Cluster:
    cluster = Cluster(end=spec.pop("end", None))
    cluster.add(a_workflow(triggers=list(triggers), **spec))
    return cluster


async def post(cluster: Cluster, noun: str, body: Any = None, **headers: str) -> httpx.Response:
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
    async with client(cluster) as http:
        return await http.post(f"/api/v1/workflows/etl/{noun}", headers=headers, **sent)


def only_run(cluster: Cluster) -> Manifest:
    [run] = cluster.runs.values()
    spec: Manifest = run["spec"]
    return spec


# -- queue

MESSAGES: dict[str, tuple[Any, Any, int, str]] = {
    "a message": ({"message": {"a": 1}}, {"a": 1}, 0, "rest_api"),
    "data is another word for it": ({"data": {"a": 1}}, {"a": 1}, 0, "rest_api"),
    "with priority and source": (
        {"message": {"a": 1}, "priority": 7, "source": "till"},
        *({"a": 1}, 7, "till"),
    ),
    "the whole body": ({"a": 1, "b": {"c": []}}, {"a": 1, "b": {"c": []}}, 0, "rest_api"),
    "nothing": ({}, {}, 0, "rest_api"),
}


@pytest.mark.parametrize(("body", "inputs", "priority", "source"), MESSAGES.values(), ids=MESSAGES)
async def test_a_message_has_a_run(body: Any, inputs: Any, priority: int, source: str) -> None:
    cluster = a_cluster(QUEUE)

    answer = await post(cluster, "enqueue", body)

    told = MessageAnswer.model_validate(answer.json(), by_alias=True)
    spec = only_run(cluster)
    assert (answer.status_code, told.trigger_type, told.status) == (201, "queue", "queued")
    assert answer.headers["location"] == told.url
    assert (spec["inputs"], spec["priority"]) == (inputs, priority)
    assert spec["trigger"] == {"type": "Queue", "name": "orders", "source": source}


async def test_a_message_that_is_no_object_is_the_triggers_payload() -> None:
    cluster = a_cluster(QUEUE)

    await post(cluster, "enqueue", {"message": [1, 2]})

    assert only_run(cluster)["trigger"]["payload"] == [1, 2]


QUEUE_REFUSALS: dict[str, tuple[Cluster, Any, int, str]] = {
    "no queue trigger": (a_cluster(INBOX), {}, 422, "TriggerMissing"),
    "a queue trigger that is switched off": (
        a_cluster(QUEUE | {"enabled": False}), {}, 409, "TriggerDisabled",
    ),
    "a paused workflow": (a_cluster(QUEUE, state="Paused"), {}, 409, "WorkflowPaused"),
    "a priority out of range": (a_cluster(QUEUE), {"priority": 1001}, 422, "InvalidRequest"),
    "a priority in words": (a_cluster(QUEUE), {"priority": "high"}, 422, "InvalidRequest"),
    "a field beside the message": (
        a_cluster(QUEUE), {"message": {}, "prio": 1}, 422, "InvalidRequest",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("cluster", "body", "status", "reason"), QUEUE_REFUSALS.values(), ids=QUEUE_REFUSALS
)
async def test_a_message_is_refused(cluster: Cluster, body: Any, status: int, reason: str) -> None:
    answer = await post(cluster, "enqueue", body)

    problem = ProblemAnswer.model_validate(answer.json())
    assert (problem.status, problem.type) == (status, f"urn:sluice:problem:{reason}")


async def test_a_message_with_a_key_is_taken_once() -> None:
    cluster = a_cluster(QUEUE)

    first = await post(cluster, "enqueue", {"a": 1}, **{"Idempotency-Key": "k"})
    again = await post(cluster, "enqueue", {"a": 1}, **{"Idempotency-Key": "k"})
    other = await post(cluster, "enqueue", {"a": 2}, **{"Idempotency-Key": "k"})

    assert first.json() == again.json()
    assert (other.status_code, len(cluster.runs)) == (422, 1)


# -- e-mail


def on_the_wire(**headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ada <ada@example.org>"
    message["To"] = "Inbox <INBOX@flows.example>"
    message["Subject"] = "Rechnung für März"
    message["Message-ID"] = "<1@example.org>"
    for name, value in headers.items():
        message[name] = value
    message.set_content("Grüße")
    message.add_alternative("<p>Grüße</p>", subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="März.pdf")
    return message


async def test_a_message_as_it_came_is_read() -> None:
    cluster = a_cluster(INBOX)

    answer = await post(cluster, "email-trigger", on_the_wire().as_bytes(), **WIRE)

    spec = only_run(cluster)
    read = spec["inputs"]
    assert (answer.status_code, answer.json()["trigger_type"]) == (201, "email")
    assert read["subject"] == "Rechnung für März"
    assert (read["body_text"].strip(), read["body_html"].strip()) == ("Grüße", "<p>Grüße</p>")
    assert read["recipients"] == ["inbox@flows.example"]
    assert read["attachments"] == [
        {
            "name": "März.pdf",
            "contentType": "application/pdf",
            "size": 4,
            "sha256": hashlib.sha256(b"%PDF").hexdigest(),
            "base64": b64encode(b"%PDF").decode(),
        }
    ]
    assert spec["trigger"] == {
        "type": "Email",
        "name": "inbox",
        "source": "Ada <ada@example.org>",
        "id": "<1@example.org>",
    }


async def test_a_message_that_a_provider_has_parsed_is_the_same() -> None:
    cluster = a_cluster(INBOX)
    attachment = {"filename": "a.txt", "content_type": "text/plain", "content": "aGk="}
    body = MAIL | {
        "text": "t",
        "html": "h",
        "attachments": [attachment],
        "email_headers": {"X": "y"},
    }

    answer = await post(cluster, "email-trigger", body)

    read = only_run(cluster)["inputs"]
    assert answer.status_code == 201, answer.text
    assert (read["from"], read["body_text"], read["body_html"]) == ("ada@example.org", "t", "h")
    assert read["email_headers"] == {"x": "y"}
    assert [(one["name"], one["base64"]) for one in read["attachments"]] == [("a.txt", "aGk=")]


async def test_a_message_comes_once_however_often_it_is_delivered() -> None:
    cluster = a_cluster(INBOX)

    first = await post(cluster, "email-trigger", on_the_wire().as_bytes(), **WIRE)
    again = await post(
        cluster, "email-trigger", on_the_wire(Received="by another host").as_bytes(), **WIRE
    )

    assert first.json() == again.json()
    assert len(cluster.runs) == 1


async def test_an_attachment_without_room_is_told_of_with_its_hash() -> None:
    cluster = a_cluster(INBOX)
    message = on_the_wire()
    big = b"x" * (80 * 1024)
    message.add_attachment(big, maintype="application", subtype="zip", filename="big.zip")

    answer = await post(cluster, "email-trigger", message.as_bytes(), **WIRE)

    [small, left] = only_run(cluster)["inputs"]["attachments"]
    assert "base64" in small
    assert left == {
        "name": "big.zip",
        "contentType": "application/zip",
        "size": len(big),
        "sha256": hashlib.sha256(big).hexdigest(),
    }
    assert answer.json()["warnings"] == [f"the content of big.zip ({len(big)} bytes) was left out"]


async def test_html_without_room_is_left_out_where_there_is_text() -> None:
    cluster = a_cluster(INBOX)

    answer = await post(
        cluster, "email-trigger", MAIL | {"body_text": "t", "body_html": "x" * 140_000}
    )

    assert answer.json()["warnings"] == ["body_html (140000 bytes) was left out"]
    assert only_run(cluster)["inputs"]["body_html"] == ""


MAIL_REFUSALS: dict[str, tuple[Cluster, Any, dict[str, str], int, str]] = {
    "no email trigger": (a_cluster(QUEUE), MAIL, {}, 422, "TriggerMissing"),
    "for somebody else": (
        a_cluster(INBOX), MAIL | {"to": "sales@flows.example"}, {}, 422, "RecipientRefused",
    ),
    "for nobody": (a_cluster(INBOX), {"subject": "x"}, {}, 422, "RecipientRefused"),
    "switched off": (a_cluster(INBOX | {"enabled": False}), MAIL, {}, 409, "TriggerDisabled"),
    "an unknown field": (a_cluster(INBOX), MAIL | {"bcc": "x"}, {}, 422, "InvalidRequest"),
    "an attachment that is not base64": (
        a_cluster(INBOX), MAIL | {"attachments": [{"content": "!"}]}, {}, 422, "InvalidRequest",
    ),
    "parts without end": (
        a_cluster(INBOX),
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 300 + b"--b--\n",
        WIRE, 422, "NotAMessage",
    ),
    "headers without end": (a_cluster(INBOX), b"X: " + b"y" * 300_000, WIRE, 422, "NotAMessage"),
    "too large": (a_cluster(INBOX), b"x" * (15 * 1024 * 1024 + 1), WIRE, 413, "TooLarge"),
    "text that a run cannot hold": (
        a_cluster(INBOX), MAIL | {"text": "x" * 140_000}, {}, 413, "InputsTooLarge",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("cluster", "body", "headers", "status", "reason"), MAIL_REFUSALS.values(), ids=MAIL_REFUSALS
)
async def test_an_e_mail_is_refused(
    cluster: Cluster, body: Any, headers: dict[str, str], status: int, reason: str
) -> None:
    answer = await post(cluster, "email-trigger", body, **headers)

    problem = ProblemAnswer.model_validate(answer.json())
    assert (problem.status, problem.type) == (status, f"urn:sluice:problem:{reason}")
    assert not cluster.runs


ADDRESSES = {
    "the same": ("a@b.c", "a@b.c", True),
    "however it is written": ("Inbox@Shop.example", "inbox@shop.example", True),
    "any host": ("inbox@*", "inbox@x.example", True),
    "any tag": ("a+*@b.c", "a+x+y@b.c", True),
    "several stars": ("*a*b*c", "xaxbxc", True),
    "in the wrong order": ("*a*b*c", "xbxaxc", False),
    "anything": ("*", "x@y", True),
    "no part twice": ("ab*ba", "aba", False),
    "a dot is a dot": ("a@b.c", "a@bxc", False),
}


@pytest.mark.parametrize(("pattern", "address", "expected"), ADDRESSES.values(), ids=ADDRESSES)
def test_recipients(pattern: str, address: str, expected: bool) -> None:
    assert mail.fits(pattern, address) is expected


words = st.sampled_from(
    [b"Content-Type: ", b"multipart/mixed; boundary=b", b"text/plain; charset=", b"utf-7", b"\n",
     b"\n\n", b"--b", b"--b--", b"message/rfc822", b"=?utf-8?q?=C3?=", b"To: a@b", b"\xff\x00",
     b"(" * 50, b"Content-Transfer-Encoding: base64", b"uuencode", b"filename*=x'y'%ff",
     b";", b"Subject:", b"=?utf-8?b?a?=", b"undefined", b"; filename=",
     b"Content-Disposition: attachment"]
)  # fmt: skip


SPOILT = {
    "a subject whose base64 is cut off": (b"Subject: =?utf-8?b?a?=\n\nHello", "=?utf-8?b?a?="),
    "a text in a charset for no text": (
        b"Subject: x\nContent-Type: text/plain; charset=undefined\n\nHello", "x",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "subject"), SPOILT.values(), ids=SPOILT)
def test_what_cannot_be_decoded_is_told_as_it_came(raw: bytes, subject: str) -> None:
    told, _ = mail.payload(mail.of_wire(raw))

    assert (told["subject"], told["body_text"]) == (subject, "Hello")


@given(st.lists(words, max_size=30).map(b"".join))
def test_no_bytes_are_beyond_the_reader(raw: bytes) -> None:
    with contextlib.suppress(Problem):
        told, _ = mail.payload(mail.of_wire(raw))
        assert set(told) >= {"from", "to", "subject", "attachments"}


# -- test runs

EVENT = {"name": "up", "event": {"type": "document.uploaded"}}
SAMPLES: dict[str, tuple[Cluster, Any, Any, dict[str, Any]]] = {
    "of the type of its event": (
        a_cluster(EVENT, end=ENDED), {}, "file_type",
        {"type": "Test", "name": "up", "event": "document.uploaded"},
    ),
    "of an e-mail": (a_cluster(INBOX, end=ENDED), {}, "subject", {"type": "Test", "name": "inbox"}),
    "that its inputs show": (
        a_cluster(inputs={"examples": [{"day": "x"}]}, end=ENDED), {}, "day", {"type": "Test"},
    ),
    "of the trigger that is named": (
        a_cluster(EVENT, INBOX, end=ENDED), {"trigger": "inbox"}, "subject",
        {"type": "Test", "name": "inbox"},
    ),
    "given": (
        a_cluster(EVENT, end=ENDED), {"eventPayload": {"mine": 1}}, "mine",
        {"type": "Test", "name": "up", "event": "document.uploaded"},
    ),
    "given as JSON in a text": (
        a_cluster(end=ENDED), {"EventPayloadJson": '{"mine": 1}'}, "mine", {"type": "Test"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("cluster", "body", "key", "trigger"), SAMPLES.values(), ids=SAMPLES)
async def test_a_test_run_has_a_payload_and_is_answered_whole(
    cluster: Cluster, body: Any, key: str, trigger: dict[str, Any]
) -> None:
    answer = await post(cluster, "test", body)

    told = RunDetail.model_validate(answer.json(), by_alias=True)
    assert (answer.status_code, told.status, told.output) == (200, "succeeded", {"rows": 3})
    assert key in told.inputs
    assert told.trigger.model_dump(exclude_unset=True) == trigger


async def test_a_draft_can_be_tested_but_not_triggered() -> None:
    cluster = a_cluster(QUEUE, state="Draft", end=ENDED)

    tested = await post(cluster, "test", {})
    queued = await post(cluster, "enqueue", {})

    assert (tested.status_code, queued.status_code) == (200, 409)


BAD_TESTS = {
    "a text that is not JSON": ({"eventPayload": "{"}, "eventPayload"),
    "a trigger that is not there": ({"trigger": "x"}, "trigger"),
    "an unknown field": ({"payload": {}}, "payload"),
}


@pytest.mark.parametrize(("body", "path"), BAD_TESTS.values(), ids=BAD_TESTS)
async def test_a_test_run_is_refused_by_its_field(body: Any, path: str) -> None:
    answer = await post(a_cluster(EVENT), "test", body)

    assert answer.status_code == 422
    assert [one["path"] for one in answer.json()["errors"]] == [path]


async def test_a_test_run_that_takes_long_goes_on() -> None:
    cluster = a_cluster(EVENT)

    async with client(cluster, sync_seconds=0.01) as http:
        answer = await http.post("/api/v1/workflows/etl/test")

    assert (answer.status_code, answer.json()["status"]) == (202, "pending")


# -- run and execute

DEFINITION = {"steps": [{"name": "a", "action": "log", "with": {"message": "x"}}]}


async def test_a_run_for_entities() -> None:
    cluster = a_cluster()

    answer = await post(cluster, "run", {"entityIds": ["a", "b"], "priority": 3})

    RunAnswer.model_validate(answer.json(), by_alias=True)
    assert only_run(cluster) | {"trigger": None} == {
        "workflow": "etl", "trigger": None, "inputs": {}, "entities": ["a", "b"], "priority": 3,
    }  # fmt: skip


@pytest.mark.parametrize("noun", ["run", "execute"])
async def test_a_definition_of_ones_own_needs_a_right_of_its_own(noun: str) -> None:
    allowed, denied = a_cluster(state="Draft"), a_cluster()
    denied.denied.add("create workflows/execute")

    taken = await post(allowed, noun, {"definition": DEFINITION, "triggerInputs": {"a": 1}})
    refused = await post(denied, noun, {"definition": DEFINITION})

    assert (taken.status_code, refused.status_code) == (201, 403)
    assert only_run(allowed)["definition"] == DEFINITION
    assert not denied.runs


BAD_DEFINITIONS = {
    "an unknown action": (
        {"steps": [{"name": "a", "action": "nope"}]}, "definition.steps[0].action",
    ),
    "an unknown field": ({"stepz": []}, "definition.stepz"),
    "no steps": ({"steps": []}, "definition.steps"),
    "a number in a text": (DEFINITION | {"settings": {"timeoutSeconds": "5"}},
        "definition.settings.timeoutSeconds",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("definition", "path"), BAD_DEFINITIONS.values(), ids=BAD_DEFINITIONS)
async def test_a_wrong_definition_is_refused_by_its_field(definition: Any, path: str) -> None:
    answer = await post(a_cluster(), "execute", {"definition": definition})

    assert answer.status_code == 422
    assert path in [one["path"] for one in answer.json()["errors"]]
