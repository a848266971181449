"""Publish events: in the form of our own, or as CloudEvents."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from sluice_core import event_types
from sluice_core.event_types import EventType
from sluice_gateway import bodies, cloud_events, openapi, payloads, plans
from sluice_gateway.auth import LIST_WORKFLOWS, TRIGGER, Caller
from sluice_gateway.desk import Desk, respond
from sluice_gateway.emitting import Emitter, Result
from sluice_gateway.idempotency import HEADER, check
from sluice_gateway.problems import of_validation
from sluice_gateway.schemas.events import Emitted, EventForm, EventTypes

_SEED = {"event_type": "user.created", "event_data": {"userId": "user_456"}}
_CLOUD_EVENT = {
    "specversion": "1.0",
    "id": "A234-1234-1234",
    "source": "https://shop.example/orders",
    "type": "order.paid",
    "data": {"order": 7},
}


@dataclass(frozen=True)
class Events:
    """The endpoints about events. `known` are the types of the catalogue."""

    desk: Desk
    emitter: Emitter
    known: Sequence[EventType]

    async def publish(self, request: Request) -> Response:
        """Run every workflow of the namespace that has a trigger for the event.

        A workflow that is not run is told too, with the reason. The event's id and source, or the
        header Idempotency-Key, make sure that one which comes again makes no second runs.
        """
        caller, namespace = await self.desk.admit(request, TRIGGER)
        if HEADER in request.headers:  # also where the event's own id is what counts
            check(request.headers[HEADER])
        body = await bodies.raw(request, self.desk.limits)
        if payloads.media_type(request.headers) == cloud_events.BATCH:
            batch = cloud_events.batch(payloads.read_json(body or b"[]"))
            results = [await self.emitter.emit(caller, namespace, event) for event in batch]
            told = [_answer(*each) for each in zip(batch, results, strict=True)]
            return respond(200, {"events": told}, headers=_rate(*results))
        event = _event(request, caller, body)
        found = await self.emitter.emit(caller, namespace, event)
        return respond(200, _answer(event, found), headers=_rate(found))

    async def types(self, request: Request) -> Response:
        """The types of events that are known by name; triggers take any other as well."""
        await self.desk.admit(request, LIST_WORKFLOWS)
        told = [_described(one) for one in self.known]
        return respond(200, {"count": len(told), "eventTypes": told})

    def router(self) -> APIRouter:
        """Routes below a namespace."""
        routes = APIRouter()
        for path in ("/events", "/workflows/events"):
            routes.add_api_route(
                path,
                self.publish,
                methods=["POST"],
                response_class=Response,
                responses={
                    200: openapi.begun(
                        Emitted, "What came of it, by workflow; of a batch, for each event."
                    ),
                    **openapi.problems(*openapi.READS_BODY),
                },
                openapi_extra=_PUBLISH,
            )
        routes.add_api_route(
            "/event-types",
            self.types,
            response_class=Response,
            responses={200: openapi.answer(EventTypes, "The catalogue."), **openapi.problems(400)},
            openapi_extra={"security": openapi.SECURITY},
        )
        return routes


_PUBLISH: dict[str, Any] = {
    "requestBody": {
        "content": {
            "application/json": {"schema": openapi.reference(EventForm), "example": _SEED},
            cloud_events.STRUCTURED: {
                "schema": openapi.reference(cloud_events.CloudEvent),
                "example": _CLOUD_EVENT,
            },
            cloud_events.BATCH: {
                "schema": {
                    "type": "array",
                    "maxItems": cloud_events.MOST_EVENTS,
                    "items": openapi.reference(cloud_events.CloudEvent),
                },
                "example": [_CLOUD_EVENT],
            },
        }
    },
    "security": openapi.SECURITY,
    "parameters": [openapi.IDEMPOTENCY_KEY],
}


def _event(request: Request, caller: Caller, body: bytes) -> dict[str, Any]:
    media = payloads.media_type(request.headers)
    if media == cloud_events.STRUCTURED:
        return cloud_events.of(payloads.read_json(body or b"{}"))
    if cloud_events.is_binary(request.headers):
        return cloud_events.binary(request.headers, body)
    bodies.check_type(request.headers)
    try:
        form = EventForm.model_validate(payloads.read_json(body or b"{}"))
    except ValidationError as error:
        raise of_validation(error.errors(include_url=False, include_context=False)) from error
    return {
        "id": form.event_id or _id(request, caller),
        "source": form.source,
        "type": form.event_type,
        "data": form.event_data,
    }


def _id(request: Request, caller: Caller) -> str:
    """A key is the caller's own: another's equal one is another event."""
    key = request.headers.get(HEADER)
    if key is None:
        return str(uuid.uuid4())
    return f"{caller.user.username}/{key}"


def _answer(event: dict[str, Any], results: Sequence[Result]) -> dict[str, Any]:
    counts = Counter(one.outcome for one in results)
    return {
        "id": event["id"],
        "source": event["source"],
        "event_type": event["type"],
        "workflows_triggered": counts["started"],
        "workflows_failed": counts["refused"],
        "workflows_skipped": counts["skipped"],
        "results": [one.told() for one in results],
    }


def _rate(*results: Sequence[Result]) -> dict[str, str]:
    return plans.told(one.use for each in results for one in each)


def _described(known: EventType) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": known.name,
        "title": known.title,
        "variables": [
            {"path": path, "type": type_, "template": f"{{{{ data.{path} }}}}"}
            for path, type_ in event_types.variables(known.sample)
        ],
        "sample": known.sample,
    }
    return told if known.number is None else {"number": known.number, **told}
