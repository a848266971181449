"""notify: through the step's credential as the action for that does it, else as an Event."""

from collections.abc import Awaitable, Callable

from pydantic import JsonValue

from sluice_core import credentials, wire
from sluice_core.catalog import CATALOG
from sluice_core.catalog.email import EmailSendParams
from sluice_core.catalog.http import HttpBodyParams
from sluice_core.catalog.messages import DiscordParams, SlackParams, TeamsParams
from sluice_core.catalog.notify import NotifyParams
from sluice_runner.actions import discord_send, email_send, http, slack_send, teams_send
from sluice_runner.actions.action import Action, Context, Done, StepFailed

Send = Callable[[NotifyParams, Context], Awaitable[Done]]
EVENT = "Event"


async def run(params: NotifyParams, ctx: Context) -> Done:
    """Once, by one way."""
    credential = ctx.credential()
    via = EVENT if credential is None else credential.type
    done = await SENDS[via](params, ctx)
    return Done(output={"via": via}, result=done.result)


async def _event(params: NotifyParams, ctx: Context) -> Done:
    asked = wire.Notify(title=params.title, message=params.message, level=params.level, key=ctx.key)
    await ctx.ask("Notify", asked.model_dump(mode="json", by_alias=True))
    return Done()


async def _slack(params: NotifyParams, ctx: Context) -> Done:
    told = SlackParams(title=params.headline, text=params.message, channel=params.channel)
    return await slack_send.run(told, ctx)


async def _teams(params: NotifyParams, ctx: Context) -> Done:
    return await teams_send.run(TeamsParams(title=params.headline, text=params.message), ctx)


async def _discord(params: NotifyParams, ctx: Context) -> Done:
    return await discord_send.run(DiscordParams(title=params.headline, text=params.message), ctx)


async def _mail(params: NotifyParams, ctx: Context) -> Done:
    if not params.to:
        message = "with.to is missing, and so it is in the credential's defaults: say to whom"
        raise StepFailed("Permanent", "InvalidConfig", message)
    letter = EmailSendParams(
        to=params.to,
        from_=params.from_,
        subject=params.headline,
        text=params.message or params.headline,
    )
    return await email_send.run(letter, ctx)


async def _webhook(params: NotifyParams, ctx: Context) -> Done:
    credential = ctx.credential()
    if not isinstance(credential, credentials.Webhook) or credential.url is None:
        message = "the credential has no url: give it one, in its Secret or its configuration"
        raise StepFailed("Permanent", "InvalidConfig", message)
    told: JsonValue = {
        "title": params.title,
        "message": params.message,
        "level": params.level,
    }
    request = HttpBodyParams(url=credential.url, json_=told)
    return await http.calling(credential.method)(request, ctx)


SENDS: dict[str, Send] = {
    EVENT: _event,
    credentials.Slack.type: _slack,
    credentials.MicrosoftTeams.type: _teams,
    credentials.Discord.type: _discord,
    credentials.Smtp.type: _mail,
    credentials.Webhook.type: _webhook,
}

ACTION = Action(CATALOG["notify"], run)
