"""Take webhooks: from anywhere, without a token, and so with bounds before anything else."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from sluice_core import events
from sluice_gateway import bodies, delivery, listening, openapi, payloads, signatures
from sluice_gateway.flows import Flow, Flows
from sluice_gateway.limits import Limits
from sluice_gateway.listening import Hook
from sluice_gateway.problems import Problem
from sluice_gateway.refusals import check_enabled
from sluice_gateway.runs import make_run
from sluice_gateway.schemas.triggers import TriggerAnswer
from sluice_gateway.signatures import Claimed
from sluice_gateway.sources import Network, Sources, source
from sluice_gateway.starting import Starter
from sluice_gateway.webhook_keys import WebhookKeys

log = logging.getLogger(__name__)

_ID = 253  # what a run's trigger.id takes
# Any other type is taken as well, and reaches the run as `{base64, contentType}`.
_PAYLOADS: dict[str, Any] = {
    "application/json": {"schema": {"description": "Any JSON."}, "example": {"order": 7}},
    "application/x-www-form-urlencoded": {
        "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        "example": {"order": "7"},
    },
    "application/octet-stream": {"schema": {"description": "Any bytes."}, "example": "order 7"},
}
_PROBLEMS = openapi.problems(*openapi.READS_BODY, 409, 410, 429, without={403, 415})


@dataclass(frozen=True)
class Hooks:
    """The endpoint of all webhook triggers. `now` is in seconds since the epoch."""

    flows: Flows
    keys: WebhookKeys
    starter: Starter
    limits: Limits
    trusted: Sequence[Network] = ()
    sources: Sources = field(default_factory=Sources)
    now: Callable[[], float] = time.time

    async def hook(self, request: Request, namespace: str, workflow: str, trigger: str) -> Response:
        """Run the workflow if the request proves what the trigger asks for.

        The trigger says whether the answer is 202 at once, or 200 with the run's result. A
        delivery that comes again has the run of the first one.
        """
        caller = self._source(request)
        with self.sources.looking_at(caller):
            flow, hook = self._find(namespace, workflow, trigger)
            claimed, body = await self._proven(request, flow, hook)
        check_enabled(flow, hook)
        payload = payloads.read(payloads.media_type(request.headers), body)
        found = delivery.id_of(hook, claimed, request.headers, payload)
        claim = delivery.claim(flow, hook, found, payload)
        inputs, rest = events.brought(payload)
        told = payloads.told_headers(request.headers, {hook.scheme.header.lower()})
        origin = {"type": "Webhook", "name": hook.name, "source": caller, "headers": told}
        run = make_run(flow, claim, origin | _signed(claimed, found) | rest, inputs)
        if hook.with_result:
            return await self.starter.result(flow, run, claim, request)
        return await self.starter.accept(flow, run, claim)

    def _source(self, request: Request) -> str:
        peer = request.client.host if request.client else ""
        return source(peer, request.headers.get("x-forwarded-for", ""), self.trusted)

    def _find(self, namespace: str, workflow: str, trigger: str) -> tuple[Flow, Hook]:
        """From memory alone: a guess costs no request to the API server."""
        flow = self.flows.known(namespace, workflow)
        hook = listening.named(flow.listeners, Hook, trigger) if flow else None
        if flow is None or hook is None or _is_hidden(flow, hook):
            raise _nothing()
        return flow, hook

    async def _proven(
        self, request: Request, flow: Flow, hook: Hook
    ) -> tuple[Claimed | None, bytes]:
        """A Private workflow is not there for who does not hold its key."""
        try:
            return await self._prove(request, flow, hook)
        except Problem as problem:
            if flow.visibility == "Private" and problem.status in {401, 503}:
                log.info("hook %s of %s/%s: %s", hook.name, *flow.key, problem.detail)
                raise _nothing() from problem
            raise

    async def _prove(
        self, request: Request, flow: Flow, hook: Hook
    ) -> tuple[Claimed | None, bytes]:
        headers = {name: request.headers.getlist(name) for name in request.headers}
        try:
            claimed = signatures.claimed(hook.scheme, headers, self.now())
        except signatures.Refused as refused:
            raise _refused(hook, str(refused)) from refused
        if claimed is None:
            return None, await bodies.raw(request, self.limits)
        keys = await self.keys.of(flow.namespace, hook.scheme)
        body = await bodies.raw(request, self.limits)
        if not signatures.holds(claimed, keys, body):
            raise _refused(hook, "it was not made with the key of this webhook")
        return claimed, body

    def router(self) -> APIRouter:
        """The route at the root."""
        routes = APIRouter()
        routes.add_api_route(
            "/hooks/{namespace}/{workflow}/{trigger}",
            self.hook,
            methods=["POST"],
            response_class=Response,
            responses={
                200: openapi.begun(TriggerAnswer, "The run has ended, well or not."),
                202: openapi.begun(TriggerAnswer, "The run exists and goes on."),
                **_PROBLEMS,
            },
            openapi_extra={
                "requestBody": {"content": _PAYLOADS},
                "security": [],
            },
        )
        return routes


def _is_hidden(flow: Flow, hook: Hook) -> bool:
    return flow.visibility == "Private" and hook.scheme.type == "None"


def _signed(claimed: Claimed | None, found: tuple[str, ...]) -> dict[str, Any]:
    told = {"id": found[0][:_ID]} if found else {}
    if claimed and claimed.seconds is not None:
        told["time"] = datetime.fromtimestamp(claimed.seconds, UTC).isoformat()
    return told


def _nothing() -> Problem:
    return Problem(404, "NoSuchHook", "no webhook is taken at this path")


def _refused(hook: Hook, why: str) -> Problem:
    scheme = "Bearer" if hook.scheme.type == "Bearer" else "Signature"
    return Problem(
        401,
        "SignatureRefused",
        f"the proof of this webhook ({hook.scheme.type}) is not valid: {why}",
        headers={"WWW-Authenticate": f'{scheme} realm="webhooks"'},
    )
