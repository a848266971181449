"""sms.send: text messages by Twilio, one for each recipient.

The API: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from pydantic import JsonValue

from sluice_core import wire
from sluice_core.catalog import CATALOG
from sluice_core.catalog.messages import SmsParams
from sluice_core.credentials import Twilio
from sluice_runner.actions import fan_out, given, vendor
from sluice_runner.actions.action import Action, Context, Done, StepFailed

if TYPE_CHECKING:
    import httpx

API = "https://api.twilio.com/2010-04-01/Accounts/{}/Messages.json"
NOT_AUTHENTICATED = 20003


async def run(params: SmsParams, ctx: Context) -> Done:
    """Ask the plan first, then send."""
    account = given.credential(ctx, Twilio)
    sender = params.from_ or account.from_
    if not sender:
        message = "with.from is missing, and the credential has no `from`: say who sends it"
        raise StepFailed("Permanent", "InvalidConfig", message)
    count = len(params.recipients)
    asked = wire.Allowance(send="Sms", count=count, recipients=count, key=ctx.key)
    await ctx.ask("Allowance", asked.model_dump(by_alias=True))

    async def send(to: str) -> JsonValue:
        call = _call(account, sender, to, params.text)
        return _told(call, await vendor.send(ctx, call), ctx)

    return await fan_out.each(params.recipients, send, str, ctx)


def _call(account: Twilio, sender: str, to: str, text: str) -> vendor.Call:
    sid, token = account.account_sid.get_secret_value(), account.auth_token.get_secret_value()
    by = "MessagingServiceSid" if _is_a_service(sender) else "From"
    return vendor.Call(
        name="Twilio Messages",
        url=API.format(quote(sid, safe="")),
        headers={
            "Authorization": f"Basic {b64encode(f'{sid}:{token}'.encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
        },
        content=urlencode({"To": to, by: sender, "Body": text}).encode(),
    )


def _is_a_service(sender: str) -> bool:
    return sender.startswith("MG") and len(sender) == 34


def _told(call: vendor.Call, answer: httpx.Response, ctx: Context) -> JsonValue:
    said = vendor.fields(answer)
    if not answer.is_success:
        code = said["code"] if isinstance(said.get("code"), int) else None
        reason = vendor.REFUSED if code == NOT_AUTHENTICATED else f"Twilio{code}" if code else ""
        words = f"{said.get('message', '')} ({code})" if code else ""
        raise vendor.refusal(call, answer, ctx, words, reason)
    if not isinstance(said.get("sid"), str):
        raise vendor.unreadable(call)
    return {name: said.get(name) for name in ("to", "sid", "status")}


ACTION = Action(CATALOG["sms.send"], run)
