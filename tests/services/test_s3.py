"""s3.upload and s3.download against moto's server, which checks signatures and policies."""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sluice_core.credentials import AwsS3
from sluice_runner.actions.action import Done, StepFailed
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from testkit import contexts
from testkit.services import moto_server
from testkit.services.moto_server import BUCKET, Moto

KEYS = {
    "of ASCII": "orders/2026/o-1.json",
    "of other letters": "Ärger/日本.txt",
    "that need quotes": "a b+c&d=e?f#g%h'i(j)!*~.txt",
    "with empty parts": "a//b/",
}
BODIES = {
    "a text": ("grüße", "text/plain; charset=utf-8", "grüße"),
    "data": ({"id": 1, "open": None}, "application/json", {"id": 1, "open": None}),
    "bytes": (
        {"base64": b64encode(b"\0\xff").decode(), "contentType": "image/png"},
        "image/png",
        {"base64": "AP8=", "contentType": "image/png"},
    ),
    "nothing": ("", "text/plain; charset=utf-8", None),
}


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    with moto_server.running(tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture
async def http(moto: Moto) -> AsyncIterator[httpx.AsyncClient]:
    port = httpx.URL(moto.url).port
    async with client(Guard(Egress((f"127.0.0.1/32:{port}",)))) as guarded:
        yield guarded


def now() -> datetime:
    return datetime.now(UTC)


async def call(action: str, http: httpx.AsyncClient, credential: AwsS3, **given: Any) -> Done:
    context = contexts.a_context(http=lambda: http, credential=lambda: credential, now=now)
    return await contexts.call(action, context, bucket=BUCKET, **given)


async def failure(
    action: str, http: httpx.AsyncClient, credential: AwsS3, **given: Any
) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        await call(action, http, credential, **given)
    assert not any(secret in caught.value.message for secret in credential.secrets())
    return caught.value


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
async def test_what_is_put_under_a_key_is_got_back(
    key: str, moto: Moto, http: httpx.AsyncClient
) -> None:
    put = await call("s3.upload", http, moto.credential(), key=key, body=key)
    got = await call("s3.download", http, moto.credential(), key=key)

    assert put.output == {
        "bucket": BUCKET, "key": key, "etag": got.output["etag"], "versionId": None,
        "size": len(key.encode()),
    }  # fmt: skip
    assert got.output["body"] == key


@pytest.mark.parametrize(("body", "content_type", "back"), BODIES.values(), ids=BODIES)
async def test_a_body_keeps_its_form(
    body: Any, content_type: str, back: Any, moto: Moto, http: httpx.AsyncClient
) -> None:
    await call("s3.upload", http, moto.credential(), key="it", body=body, metadata={"Day": "7 x"})
    got = await call("s3.download", http, moto.credential(), key="it")

    assert (got.output["body"], got.output["contentType"]) == (back, content_type)
    assert got.output["metadata"] == {"day": "7 x"}


async def test_the_store_itself_refuses_a_second_object(
    moto: Moto, http: httpx.AsyncClient
) -> None:
    given = {"key": "once", "body": "1", "ifExists": "fail"}
    await call("s3.upload", http, moto.credential(), **given)

    failed = await failure("s3.upload", http, moto.credential(), **given)

    assert (failed.failure, failed.reason) == ("Permanent", "AlreadyExists")


async def test_an_object_that_is_too_large_is_not_read(moto: Moto, http: httpx.AsyncClient) -> None:
    await call("s3.upload", http, moto.credential(), key="large", body="x" * 1001)

    failed = await failure("s3.download", http, moto.credential(), key="large", maxBytes=1000)

    assert (failed.failure, failed.reason) == ("Permanent", "TooLarge")
    assert "1,001 bytes" in failed.message


async def test_more_than_ten_mebibytes_are_not_sent(moto: Moto, http: httpx.AsyncClient) -> None:
    failed = await failure(
        "s3.upload", http, moto.credential(), key="k", body="x" * (10 << 20) + "x"
    )

    assert failed.reason == "TooLarge"


WRONG = {
    "an unknown key": ({"accessKeyId": "AKIDNOBODY"}, "CredentialRefused"),
    "a wrong secret": ({"secretAccessKey": "of yesterday"}, "CredentialRefused"),
}


@pytest.mark.parametrize(("changed", "reason"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("action", ["s3.upload", "s3.download"])
async def test_wrong_keys(
    action: str, changed: dict[str, str], reason: str, moto: Moto, http: httpx.AsyncClient
) -> None:
    given = {"key": "k", **({"body": "1"} if action == "s3.upload" else {})}

    failed = await failure(action, http, moto.credential(**changed), **given)

    assert (failed.failure, failed.reason) == ("Permanent", reason)
    assert "look at its Secret" in failed.message


async def test_what_is_not_there(moto: Moto, http: httpx.AsyncClient) -> None:
    failed = await failure("s3.download", http, moto.credential(), key="nowhere")

    assert (failed.failure, failed.reason) == ("Permanent", "NoSuchKey")


async def test_a_private_store_is_reached_only_where_it_is_allowed(moto: Moto) -> None:
    async with client(Guard(Egress())) as guarded:
        failed = await failure("s3.download", guarded, moto.credential(), key="k")

    assert (failed.failure, failed.reason) == ("Permanent", "EgressRefused")
    assert "spec.egress.allow" in failed.message
