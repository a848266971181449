"""Credentials of http.*, as a TLS server sees them."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from hashlib import sha256

import pytest

from sluice_core import credentials
from sluice_core.credentials import Credential
from testkit.http_calls import NOON, call, failure, only
from testkit.https_server import Answer, Server, serving

KEY = b"0123456789abcdef0123456789abcdef"
SIGNING = f"whsec_{b64encode(KEY).decode()}"
BEARER = credentials.HttpBearer(token="t0ken-of-ours")
BASIC = credentials.HttpBasic(username="ada", password="pass:wörd")
IN_HEADER = credentials.HttpApiKey(key="k3y-of-ours", header="X-Api-Key")
IN_QUERY = credentials.HttpApiKey(key="k3y&of=ours", query="api_key")


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as running:
        running.answers["/x"] = Answer(200)
        yield running


HEADERS: dict[str, tuple[Credential, str, str]] = {
    "a bearer": (BEARER, "authorization", "Bearer t0ken-of-ours"),
    "a login": (
        BASIC,
        "authorization",
        f"Basic {b64encode('ada:pass:wörd'.encode()).decode()}",
    ),
    "a key": (IN_HEADER, "x-api-key", "k3y-of-ours"),
}


@pytest.mark.parametrize(("credential", "header", "value"), HEADERS.values(), ids=HEADERS)
async def test_a_header_says_who_calls_whatever_the_step_says(
    server: Server, credential: Credential, header: str, value: str
) -> None:
    mine = {header.upper(): "of the step"}

    await call(server, "get", credential=credential, headers=mine)

    assert only(server).headers[header] == value


async def test_a_key_in_the_query_is_encoded_and_stands_beside_the_steps_own(
    server: Server,
) -> None:
    await call(server, "get", credential=IN_QUERY, query={"page": 2, "api_key": "mine"})

    assert only(server).target == "/x?page=2&api_key=k3y%26of%3Dours"


async def test_a_webhook_is_called_where_and_as_its_credential_says_and_signed(
    server: Server,
) -> None:
    hook = credentials.Webhook(
        signing_secret=SIGNING,
        url=server.url("/x"),
        headers={"X-Tenant": "ours", "X-Kind": "default"},
    )

    await call(
        server, "post", credential=hook, url=hook.url, json={"a": 1}, headers={"x-kind": "mine"}
    )

    got = only(server)
    assert (got.headers["x-tenant"], got.headers["x-kind"]) == ("ours", "mine")
    moment = str(int(NOON.timestamp()))
    signed = f"{got.headers['webhook-id']}.{moment}.".encode() + got.body
    version, _, signature = got.headers["webhook-signature"].partition(",")
    assert (version, got.headers["webhook-timestamp"]) == ("v1", moment)
    assert b64decode(signature) == hmac.digest(KEY, signed, sha256)


async def test_without_a_body_nothing_is_what_is_signed(server: Server) -> None:
    hook = credentials.Webhook(signing_secret=SIGNING)

    await call(server, "get", credential=hook)

    got = only(server)
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode()
    assert got.headers["webhook-signature"] == (
        f"v1,{b64encode(hmac.digest(KEY, signed, sha256)).decode()}"
    )


@pytest.mark.parametrize(
    "credential",
    [BEARER, BASIC, IN_HEADER, IN_QUERY, credentials.Webhook(signing_secret=SIGNING)],
    ids=lambda one: one.type,
)
async def test_another_origin_is_told_nothing_of_it(server: Server, credential: Credential) -> None:
    async with serving() as other:
        other.answers["/y"] = Answer(200)
        there = f"https://localhost:{server.port}/y"
        server.answers |= {"/x": Answer(307, {"Location": there}), "/y": Answer(200)}

        await call(server, "get", credential=credential)

    _, redirected = server.received
    assert redirected.target == "/y"
    assert redirected.headers["host"] == f"localhost:{server.port}"
    assert {"authorization", "x-api-key", "webhook-signature", "webhook-id"}.isdisjoint(
        redirected.headers
    )


async def test_the_same_origin_is_told_again(server: Server) -> None:
    server.answers |= {"/x": Answer(307, {"Location": "/y"}), "/y": Answer(200)}

    await call(server, "get", credential=BEARER)

    assert [one.headers["authorization"] for one in server.received] == ["Bearer t0ken-of-ours"] * 2


REFUSED: dict[str, tuple[Credential, str]] = {
    "a line end in a token": (
        credentials.HttpBearer(token="t0ken\nX-Admin: 1"),
        "characters that the header Authorization cannot carry",
    ),
    "a colon in a user's name": (
        credentials.HttpBasic(username="a:b", password="secret"),
        "username has a colon",
    ),
    "a secret that signs nothing": (
        credentials.Webhook(signing_secret="no base64!"),
        "signingSecret is not whsec_ and base64",
    ),
    "a type for other protocols": (
        credentials.OpenAI(api_key="sk-12345"),
        "a credential of type OpenAI is not for HTTP requests",
    ),
}


@pytest.mark.parametrize(("credential", "said"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_sent_is_said_and_nothing_is_sent(
    server: Server, credential: Credential, said: str
) -> None:
    failed = await failure(server, credential=credential)

    assert (failed.failure, failed.reason) == ("Permanent", "CredentialInvalid")
    assert said in failed.message
    assert server.received == []
    assert not any(secret in failed.message for secret in credential.secrets())


async def test_wrong_credentials_are_told_in_the_servers_words(server: Server) -> None:
    server.answers["/x"] = Answer(401, body=b"who are you?")

    failed = await failure(server, credential=BEARER)

    assert (failed.failure, failed.reason) == ("Permanent", "Http401")
    assert "who are you?" in failed.message


async def test_of_an_address_that_is_secret_a_failure_tells_the_host_alone(server: Server) -> None:
    hook = credentials.Webhook(url=server.url("/services/hush?sig=hush"))
    server.answers["/services/hush"] = Answer(410)

    failed = await failure(server, "post", credential=hook, url=hook.url)

    assert failed.message == f"POST https://127.0.0.1:{server.port}/…: 410 Status"
