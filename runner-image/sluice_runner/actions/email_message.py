"""What a mail consists of: headers, sanitised HTML, attachments. Pure."""

from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256

import nh3

from sluice_core import plain
from sluice_core.catalog.email import NAMED, EmailSendParams, address_of
from sluice_runner.actions.action import StepFailed
from sluice_runner.actions.content import content_type, to_bytes

ATTACHED_BYTES = 10 * plain.MIB
SEVEN_BIT = policy.SMTP.clone(cte_type="7bit")  # goes through every server unchanged
LAYOUT = {"align", "bgcolor", "class", "dir", "height", "lang", "style", "title", "valign", "width"}
ATTRIBUTES = {name: set(found) for name, found in nh3.ALLOWED_ATTRIBUTES.items()} | {"*": LAYOUT}
STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
    "border-radius", "border-right", "border-spacing", "border-style", "border-top", "border-width",
    "color", "display", "font", "font-family", "font-size", "font-style", "font-weight", "height",
    "letter-spacing", "line-height", "margin", "margin-bottom", "margin-left", "margin-right",
    "margin-top", "max-width", "min-width", "padding", "padding-bottom", "padding-left",
    "padding-right", "padding-top", "text-align", "text-decoration", "text-transform",
    "vertical-align", "white-space", "width", "word-break",
}  # fmt: skip


@dataclass(frozen=True)
class Envelope:
    """One message on its way; `message_id` is the same whenever the step is repeated."""

    sender: str
    recipients: tuple[str, ...]
    message_id: str
    message: bytes


def envelopes(
    params: EmailSendParams, sender: str, key: str, now: datetime
) -> tuple[Envelope, ...]:
    """One for all, or in mode `individual` one for each in `to`; raises StepFailed."""
    _check_size(params)
    if params.mode == "aggregated":
        return (_envelope(params, params.to, sender, key, now),)
    return tuple(
        _envelope(params, (one,), sender, f"{key}/{index}", now)
        for index, one in enumerate(params.to)
    )


def _check_size(params: EmailSendParams) -> None:
    total = sum(
        len(to_bytes(one.content, f"attachments.{index}.content"))
        for index, one in enumerate(params.attachments)
    )
    if total > ATTACHED_BYTES:
        message = f"with.attachments: {total} bytes together; {ATTACHED_BYTES} (10 MiB) are allowed"
        raise StepFailed("Permanent", "TooLarge", message)


def _envelope(
    params: EmailSendParams, to: tuple[str, ...], sender: str, key: str, now: datetime
) -> Envelope:
    address = address_of(sender)
    domain = address.rpartition("@")[2]
    message_id = f"<{sha256(key.encode()).hexdigest()[:40]}@{domain}>"
    message = _body(params)
    message["From"] = _named(sender)
    message["To"] = ", ".join(to)
    message["Subject"] = params.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    if params.cc:
        message["Cc"] = ", ".join(params.cc)
    if params.reply_to:
        message["Reply-To"] = ", ".join(params.reply_to)
    recipients = tuple(dict.fromkeys((*to, *params.cc, *params.bcc)))
    return Envelope(address, recipients, message_id, message.as_bytes())


def _body(params: EmailSendParams) -> EmailMessage:
    message = EmailMessage(SEVEN_BIT)
    if params.text is not None:
        message.set_content(params.text)
    if params.html is not None:
        html = sanitised(params.html)
        if params.text is None:
            message.set_content(html, subtype="html")
        else:
            message.add_alternative(html, subtype="html")
    for index, one in enumerate(params.attachments):
        main, _, rest = (one.content_type or content_type(one.content)).partition("/")
        message.add_attachment(
            to_bytes(one.content, f"attachments.{index}.content"),
            maintype=main,
            subtype=rest.partition(";")[0],
            filename=one.name,
        )
    return message


def sanitised(html: str) -> str:
    """The HTML without what runs, loads frames or sends forms; inline styles are kept in part."""
    return nh3.clean(
        html,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        filter_style_properties=STYLES,
        clean_content_tags={"script", "style", "title"},
        link_rel=None,
    )


def _named(sender: str) -> Address | str:
    named = NAMED.fullmatch(sender.strip(" "))
    if named is None:
        return sender
    return Address(named["name"].strip(), addr_spec=named["address"])
