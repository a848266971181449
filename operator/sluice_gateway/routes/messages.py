"""Run a workflow for a message of a queue, or for an e-mail."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from sluice_core import events
from sluice_gateway import answers, bodies, idempotency, listening, mail, openapi, payloads
from sluice_gateway.auth import TRIGGER, Caller
from sluice_gateway.desk import Desk, respond
from sluice_gateway.flows import Flow
from sluice_gateway.idempotency import Claim
from sluice_gateway.listening import Listener, Mailbox, Queue
from sluice_gateway.mail import Mail
from sluice_gateway.problems import Problem, of_validation
from sluice_gateway.refusals import check_enabled, no_trigger
from sluice_gateway.runs import make_run
from sluice_gateway.schemas.events import MessageAnswer, QueueForm
from sluice_gateway.schemas.mail import MailForm
from sluice_gateway.schemas.parameters import WorkflowName
from sluice_gateway.starting import Starter
from sluice_kube.resources import Key

_TEXT = 253  # what a run's trigger.source and trigger.id take
_WIRE = "message/rfc822"
_MAILS_AT_ONCE = 3  # each may take 60 MB while it is read
_MAIL_FIELDS = {"to", "from"}
_PROBLEMS = openapi.problems(*openapi.READS_BODY, 409)
_MESSAGE = {"message": {"orderId": "ord_123"}, "priority": 0, "source": "rest_api"}
_MAIL = {
    "from": "sender@example.com",
    "to": "inbox@flows.example",
    "subject": "Invoice attached",
    "body_text": "Hello",
    "attachments": [{"name": "invoice.txt", "contentType": "text/plain", "base64": "MTIuNTA="}],
}

_MESSAGE_AS_IT_CAME = (
    "From: sender@example.com\r\nTo: inbox@flows.example\r\nSubject: Hello\r\n\r\nHello\r\n"
)


@dataclass(frozen=True)
class Messages:
    """The endpoints for what programs hand over without waiting."""

    desk: Desk
    starter: Starter
    reading_mail: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(_MAILS_AT_ONCE)
    )

    async def enqueue(self, request: Request, workflow: WorkflowName) -> Response:
        """Run the workflow for a message. Of those that wait, a higher priority goes first."""
        caller, namespace = await self.desk.admit(request, TRIGGER, workflow)
        flow = await self.desk.flow(caller, namespace, workflow)
        whole, form = await self._message(request)
        trigger = _enabled(flow, Queue, "queue")
        message = form.message if "message" in form.model_fields_set else whole
        inputs, rest = events.brought(message)
        told = {"type": "Queue", "name": trigger.name, "source": form.source}
        claim = _claim(request, caller, flow, trigger, whole)
        run = make_run(flow, claim, told | rest, inputs)
        run["spec"]["priority"] = form.priority
        return await self._queued(flow, run, claim, "queue")

    async def mail(self, request: Request, workflow: WorkflowName) -> Response:
        """Run the workflow for an e-mail: JSON of a provider, or the message as it came.

        Attachments are given to the run while there is room, else told of with their hash. A
        message that comes again, by its Message-ID, has the run of the first.
        """
        caller, namespace = await self.desk.admit(request, TRIGGER, workflow)
        flow = await self.desk.flow(caller, namespace, workflow)
        async with self.reading_mail:
            message = await self._mail(request)
        trigger = _mailbox(flow, message)
        told, warnings = mail.payload(message)
        claim = _mail_claim(request, caller, flow, trigger, message)
        origin = {"type": "Email", "name": trigger.name, "source": message.sender[:_TEXT]}
        origin |= {"id": message.id[:_TEXT]} if message.id else {}
        run = make_run(flow, claim, origin, told)
        return await self._queued(flow, run, claim, "email", warnings)

    async def _message(self, request: Request) -> tuple[Any, QueueForm]:
        body = await bodies.raw(request, self.desk.limits)
        if body:
            bodies.check_type(request.headers)
        whole = payloads.read_json(body or b"{}")
        if not isinstance(whole, dict):
            whole = {"message": whole}
        try:
            form = QueueForm.model_validate(whole)
        except ValidationError as error:
            raise of_validation(error.errors(include_url=False, include_context=False)) from error
        if "message" in form.model_fields_set and form.model_extra:
            raise _unknown(form.model_extra)
        return whole, form

    async def _mail(self, request: Request) -> Mail:
        body = await bodies.raw(request, self.desk.limits, self.desk.limits.mail_bytes)
        if payloads.media_type(request.headers) == _WIRE:
            return await asyncio.to_thread(mail.of_wire, body)
        if body:
            bodies.check_type(request.headers)
        value = await asyncio.to_thread(payloads.read_json, body or b"{}")
        try:
            return mail.of_form(MailForm.model_validate(value))
        except ValidationError as error:
            raise of_validation(error.errors(include_url=False, include_context=False)) from error

    async def _queued(
        self, flow: Flow, run: dict[str, Any], claim: Claim, kind: str, warnings: Any = ()
    ) -> Response:
        begun = await self.starter.create(flow, run, claim)
        key = Key.of(run)
        content = answers.queued(key, flow.name) | {"trigger_type": kind}
        if warnings:
            content["warnings"] = warnings
        return respond(201, content, answers.url(key), begun.headers)

    def router(self) -> APIRouter:
        """Routes below a namespace."""
        routes = APIRouter()
        made = {201: openapi.begun(MessageAnswer, "The run exists."), **_PROBLEMS}
        extra: dict[str, Any] = {"parameters": [openapi.IDEMPOTENCY_KEY]}
        mail_body = openapi.body(MailForm, _MAIL, **extra)
        mail_body["requestBody"]["content"][_WIRE] = {
            "schema": {
                "type": "string",
                "format": "binary",
                "description": "The message as it came (RFC 5322).",
            },
            "example": _MESSAGE_AS_IT_CAME,
        }
        for path, endpoint, body in (
            ("enqueue", self.enqueue, openapi.body(QueueForm, _MESSAGE, **extra)),
            ("email-trigger", self.mail, mail_body),
        ):
            routes.add_api_route(
                f"/workflows/{{workflow}}/{path}",
                endpoint,
                methods=["POST"],
                status_code=201,
                response_class=Response,
                responses=made,
                openapi_extra=body,
            )
        return routes


def _enabled(flow: Flow, kind: type[Queue], word: str) -> Queue:
    found = listening.of_kind(flow.listeners, kind)
    if not found:
        raise no_trigger(flow, word)
    trigger = next((one for one in found if one.enabled), found[0])
    check_enabled(flow, trigger)
    return trigger


def _mailbox(flow: Flow, message: Mail) -> Mailbox:
    found = listening.of_kind(flow.listeners, Mailbox)
    if not found:
        raise no_trigger(flow, "email")
    meant = [one for one in found if _takes(one, message)]
    if not meant:
        detail = f'no email trigger of the workflow "{flow.name}" is for {message.to or "nobody"}'
        raise Problem(422, "RecipientRefused", detail)
    trigger = next((one for one in meant if one.enabled), meant[0])
    check_enabled(flow, trigger)
    return trigger


def _takes(mailbox: Mailbox, message: Mail) -> bool:
    return not mailbox.to or any(
        mail.fits(pattern, address) for pattern in mailbox.to for address in message.recipients
    )


def _claim(request: Request, caller: Caller, flow: Flow, trigger: Listener, body: Any) -> Claim:
    key = request.headers.get(idempotency.HEADER)
    scope = (flow.uid, type(trigger).__name__, trigger.name, caller.user.username)
    return idempotency.claim(flow.name, *scope, key=key, body=body)


def _mail_claim(
    request: Request, caller: Caller, flow: Flow, trigger: Mailbox, message: Mail
) -> Claim:
    """By the caller's key, else by the message's own id, which comes in any form."""
    if idempotency.HEADER in request.headers or not message.id:
        return _claim(request, caller, flow, trigger, message.identity)
    key = idempotency.hashed(message.id)
    scope = (flow.uid, "Mailbox", trigger.name, *message.recipients)
    return idempotency.claim(flow.name, *scope, key=key, body=message.identity, header="Message-ID")


def _unknown(fields: dict[str, Any]) -> Problem:
    return of_validation([{"loc": (name,), "type": "extra_forbidden"} for name in fields])
