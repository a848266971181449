"""Try a workflow out: with a payload of the caller's, or a sample of what would set it off."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from sluice_core import events
from sluice_core.event_types import EventType
from sluice_gateway import answers, bodies, idempotency, openapi
from sluice_gateway.auth import TRIGGER
from sluice_gateway.desk import Desk, respond
from sluice_gateway.flows import Flow
from sluice_gateway.listening import Listener, Mailbox, Subscription
from sluice_gateway.problems import Fault, Problem
from sluice_gateway.runs import make_run
from sluice_gateway.schemas.parameters import WorkflowName
from sluice_gateway.schemas.runs import RunDetail
from sluice_gateway.schemas.triggers import TestForm
from sluice_gateway.starting import Starter
from sluice_gateway.strict_json import NotJsonError, loads
from sluice_kube.resources import Key

_MAIL: dict[str, Any] = {
    "from": "sender@example.com",
    "to": "inbox@example.com",
    "recipients": ["inbox@example.com"],
    "subject": "A sample",
    "body_text": "Hello",
    "body_html": "",
    "message_id": "<sample@example.com>",
    "email_headers": {},
    "attachments": [],
}
_PROBLEMS = openapi.problems(*openapi.READS_BODY, 409, 410)


@dataclass(frozen=True)
class Trials:
    """The endpoint for test runs. `samples` are types of events by name."""

    desk: Desk
    starter: Starter
    samples: Mapping[str, EventType]

    async def test(self, request: Request, workflow: WorkflowName) -> Response:
        """Run the workflow, a Draft too, and answer the whole run.

        Nothing of a test run is tried again. 202 says that it goes on for longer than is waited.
        """
        caller, namespace = await self.desk.admit(request, TRIGGER, workflow)
        flow = await self.desk.flow(caller, namespace, workflow)
        form = await bodies.read(request, TestForm, self.desk.limits)
        tried = _tried(flow, form.trigger)
        payload = _given(form) if form.is_given else self._sample(flow, tried)
        inputs, rest = events.brought(payload)
        scope = (flow.uid, "Test", caller.user.username)
        key = request.headers.get(idempotency.HEADER)
        claim = idempotency.claim(flow.name, *scope, key=key, body=form.model_dump())
        run = make_run(flow, claim, _told(tried) | rest, inputs)
        begun, last = await self.starter.end(flow, run, claim, request)
        if last is None:
            going = await self.starter.runs.get(Key.of(run))
            return respond(202, answers.detail(going), answers.url(Key.of(run)), begun.headers)
        return respond(200, answers.detail(last), headers=begun.headers)

    def _sample(self, flow: Flow, tried: Listener | None) -> Any:
        """Of the trigger, else an example that the author has written into the inputs' schema."""
        if isinstance(tried, Mailbox):
            return _MAIL
        if isinstance(tried, Subscription) and tried.type in self.samples:
            return self.samples[tried.type].sample
        examples = (flow.schema or {}).get("examples") or [{}]
        return examples[0]

    def router(self) -> APIRouter:
        """Routes below a namespace."""
        routes = APIRouter()
        routes.add_api_route(
            "/workflows/{workflow}/test",
            self.test,
            methods=["POST"],
            response_class=Response,
            responses={
                200: openapi.begun(RunDetail, "The run has ended, well or not."),
                202: openapi.begun(RunDetail, "The run goes on."),
                **_PROBLEMS,
            },
            openapi_extra=openapi.body(
                TestForm,
                {"eventPayload": {"file_type": "pdf"}},
                parameters=[openapi.IDEMPOTENCY_KEY],
            ),
        )
        return routes


def _tried(flow: Flow, name: str | None) -> Listener | None:
    """The trigger that is meant: the named one, else the first that has a payload."""
    if name is None:
        return next(iter(flow.listeners), None)
    found = next((one for one in flow.listeners if one.name == name), None)
    if found is None:
        fault = Fault("trigger", f'there is no trigger "{name}" that brings something along')
        raise Problem(422, "InvalidRequest", "the request is not valid: trigger", [fault])
    return found


def _told(tried: Listener | None) -> dict[str, Any]:
    told = {"type": "Test"} | ({"name": tried.name} if tried else {})
    return told | ({"event": tried.type} if isinstance(tried, Subscription) else {})


def _given(form: TestForm) -> Any:
    if not isinstance(form.event_payload, str):
        return form.event_payload
    try:
        return loads(form.event_payload.encode())
    except NotJsonError as error:
        fault = Fault("eventPayload", f"is a text that is not JSON: {error}")
        raise Problem(
            422, "InvalidRequest", "the request is not valid: eventPayload", [fault]
        ) from error
