"""Read e-mail, as JSON of a mail provider or as it came over the wire, into one form."""

import email
import email.errors
import email.header
import email.utils
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

import orjson

from sluice_gateway.limits import RUN_BYTES
from sluice_gateway.problems import Fault, Problem
from sluice_gateway.schemas.mail import Attached, MailForm

INLINE_BYTES = 96 * 1024  # of base64, all attachments together
_SPARE_BYTES = 4096  # what a run has besides
_MOST_PARTS = 200
_HEADER_BYTES = 256 * 1024
_HEADER_CHARACTERS = 4096
_MOST_HEADERS = 64
_RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to")


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A part that is not the text; `content` is None where the sender left it out."""

    name: str
    media: str
    size: int
    content: bytes | None


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A message. `recipients` are bare addresses in lower case."""

    sender: str
    to: str
    subject: str
    text: str
    html: str
    id: str
    recipients: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()

    @property
    def identity(self) -> list[Any]:
        """What two deliveries of one message have in common."""
        hashes = [_hash(one) for one in self.attachments]
        return [self.sender, self.subject, self.text, self.html, hashes]


def of_form(form: MailForm) -> Mail:
    """Raises Problem 422 for an attachment that is not base64."""
    to = ", ".join([form.to] if isinstance(form.to, str) else form.to)
    headers = {name.lower(): value for name, value in form.email_headers.items()}
    return Mail(
        sender=form.from_,
        to=to,
        subject=form.subject,
        text=form.body_text,
        html=form.body_html,
        id=form.message_id or headers.get("message-id", ""),
        recipients=_addresses([to]),
        headers=_bounded(headers.items()),
        attachments=tuple(_attachment(index, one) for index, one in enumerate(form.attachments)),
    )


def of_wire(raw: bytes) -> Mail:
    """An RFC 5322 message. Raises Problem 400 or 422 for one that cannot be read."""
    head = min(_HEADER_BYTES, len(raw))
    if not any(end in raw[:head] for end in (b"\r\n\r\n", b"\n\n")) and head == _HEADER_BYTES:
        raise Problem(422, "NotAMessage", f"the headers take more than {_HEADER_BYTES} bytes")
    try:
        return _read(email.message_from_bytes(raw))
    except (LookupError, ValueError, TypeError, RecursionError, email.errors.MessageError) as error:
        detail = "the body is not a message as RFC 5322 and MIME have it"
        raise Problem(400, "NotAMessage", detail) from error


def payload(mail: Mail) -> tuple[dict[str, Any], list[str]]:
    """What a run is given of it, and what was left out for want of room."""
    told: dict[str, Any] = {
        "from": mail.sender,
        "to": mail.to,
        "recipients": list(mail.recipients),
        "subject": mail.subject,
        "body_text": mail.text,
        "body_html": mail.html,
        "message_id": mail.id,
        "email_headers": mail.headers,
    }
    warnings = []
    if _size(told) > RUN_BYTES - _SPARE_BYTES and mail.text:
        told["body_html"] = ""
        warnings.append(f"body_html ({len(mail.html.encode())} bytes) was left out")
    room = min(INLINE_BYTES, RUN_BYTES - _SPARE_BYTES - _size(told))
    told["attachments"] = []
    for one in mail.attachments:
        described = {"name": one.name, "contentType": one.media, "size": one.size}
        if one.content is not None:
            described["sha256"] = _hash(one)
            text = b64encode(one.content).decode()
            if len(text) <= room:
                room -= len(text)
                described["base64"] = text
            else:
                warnings.append(f"the content of {one.name} ({one.size} bytes) was left out")
        told["attachments"].append(described)
    return told, warnings


def fits(pattern: str, address: str) -> bool:
    """Whether an address has the form of a pattern, in which * stands for any text."""
    first, *others = pattern.lower().split("*")
    if not others:
        return address == first
    last = others.pop()
    if not address.startswith(first) or not address.endswith(last):
        return False
    at, end = len(first), len(address) - len(last)
    for part in others:
        found = address.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return at <= end


def _read(message: Message) -> Mail:
    parts = list(_parts(message))
    texts = {"text/plain": "", "text/html": ""}
    attachments = []
    for part in parts:
        media = part.get_content_type()
        if texts.get(media) == "" and not _is_attached(part):
            texts[media] = _text(part)
        else:
            attachments.append(_of_part(part, media))
    headers = [(name.lower(), _decoded(value)) for name, value in message.items()]
    return Mail(
        sender=_header(message, "from"),
        to=_header(message, "to"),
        subject=_header(message, "subject"),
        text=texts["text/plain"],
        html=texts["text/html"],
        id=_header(message, "message-id").strip(),
        recipients=_addresses([value for name, value in headers if name in _RECIPIENTS]),
        headers=_bounded(headers),
        attachments=tuple(attachments),
    )


def _parts(message: Message) -> Iterator[Message]:
    """The leaves; a message inside of the message is one."""
    waiting: list[Any] = [message]
    count = 0
    while waiting:
        part = waiting.pop()
        count += 1
        if count > _MOST_PARTS:
            raise Problem(422, "NotAMessage", f"the message has more than {_MOST_PARTS} parts")
        if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            waiting.extend(reversed(part.get_payload()))
        else:
            yield part


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def _of_part(part: Message, media: str) -> Attachment:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):  # a message inside of the message
        content = b"".join(one.as_bytes() for one in part.get_payload())  # type: ignore[union-attr]
    name = _decoded(part.get_filename() or "attachment")[:_HEADER_CHARACTERS]
    return Attachment(name=name, media=media, size=len(content), content=content)


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    raw = content if isinstance(content, bytes) else b""
    try:
        return raw.decode(str(part.get_content_charset("utf-8")), "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")


def _header(message: Message, name: str) -> str:
    return _decoded(message.get(name, ""))


def _decoded(value: Any) -> str:
    """Of RFC 2047; a line that goes on is one line, and half a character is none."""
    text = " ".join(str(value).split())[:_HEADER_CHARACTERS]
    try:
        parts = email.header.decode_header(text)
        text = str(email.header.make_header(parts))
    except (LookupError, ValueError, email.errors.MessageError):
        pass
    return text.encode("utf-8", "replace").decode()


def _addresses(values: Sequence[str]) -> tuple[str, ...]:
    found = email.utils.getaddresses([value[:_HEADER_CHARACTERS] for value in values])
    return tuple(dict.fromkeys(address.lower() for _, address in found if address))


def _bounded(headers: Any) -> dict[str, str]:
    told: dict[str, str] = {}
    for name, value in headers:
        if len(told) < _MOST_HEADERS:
            told.setdefault(name, value[:_HEADER_CHARACTERS])
    return told


def _attachment(index: int, given: Attached) -> Attachment:
    content: bytes | None = None
    if given.base64 is not None:
        try:
            content = b64decode(given.base64, validate=True)
        except ValueError as error:
            fault = Fault(f"attachments.{index}.base64", "is not base64 (RFC 4648)")
            raise Problem(422, "InvalidRequest", "an attachment is not valid", [fault]) from error
    size = len(content) if content is not None else given.size or 0
    return Attachment(name=given.name, media=given.media, size=size, content=content)


def _hash(one: Attachment) -> str:
    return hashlib.sha256(one.content or b"").hexdigest()


def _size(value: Any) -> int:
    return len(orjson.dumps(value))
