"""email.send: one message to all, or one to each."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, model_validator

from sluice_core.catalog.action import ActionType, Params

MOST_RECIPIENTS = 1000
# RFC 5321 without quoted local parts, comments, routes, address literals and RFC 6531.
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"(?=.{{3,254}}\Z){ATOM}(?:\.{ATOM})*@{LABEL}(?:\.{LABEL})*")
NAMED = re.compile(r'(?P<name>[^<>"]*)<(?P<address>[^<>\s]+)>')
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
MEDIA_TYPE = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}(?:; ?[\w-]{1,50}=[\w.-]{1,100})*", re.ASCII)


def _one_line(text: str) -> str:
    """A line end in a header begins another header, of its author's choice."""
    if CONTROL.search(text):
        raise ValueError("must not contain line ends or other control characters")
    return text


def _address(text: str) -> str:
    if not ADDRESS.fullmatch(_one_line(text)):
        raise ValueError("is not an e-mail address such as ada@example.com")
    return text


def _sender(text: str) -> str:
    _address(address_of(_one_line(text)))
    return text


def _media_type(text: str) -> str:
    if not MEDIA_TYPE.fullmatch(text):
        raise ValueError("is not a media type such as application/pdf")
    return text


def _listed(value: Any) -> Any:
    """One text may list several, with commas or semicolons between them."""
    if not isinstance(value, str):
        return value
    return [one.strip(" ") for one in value.replace(";", ",").split(",") if one.strip(" ")]


def address_of(sender: str) -> str:
    """The address in `Name <address>`, or the text itself."""
    named = NAMED.fullmatch(sender.strip(" "))
    return named["address"] if named else sender


Address = Annotated[str, AfterValidator(_address)]
Addresses = Annotated[
    tuple[Address, ...], BeforeValidator(_listed), Field(max_length=MOST_RECIPIENTS)
]
Line = Annotated[str, AfterValidator(_one_line)]
Sender = Annotated[str, Field(max_length=400), AfterValidator(_sender)]
MediaType = Annotated[str, AfterValidator(_media_type)]


class Attachment(Params):
    """A file; `content` is text, `{base64, contentType}` as steps give it, or data for JSON."""

    name: Annotated[Line, Field(min_length=1, max_length=255)]
    content: JsonValue
    content_type: MediaType | None = None


class EmailSendParams(Params):
    """A message as text, HTML or both; lists of addresses may be one text with commas.

    HTML is reduced to what is harmless in a mail: no scripts, frames, forms, handlers or
    `javascript:`. In mode `individual` each address in `to` gets a message of its own, with CC and
    BCC on each. The output is `{messageId, recipients}`, or in mode `individual` `{messages}`, a
    list of these. A message goes to all of its recipients, or to none when one is refused.
    """

    to: Annotated[Addresses, Field(min_length=1)]
    cc: Addresses = ()
    bcc: Addresses = ()
    subject: Annotated[Line, Field(max_length=900)] = ""
    text: str | None = None
    html: str | None = None
    attachments: Annotated[
        tuple[Attachment, ...], Field(max_length=50, description="10 MiB together at most")
    ] = ()
    from_: Annotated[
        Sender | None, Field(alias="from", description="the credential's `from` if absent")
    ] = None
    reply_to: Addresses = ()
    mode: Annotated[
        Literal["aggregated", "individual"],
        Field(description="aggregated: one message to all; individual: one to each in `to`"),
    ] = "aggregated"

    @model_validator(mode="after")
    def _says_something(self) -> "EmailSendParams":
        if self.text is None and self.html is None and not self.attachments:
            raise ValueError("give text, html or attachments")
        return self


TYPES = (
    ActionType(
        name="email.send",
        title="Send e-mail",
        category="messages",
        role="delivers",
        params=EmailSendParams,
        sample={
            "to": ["ada@example.com"],
            "subject": "Your order {{ data.id }}",
            "text": "It is on its way.",
        },
        failures=("Transient", "Timeout", "RateLimited", "Permanent"),
        credentials=("Smtp",),
        reaches=(465, 587),
    ),
)
