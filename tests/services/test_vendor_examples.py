"""Examples of actions that call a vendor's API give what their comments say."""

from collections.abc import Callable

import pytest

from testkit import examples
from testkit.vendors import azure, box, discord, dropbox, s3, slack, teams, twilio
from testkit.vendors.api import Api, playing
from testkit.vendors.calls import Operator

APIS: dict[str, Callable[[], Api]] = {
    "sms.send": twilio.Api,
    "teams.send": teams.Api,
    "slack.send": slack.BotApi,
    "discord.send": discord.Api,
    "s3.upload": s3.Api,
    "s3.download": s3.Api,
    "azureblob.upload": azure.Api,
    "box.upload": box.RenewingApi,
    "dropbox.upload": dropbox.RenewingApi,
}


@pytest.mark.parametrize("action", APIS)
async def test_an_example_gives_what_it_says(action: str) -> None:
    text, api, operator = examples.text_of(action), APIS[action](), Operator()

    async with playing(api) as (_, http):
        end = await examples.play(text, http, api.credential, operator.grant)

    assert (end.phase, end.message, end.output) == ("Succeeded", "", examples.given_by(text))
