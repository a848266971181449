"""notify: what people are told, by each type of credential and without one."""

import json
from typing import Any

import pytest

from sluice_core import credentials
from sluice_core.wire import Notify
from sluice_runner.actions.action import StepFailed
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from testkit import contexts
from testkit.https_server import Answer, serving
from testkit.services.mail import serving_mail
from testkit.vendors import discord, slack, teams
from testkit.vendors.api import playing
from testkit.vendors.calls import Operator, a_context

TOLD: dict[str, Any] = {"title": "Import failed", "message": "o-1 has no date", "level": "error"}


async def test_slack_shows_the_title_with_its_level_and_the_message() -> None:
    api = slack.Api()

    async with playing(api) as (_, http):
        done = await contexts.call("notify", a_context(http, api.credential), **TOLD)

    [message] = api.messages
    assert message.text == "Error: Import failed\no-1 has no date"
    assert done.output == {"via": "Slack"}


async def test_teams_gets_a_card() -> None:
    api = teams.Api()

    async with playing(api) as (_, http):
        done = await contexts.call("notify", a_context(http, api.credential), **TOLD)

    assert len(api.messages) == 1
    assert done.output == {"via": "MicrosoftTeams"}


async def test_discord_gets_a_message() -> None:
    api = discord.Api()

    async with playing(api) as (_, http):
        done = await contexts.call("notify", a_context(http, api.credential), **TOLD)

    assert [one.embeds[0].model_dump()["title"] for one in api.messages] == ["Error: Import failed"]
    assert done.output == {"via": "Discord"}


async def test_mail_goes_to_whom_the_step_names(guard: Guard) -> None:
    operator = Operator()
    async with serving_mail() as server:
        context = contexts.a_context(
            credential=server.credential, guard=lambda: guard, ask=operator.ask
        )
        await contexts.call("notify", context, to="ada@example.com", **TOLD)

    [letter] = server.letters
    assert letter.recipients == ("ada@example.com",)
    assert letter.message["Subject"] == "Error: Import failed"
    assert letter.message.get_content().strip() == "o-1 has no date"
    assert [kind for kind, _ in operator.asked] == ["Allowance"]


async def test_mail_to_nobody_is_an_error_of_the_configuration() -> None:
    mail = credentials.Smtp(host="mail.example.com")

    with pytest.raises(StepFailed, match=r"with\.to is missing"):
        await contexts.call("notify", contexts.a_context(credential=lambda: mail), **TOLD)


async def test_a_webhook_gets_it_as_data_by_the_method_that_it_wants() -> None:
    async with serving() as server, client(Guard(Egress(("127.0.0.1",))), server.trust) as http:
        server.answers["/alarm"] = Answer(204)
        hook = credentials.Webhook(url=server.url("/alarm"), method="PUT", headers={"X-Who": "us"})
        done = await contexts.call("notify", a_context(http, hook), **TOLD)

    [request] = server.received
    assert (request.method, request.headers["x-who"]) == ("PUT", "us")
    assert json.loads(request.body) == TOLD
    assert done.output == {"via": "Webhook"}


async def test_without_a_credential_the_operator_makes_an_event() -> None:
    operator = Operator()

    context = contexts.a_context(ask=operator.ask)
    done = await contexts.call("notify", context, **TOLD)

    [(kind, body)] = operator.asked
    assert kind == "Notify"
    assert Notify.model_validate(body) == Notify(key="uid/step", **TOLD)
    assert done.output == {"via": "Event"}
