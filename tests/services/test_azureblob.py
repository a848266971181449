"""azureblob.upload against Azurite, which checks signatures."""

import hmac
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from sluice_core.credentials import AzureBlobStorage
from sluice_runner.actions import azure_store
from sluice_runner.actions.action import Done, StepFailed
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from testkit import contexts
from testkit.services import azurite
from testkit.services.azurite import ACCOUNT, CONTAINER, Azurite

BLOBS = {
    "of ASCII": "orders/2026/o-1.json",
    "of other letters": "Ärger/日本.txt",
    "that need quotes": "a b+c&d=e'f(g)!*~.txt",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    with azurite.running(tmp_path_factory.mktemp("azurite")) as server:
        yield server


@pytest.fixture
async def http(store: Azurite) -> AsyncIterator[httpx.AsyncClient]:
    port = httpx.URL(store.url).port
    async with client(Guard(Egress((f"127.0.0.1/32:{port}",)))) as guarded:
        yield guarded


async def call(http: httpx.AsyncClient, credential: AzureBlobStorage, **given: Any) -> Done:
    context = contexts.a_context(
        http=lambda: http, credential=lambda: credential, now=lambda: datetime.now(UTC)
    )
    return await contexts.call("azureblob.upload", context, **{"container": CONTAINER, **given})


async def failure(
    http: httpx.AsyncClient, credential: AzureBlobStorage, **given: Any
) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        await call(http, credential, **given)
    assert not any(secret in caught.value.message for secret in credential.secrets())
    return caught.value


def shared_access(store: Azurite) -> str:
    """A service SAS for the container, by the form of version 2020-12-06."""
    start, end, version = "", "2099-01-01T00:00:00Z", "2021-12-02"
    place = f"/blob/{ACCOUNT}/{CONTAINER}"
    fields = ("cw", start, end, place, "", "", "https,http", version, "c", *("",) * 7)
    signed = hmac.digest(store.key, "\n".join(fields).encode(), "sha256")
    signature = quote(b64encode(signed).decode(), safe="")
    return f"sp=cw&se={quote(end, safe='')}&spr=https,http&sv={version}&sr=c&sig={signature}"


@pytest.mark.parametrize("blob", BLOBS.values(), ids=BLOBS)
async def test_what_is_put_is_there(blob: str, store: Azurite, http: httpx.AsyncClient) -> None:
    done = await call(http, store.credential(), blob=blob, body=blob, metadata={"day": "7"})

    there = store.ask("GET", f"{CONTAINER}/{quote(blob)}")
    assert (there.status_code, there.text) == (200, blob)
    assert there.headers["content-type"] == "text/plain; charset=utf-8"
    assert there.headers["x-ms-meta-day"] == "7"
    assert done.output["etag"] == there.headers["etag"].strip('"')
    assert done.result == {"bytes": len(blob.encode())}


def connection_string(store: Azurite) -> dict[str, str]:
    parts = {"AccountName": ACCOUNT, "AccountKey": store.encoded_key, "BlobEndpoint": store.url}
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    return {"connectionString": f"DefaultEndpointsProtocol=http;{text};"}


WAYS_IN = {
    "a connection string": connection_string,
    "a shared access signature": lambda store: {
        "sasToken": f"?{shared_access(store)}", "account": ACCOUNT, "endpoint": store.url,
    },
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS_IN.values(), ids=WAYS_IN)
async def test_another_way_in(way: Any, store: Azurite, http: httpx.AsyncClient) -> None:
    credential = AzureBlobStorage.model_validate(way(store))

    await call(http, credential, blob="it.json", body={"a": [1]})

    assert store.ask("GET", f"{CONTAINER}/it.json").json() == {"a": [1]}


async def test_azure_itself_refuses_a_second_blob(store: Azurite, http: httpx.AsyncClient) -> None:
    given = {"blob": "once", "body": "1", "ifExists": "fail"}
    await call(http, store.credential(), **given)

    failed = await failure(http, store.credential(), **given)

    assert (failed.failure, failed.reason) == ("Permanent", "AlreadyExists")


async def test_a_wrong_key(store: Azurite, http: httpx.AsyncClient) -> None:
    wrong = store.credential(accountKey=b64encode(b"of yesterday").decode())

    failed = await failure(http, wrong, blob="k", body="1")

    assert failed.failure == "Permanent"
    assert failed.reason == "AuthorizationFailure"  # of Azurite; Azure says AuthenticationFailed


async def test_a_container_that_is_not_there(store: Azurite, http: httpx.AsyncClient) -> None:
    failed = await failure(http, store.credential(), container="nowhere", blob="k", body="1")

    assert (failed.failure, failed.reason) == ("Permanent", "ContainerNotFound")


HALF = {
    "a key without an account": ({"accountKey": "a2V5a2V5"}, "whole connectionString"),
    "a key that is none": ({"accountKey": "not base64!", "account": "shop"}, "not base64"),
    "half a connection string": ({"connectionString": "AccountName=shop"}, "accountKey"),
}


@pytest.mark.parametrize(("given", "words"), HALF.values(), ids=HALF)
def test_a_credential_that_is_half(given: dict[str, str], words: str) -> None:
    with pytest.raises(StepFailed) as caught:
        azure_store.account(AzureBlobStorage.model_validate(given))

    assert caught.value.reason == "CredentialInvalid"
    assert words in caught.value.message
