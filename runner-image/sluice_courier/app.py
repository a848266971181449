"""The courier's HTTP application: letters from the leading operator, and probes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, generate_latest

from sluice_core import wire
from sluice_runner.server.gate import Gate, Handler, answer, body_of, parsed

LETTER_BYTES = 2 * 1024 * 1024
Deliver = Callable[[wire.Letter], Awaitable[wire.Delivery]]


@dataclass(frozen=True)
class Served:
    """The handlers."""

    deliver: Deliver
    metrics: "Metrics"

    async def post_delivery(self, request: web.Request) -> web.Response:
        """One attempt, whose outcome is the answer."""
        letter = parsed(wire.Letter, await body_of(request, LETTER_BYTES))
        came = await self.deliver(letter)
        self.metrics.deliveries.labels(came.outcome).inc()
        return answer(came)

    async def get_health(self, _: web.Request) -> web.Response:
        """The process answers."""
        return web.Response(text="ok")

    async def get_metrics(self, _: web.Request) -> web.Response:
        """In the text form of Prometheus."""
        return web.Response(body=generate_latest(self.metrics.registry), content_type="text/plain")


class Metrics:
    """What is counted."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.deliveries = Counter(
            "sluice_deliveries",
            "Attempts to deliver a notification, by outcome.",
            ["outcome"],
            registry=self.registry,
        )


def make_app(served: Served, gate: Gate) -> web.Application:
    """Which request goes where."""
    app = web.Application(client_max_size=LETTER_BYTES)
    deliver: Handler = gate.deliver(served.post_delivery)
    app.router.add_routes(
        [
            web.post(wire.PATH_DELIVERIES, deliver),
            web.get("/healthz", served.get_health),
            web.get(wire.PATH_METRICS, served.get_metrics),
        ]
    )
    return app
