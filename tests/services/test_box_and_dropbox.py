"""box.upload and dropbox.upload: names that are taken, and tokens that run out."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from sluice_runner.actions.action import Done
from testkit import contexts
from testkit.contexts import NOON
from testkit.vendors import box, dropbox
from testkit.vendors.api import playing
from testkit.vendors.calls import a_context, call, failure

BOX = {"name": "orders.csv"}
DROPBOX = {"path": "/orders.csv"}


async def test_box_tells_that_a_name_is_taken() -> None:
    async with playing(api := box.Api()) as (_, http):
        await call("box.upload", http, api, **BOX, body="1")
        failed = await failure("box.upload", http, api.credential, **BOX, body="2")

    assert (failed.failure, failed.reason) == ("Permanent", "AlreadyExists")
    assert api.files == {("0", "orders.csv"): [b"1"]}


async def test_box_gets_a_further_version_of_the_file() -> None:
    async with playing(api := box.Api()) as (_, http):
        await call("box.upload", http, api, **BOX, body="1")
        done = await call("box.upload", http, api, **BOX, body="2", ifExists="replace")

    assert api.files == {("0", "orders.csv"): [b"1", b"2"]}
    assert (done.output["id"], done.output["version"]) == ("1000", "100002")


async def test_box_gets_another_name() -> None:
    async with playing(api := box.Api()) as (_, http):
        for body in ("1", "2", "3"):
            done = await call("box.upload", http, api, **BOX, body=body, ifExists="rename")

    names = [name for _, name in api.files]
    assert names == ["orders.csv", "orders (1).csv", "orders (2).csv"]
    assert done.output["name"] == "orders (2).csv"


async def test_box_takes_any_name_and_any_bytes() -> None:
    name, body = 'Ärger "3%".bin', {"base64": "AA0KLS0NCg=="}

    async with playing(api := box.Api()) as (_, http):
        await call("box.upload", http, api, name=name, body=body)

    assert api.files == {("0", name): [b"\0\r\n--\r\n"]}


async def test_a_folder_that_is_not_there() -> None:
    async with playing(api := box.Api()) as (_, http):
        failed = await failure("box.upload", http, api.credential, **BOX, folder="9", body="1")

    assert (failed.failure, failed.reason) == ("Permanent", "Http404")
    assert "not_found" in failed.message


EXISTS: dict[str, tuple[str, list[bytes]]] = {
    "another name": ("rename", [b"1", b"2"]),
    "the new one": ("replace", [b"2"]),
}


@pytest.mark.parametrize(("if_exists", "left"), EXISTS.values(), ids=EXISTS)
async def test_dropbox_has_in_the_end(if_exists: str, left: list[bytes]) -> None:
    async with playing(api := dropbox.Api()) as (_, http):
        await call("dropbox.upload", http, api, **DROPBOX, body="1")
        await call("dropbox.upload", http, api, **DROPBOX, body="2", ifExists=if_exists)

    assert list(api.files.values()) == left


async def test_dropbox_tells_that_a_name_is_taken_but_not_by_the_same_content() -> None:
    async with playing(api := dropbox.Api()) as (_, http):
        await call("dropbox.upload", http, api, **DROPBOX, body="1")
        await call("dropbox.upload", http, api, **DROPBOX, body="1")
        failed = await failure("dropbox.upload", http, api.credential, **DROPBOX, body="2")

    assert (failed.failure, failed.reason) == ("Permanent", "AlreadyExists")


RENEWING: dict[str, tuple[str, Any, dict[str, str]]] = {
    "Box, whose refresh tokens are good for one use": ("box.upload", box.RenewingApi, BOX),
    "Dropbox, whose refresh tokens last": ("dropbox.upload", dropbox.RenewingApi, DROPBOX),
}
each_vendor = pytest.mark.parametrize(
    ("action", "make", "place"), RENEWING.values(), ids=list(RENEWING)
)


async def upload(
    action: str, http: httpx.AsyncClient, api: Any, place: dict[str, str], now: datetime = NOON
) -> Done:
    context = contexts.a_context(
        http=lambda: http, credential=lambda: api.credential, now=lambda: now
    )
    return await contexts.call(action, context, **place, body="1", ifExists="replace")


@each_vendor
async def test_a_token_is_used_until_its_time_is_over(
    action: str, make: Any, place: dict[str, str]
) -> None:
    async with playing(api := make()) as (_, http):
        await upload(action, http, api, place)
        await upload(action, http, api, place, NOON + timedelta(seconds=3539))
        before = api.issuer.given
        await upload(action, http, api, place, NOON + timedelta(seconds=3541))

    assert (before, api.issuer.given) == (1, 2)


@each_vendor
async def test_steps_at_the_same_time_share_one_token(
    action: str, make: Any, place: dict[str, str]
) -> None:
    async with playing(api := make()) as (_, http):
        await asyncio.gather(*(upload(action, http, api, place) for _ in range(5)))

    assert api.issuer.given == 1


@each_vendor
async def test_a_token_that_was_revoked_is_renewed_once(
    action: str, make: Any, place: dict[str, str]
) -> None:
    async with playing(api := make()) as (_, http):
        await upload(action, http, api, place)
        api.revoked = 1
        await upload(action, http, api, place)
        api.revoked = 99
        failed = await failure(action, http, api.credential, **place, body="1")

    assert api.issuer.given == 3
    assert (failed.failure, failed.reason) == ("Permanent", "CredentialRefused")


@each_vendor
async def test_another_client_starts_from_the_secret(
    action: str, make: Any, place: dict[str, str]
) -> None:
    async with playing(api := make()) as (_, http):
        failed = await failure(action, http, api.wrong_credential, **place, body="1")
        context = a_context(http, api.credential)
        await contexts.call(action, context, **place, body="1")

    assert failed.reason == "CredentialRefused"
