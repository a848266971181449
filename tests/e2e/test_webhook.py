"""A webhook is taken from who holds its key in the namespace's Secret, and from nobody else."""

import hashlib
import hmac
import json
import time
from base64 import b64encode
from typing import Any

import pytest

from cluster.waiting import until
from testkit.e2e.asking import Answer
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.space import GATEWAY, Space

BODY = {"order": 7}
TEMPLATE = {
    "order": "{{ inputs.order }}",
    "again": "{{ trigger.payload }}",
    "id": "{{ trigger.id }}",
}
HOOK = {
    "name": "paid",
    "webhook": {"auth": {"type": "StandardWebhooks", "secretKey": "paid"}, "respond": "Result"},
}


def keys(*values: bytes) -> dict[str, Any]:
    text = "\n".join("whsec_" + b64encode(value).decode() for value in values)
    metadata = {"name": "sluice-webhooks"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "stringData": {"paid": text},
    }


def send(here: Space, key: bytes, id_: str, **headers: str) -> Answer:
    stamp = str(int(time.time()))
    made = hmac.new(key, f"{id_}.{stamp}.{json.dumps(BODY)}".encode(), hashlib.sha256).digest()
    signed = {
        "webhook-id": id_,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + b64encode(made).decode(),
    }
    url = f"{GATEWAY}/hooks/{here.namespace}/orders/paid"
    return here.call(url, BODY, token="", **signed | headers)


@pytest.fixture(scope="module", autouse=True)
def _orders(here: Space) -> None:
    flow = a_workflow("orders", a_step("note", "transform", template=TEMPLATE), triggers=[HOOK])
    here.apply(keys(b"first-key-of-the-shop"))
    here.deploy(flow)


def test_a_signed_delivery_has_one_run_and_its_result(here: Space) -> None:
    first = send(here, b"first-key-of-the-shop", "msg_1")
    again = send(here, b"first-key-of-the-shop", "msg_1")

    assert first.code == 200, first.body
    assert first.body["output"] == {"order": 7, "again": {"order": 7}, "id": "msg_1"}
    assert again.body["execution_id"] == first.body["execution_id"]


def test_another_key_and_a_malformed_signature_are_401_and_run_nothing(here: Space) -> None:
    wrong = send(here, b"another-key", "msg_2")
    malformed = send(here, b"first-key-of-the-shop", "msg_2", **{"webhook-signature": "v1,!!!!"})

    assert (wrong.code, malformed.code) == (401, 401)
    assert "msg_2" not in here.kubectl("get", "flowrun", "-o", "yaml")


def test_a_key_is_rotated_without_losing_a_delivery(here: Space) -> None:
    here.apply(keys(b"second-key-of-the-shop", b"first-key-of-the-shop"))
    until("the new key holds", lambda: send(here, b"second-key-of-the-shop", "n").code == 200, 20)
    both = send(here, b"first-key-of-the-shop", "msg_3")
    here.apply(keys(b"second-key-of-the-shop"))
    until("the old one does not", lambda: send(here, b"first-key-of-the-shop", "o").code == 401, 20)

    assert both.code == 200
