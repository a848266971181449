"""What the kubelet, Prometheus and generators of clients ask for, without a token."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from sluice_core import standard_webhooks
from sluice_gateway import openapi
from sluice_gateway.desk import respond
from sluice_gateway.metrics import Metrics
from sluice_gateway.schemas.service import Health, WebhookKey, WebhookKeyList
from sluice_kube import signing

Missing = Callable[[], list[str]]
Published = Callable[[], Awaitable[Mapping[str, str]]]
WEBHOOK_KEYS = "/.well-known/webhook-keys"


@dataclass(frozen=True)
class Service:
    """The endpoints about the gateway itself. `missing` names what it waits for.

    `published` are the public keys of the courier, file name to PEM.
    """

    missing: Missing
    metrics: Metrics
    published: Published

    async def healthz(self) -> Response:
        """The process answers."""
        return respond(200, {"status": "ok"})

    async def readyz(self) -> Response:
        """Everything that a trigger needs is there."""
        missing = self.missing()
        if missing:
            return respond(503, {"status": "unavailable", "waiting_for": missing})
        return respond(200, {"status": "ok"})

    async def exposition(self) -> Response:
        """Metrics in the text form of Prometheus."""
        return Response(self.metrics.exposition(), media_type=self.metrics.media_type)

    async def webhook_keys(self) -> Response:
        """What receivers hold the v1a signatures of notifications to."""
        found = await self.published()
        keys = [
            WebhookKey(
                id=name.removesuffix(".pem"),
                public_key=standard_webhooks.public_key(signing.public_half(pem)),
            )
            for name, pem in sorted(found.items())
        ]
        return respond(200, WebhookKeyList(keys=keys).model_dump())

    def router(self) -> APIRouter:
        """Routes at the root."""
        routes = APIRouter(default_response_class=Response)
        up = openapi.answer(Health, "It is.")
        routes.add_api_route("/healthz", self.healthz, responses={200: up})
        down = openapi.answer(Health, "It is not yet, or not any more.")
        routes.add_api_route("/readyz", self.readyz, responses={200: up, 503: down})
        keys = openapi.answer(WebhookKeyList, "All that hold; a signature fits one of them.")
        routes.add_api_route(WEBHOOK_KEYS, self.webhook_keys, responses={200: keys})
        text = {"content": {"text/plain": {"schema": {"type": "string"}}}}
        routes.add_api_route("/metrics", self.exposition, responses={200: text})
        return routes
