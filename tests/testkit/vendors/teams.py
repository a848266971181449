"""Incoming webhooks of Microsoft Teams: the workflows of today, the connectors of before.

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
https://adaptivecards.io/explorer/ (AdaptiveCard, TextBlock, FactSet)
https://learn.microsoft.com/outlook/actionable-messages/message-card-reference
"""

from typing import Annotated, Literal

from pydantic import Field

from sluice_core.credentials import MicrosoftTeams
from testkit.https_server import Answer, Received
from testkit.vendors.api import Body, Refused, as_json, as_text, json_of

FLOW_HOST = "prod-12.westeurope.logic.azure.com"
FLOW = (
    "/workflows/0f0f/triggers/manual/paths/invoke"
    "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=c2lnbmF0dXJl"
)
HOOK_HOST = "shop.webhook.office.com"
HOOK = "/webhookb2/0f0f@1e1e/IncomingWebhook/2d2d/3c3c"
LIMIT = 28 * 1024
UTF_8 = "application/json; charset=utf-8"


class TextBlock(Body):
    type: Literal["TextBlock"]
    text: Annotated[str, Field(min_length=1)]
    wrap: bool = False
    weight: Literal["Lighter", "Default", "Bolder"] = "Default"
    size: Literal["Small", "Default", "Medium", "Large", "ExtraLarge"] = "Default"


class CardFact(Body):
    title: str
    value: str


class FactSet(Body):
    type: Literal["FactSet"]
    facts: Annotated[list[CardFact], Field(min_length=1)]


Element = Annotated[TextBlock | FactSet, Field(discriminator="type")]


class AdaptiveCard(Body):
    schema_: Literal["http://adaptivecards.io/schemas/adaptive-card.json"] = Field(alias="$schema")
    type: Literal["AdaptiveCard"]
    version: Literal["1.0", "1.1", "1.2", "1.3", "1.4", "1.5"]
    body: Annotated[list[Element], Field(min_length=1)]


class Attachment(Body):
    content_type: Literal["application/vnd.microsoft.card.adaptive"] = Field(alias="contentType")
    content_url: None = Field(alias="contentUrl")
    content: AdaptiveCard


class Message(Body):
    type: Literal["message"]
    attachments: Annotated[list[Attachment], Field(min_length=1)]


class MessageFact(Body):
    name: str
    value: str


class Section(Body):
    text: str = ""
    markdown: bool = True
    facts: list[MessageFact] = []


class MessageCard(Body):
    type: Literal["MessageCard"] = Field(alias="@type")
    context: Literal["https://schema.org/extensions"] = Field(alias="@context")
    summary: Annotated[str, Field(min_length=1)]
    title: str = ""
    sections: list[Section] = []


class Api:
    """A workflow, which answers before it has posted."""

    hosts: tuple[str, ...] = (FLOW_HOST,)
    credential = MicrosoftTeams.model_validate({"webhookUrl": f"https://{FLOW_HOST}{FLOW}"})
    wrong_credential = MicrosoftTeams.model_validate(
        {"webhookUrl": f"https://{FLOW_HOST}{FLOW}-of-yesterday"}
    )

    def __init__(self) -> None:
        self.messages: list[Message | MessageCard] = []

    def __call__(self, request: Received) -> Answer:
        assert (request.method, request.headers["host"]) == ("POST", FLOW_HOST)
        if request.target != FLOW:
            raise Refused(_error(401, "DirectApiAuthorizationRequired", request.target))
        assert request.headers["content-type"] == UTF_8
        if len(request.body) > LIMIT:
            raise Refused(_error(413, "RequestEntityTooLarge", "the card is too large"))
        taken = json_of(
            request, Message, lambda why: _error(400, "TriggerInputSchemaMismatch", why)
        )
        self.messages.append(taken)
        return Answer(202)

    def rate_limited(self) -> tuple[Answer, float]:
        answer = _error(429, "TooManyRequests", "Rate limit is exceeded.")
        return Answer(429, {**answer.headers, "Retry-After": "12"}, answer.body), 12


class HookApi(Api):
    """A connector, which tells what Teams said of the card in the text of a success."""

    hosts = (HOOK_HOST,)
    credential = MicrosoftTeams.model_validate({"webhookUrl": f"https://{HOOK_HOST}{HOOK}"})
    wrong_credential = MicrosoftTeams.model_validate({"webhookUrl": f"https://{HOOK_HOST}{HOOK}x"})

    def __call__(self, request: Received) -> Answer:
        assert (request.method, request.headers["host"]) == ("POST", HOOK_HOST)
        assert request.headers["content-type"] == UTF_8
        if request.target != HOOK:
            raise Refused(as_text(404, "Invalid webhook URL"))
        if len(request.body) > LIMIT:
            raise Refused(_told_as_success(413))
        self.messages.append(
            json_of(
                request,
                MessageCard,
                lambda _: as_text(400, "Bad payload received by generic incoming webhook."),
            )
        )
        return as_text(200, "1")

    def rate_limited(self) -> tuple[Answer, float]:
        return as_text(429, "Too many requests", Retry_After="4"), 4

    def rate_limited_by_teams(self) -> Answer:
        return _told_as_success(429)


def _told_as_success(status: int) -> Answer:
    text = (
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error"
    )
    return as_text(200, f"{text} {status} with ContextId tcid=1,server=S,cv=c..")


def _error(status: int, code: str, message: str) -> Answer:
    return as_json(status, {"error": {"code": code, "message": message}})
