"""Twilio's Messages API, as its OpenAPI description and its error dictionary have it.

https://github.com/twilio/twilio-oai (spec/json/twilio_api_v2010.json, CreateMessage),
https://www.twilio.com/docs/api/errors, and the numbers of its test credentials:
https://www.twilio.com/docs/iam/test-credentials
"""

import re
from typing import Any

from sluice_core.credentials import Twilio
from testkit.https_server import Answer, Received
from testkit.vendors.api import Refused, as_json, basic_of, form_of

SID, TOKEN = "AC" + "0f" * 16, "3e" * 16
E164 = re.compile(r"\+[1-9][0-9]{1,14}")
FIELDS = {"To", "From", "MessagingServiceSid", "Body"}
INVALID, NOT_MOBILE, FROM_INVALID, FROM_NOT_OWNED = (
    "+15005550001", "+15005550009", "+15005550001", "+15005550007",
)  # fmt: skip


class Api:
    """Keeps the messages that it took."""

    hosts = ("api.twilio.com",)
    credential = Twilio.model_validate(
        {"accountSid": SID, "authToken": TOKEN, "from": "+15005550006"}
    )
    wrong_credential = Twilio.model_validate(
        {"accountSid": SID, "authToken": "not the token", "from": "+15005550006"}
    )

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []

    def __call__(self, request: Received) -> Answer:
        assert request.method == "POST"
        assert request.target == f"/2010-04-01/Accounts/{SID}/Messages.json"
        assert request.headers["host"] == "api.twilio.com"
        if basic_of(request) != (SID, TOKEN):
            raise _error(401, 20003, "Authenticate")
        form = form_of(request)
        assert form.keys() <= FIELDS, form.keys()
        _check(form)
        self.messages.append(form)
        return as_json(201, self._message(form))

    def rate_limited(self) -> tuple[Answer, float]:
        body = {"code": 20429, "message": "Too Many Requests", "status": 429}
        return as_json(429, body, Retry_After="2"), 2

    def _message(self, form: dict[str, str]) -> dict[str, Any]:
        return {
            "account_sid": SID,
            "api_version": "2010-04-01",
            "body": form["Body"],
            "direction": "outbound-api",
            "error_code": None,
            "from": form.get("From"),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "sid": f"SM{len(self.messages):032x}",
            "status": "accepted" if "MessagingServiceSid" in form else "queued",
            "to": form["To"],
        }


def _check(form: dict[str, str]) -> None:
    to, sender = form.get("To", ""), form.get("From", "")
    if not E164.fullmatch(to) or to == INVALID:
        raise _error(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if to == NOT_MOBILE:
        raise _error(400, 21614, f"'To' number is not a valid mobile number: {to}")
    if not sender and not form.get("MessagingServiceSid"):
        raise _error(400, 21603, "A 'From' phone number is required.")
    if sender == FROM_INVALID:
        raise _error(400, 21212, f"Invalid 'From' Phone Number: {sender}")
    if not form.get("Body"):
        raise _error(400, 21602, "Message body is required.")
    if len(form["Body"]) > 1600:
        raise _error(400, 21617, "The concatenated message body exceeds the 1600 character limit")


def _error(status: int, code: int, message: str) -> Refused:
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more, "status": status}
    return Refused(as_json(status, body))
