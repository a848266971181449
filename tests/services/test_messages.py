"""sms.send, teams.send, slack.send, discord.send: what arrives at the vendor."""

from typing import Any

import pytest

from sluice_core.credentials import Slack, Twilio
from testkit import contexts
from testkit.vendors import discord, slack, teams, twilio
from testkit.vendors.api import playing
from testkit.vendors.calls import Operator, a_context, call, failure

SERVICE = "MG" + "0a" * 16
ITEMS = ["o-1 is late", {"title": "o-2", "text": "lost", "facts": {"days": 3}}]


async def test_each_recipient_once_and_the_plan_is_asked_for_all_of_them() -> None:
    api, operator = twilio.Api(), Operator()
    numbers = ["+4930123456", "+4930123457", "+4930123456"]
    given: dict[str, Any] = {"to": numbers, "text": "hello", "from": SERVICE}

    async with playing(api) as (_, http):
        done = await call("sms.send", http, api, operator, **given)

    assert [message["To"] for message in api.messages] == numbers[:2]
    assert {message["MessagingServiceSid"] for message in api.messages} == {SERVICE}
    assert done.result == {"sent": 2}
    [(kind, asked)] = operator.asked
    assert (kind, asked["send"], asked["count"], asked["recipients"]) == ("Allowance", "Sms", 2, 2)
    assert asked["key"] == "uid/step"


async def test_a_number_that_cannot_be_reached_is_told_with_the_code_of_twilio() -> None:
    api = twilio.Api()

    async with playing(api) as (_, http):
        given: dict[str, Any] = {"to": [twilio.NOT_MOBILE, "+4930123457"], "text": "hello"}
        failed = await failure("sms.send", http, api.credential, **given)

    assert (failed.failure, failed.reason) == ("Permanent", "PartlySent")
    assert f"{twilio.NOT_MOBILE}: Twilio Messages: 400" in failed.message
    assert "(21614)" in failed.message
    assert len(api.messages) == 1


async def test_without_a_sender_nobody_is_asked() -> None:
    nameless = Twilio.model_validate({"accountSid": twilio.SID, "authToken": twilio.TOKEN})

    async with playing(twilio.Api()) as (server, http):
        failed = await failure("sms.send", http, nameless, to="+4930123456", text="hello")

    assert (failed.reason, server.received) == ("InvalidConfig", [])
    assert "with.from" in failed.message


async def test_items_are_lines_of_one_message() -> None:
    api = discord.Api()

    async with playing(api) as (_, http):
        await call("discord.send", http, api, text="Today:", items=ITEMS)

    [message] = api.messages
    assert message.content == "Today:\n• o-1 is late\n• o-2: lost – days: 3"


async def test_items_are_a_message_each() -> None:
    api = discord.Api()

    async with playing(api) as (_, http):
        done = await call("discord.send", http, api, items=ITEMS, mode="individual")

    assert done.result == {"sent": 2}
    assert api.messages[0].content == "o-1 is late"
    assert api.messages[1].embeds[0].model_dump()["fields"] == [
        {"name": "days", "value": "3", "inline": True}
    ]


async def test_a_message_that_is_too_long_keeps_all_of_them_back() -> None:
    api = discord.Api()

    async with playing(api) as (server, http):
        given = {"items": ["short", "x" * 2001], "mode": "individual"}
        failed = await failure("discord.send", http, api.credential, **given)

    assert (failed.reason, server.received) == ("MessageTooLong", [])
    assert "2,001 characters" in failed.message


async def test_nothing_to_tell_sends_nothing() -> None:
    api = teams.Api()

    async with playing(api) as (server, http):
        done = await call("teams.send", http, api, items=[])

    assert (done.output, server.received) == ({"sent": 0, "messages": []}, [])


async def test_an_item_that_says_nothing_is_a_mistake_with_a_place() -> None:
    async with playing(api := teams.Api()) as (server, http):
        given = {"items": ["a", {"text": ""}], "mode": "individual"}
        failed = await failure("teams.send", http, api.credential, **given)

    assert (failed.reason, server.received) == ("InvalidConfig", [])
    assert failed.message.startswith("with.items[1]")


MENTIONS = "@everyone <@&1> <!channel> <@U1> <https://a.example|order> a < b"


async def test_discord_notifies_nobody_unless_it_is_told_to() -> None:
    api = discord.Api()

    async with playing(api) as (_, http):
        await call("discord.send", http, api, text=MENTIONS)
        await call("discord.send", http, api, text=MENTIONS, mentions=["users", "roles"])

    assert [message.allowed_mentions.parse for message in api.messages] == [[], ["users", "roles"]]


async def test_slack_notifies_nobody_unless_it_is_told_to_and_links_stay() -> None:
    api = slack.Api()
    section = {"type": "section", "text": {"type": "mrkdwn", "text": MENTIONS}}

    async with playing(api) as (_, http):
        await call("slack.send", http, api, text=MENTIONS, blocks=[section])
        await call("slack.send", http, api, text=MENTIONS, mentions=True)

    quiet, loud = api.messages
    harmless = "@everyone &lt;@&1> &lt;!channel> &lt;@U1> <https://a.example|order> a < b"
    assert quiet.text == harmless
    assert quiet.blocks[0].model_dump()["text"]["text"] == harmless
    assert loud.text == MENTIONS


async def test_a_bot_posts_where_the_step_or_else_the_credential_says() -> None:
    api = slack.BotApi()
    with_channel = Slack.model_validate({"botToken": slack.TOKEN, "channel": "#orders"})

    async with playing(api) as (_, http):
        await contexts.call("slack.send", a_context(http, with_channel), text="hello")
        lost = await failure("slack.send", http, api.credential, text="hello")
        unknown = await failure("slack.send", http, with_channel, text="hello", channel="#x")

    assert [message.model_dump()["channel"] for message in api.messages] == ["#orders"]
    assert (lost.reason, unknown.reason) == ("InvalidConfig", "Refused")
    assert unknown.message == "Slack chat.postMessage: channel_not_found"


SLACK_SAYS = {
    "ratelimited": "RateLimited",
    "internal_error": "Transient",
    "request_timeout": "Timeout",
    "msg_too_long": "Permanent",
}


@pytest.mark.parametrize(("error", "expected"), SLACK_SAYS.items(), ids=SLACK_SAYS)
async def test_slack_tells_errors_with_status_200(error: str, expected: str) -> None:
    api = slack.BotApi()

    async with playing(api) as (server, http):
        server.handle = lambda _: slack.error(error)
        failed = await failure("slack.send", http, api.credential, channel="#orders", text="hello")

    assert failed.failure == expected


async def test_teams_tells_a_429_of_its_own_in_the_text_of_a_success() -> None:
    api = teams.HookApi()

    async with playing(api) as (server, http):
        server.handle = lambda _: api.rate_limited_by_teams()
        failed = await failure("teams.send", http, api.credential, card="MessageCard", text="hello")

    assert failed.failure == "RateLimited"


async def test_a_card_that_is_too_large_is_not_sent() -> None:
    api = teams.Api()

    async with playing(api) as (server, http):
        failed = await failure("teams.send", http, api.credential, text="ä" * 15_000)

    assert (failed.reason, server.received) == ("MessageTooLong", [])


async def test_facts_beyond_what_a_section_holds_get_a_further_one() -> None:
    api = slack.Api()

    async with playing(api) as (_, http):
        await call("slack.send", http, api, facts={f"fact {n}": n % 2 == 0 for n in range(12)})

    [message] = api.messages
    assert [len(block.model_dump()["fields"]) for block in message.blocks] == [10, 2]
    assert message.text.startswith("fact 0: yes\nfact 1: no")
