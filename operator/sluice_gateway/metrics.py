"""Every metric of the gateway. Labels are routes, codes and verbs: never a name of a user's."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300)


class Metrics:
    """A registry of its own, so that two applications in one process do not collide."""

    media_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._requests = Counter(
            "sluice_gateway_requests",
            "Requests answered.",
            ("method", "route", "code"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "sluice_gateway_request_seconds",
            "From the request's head to the answer's end.",
            ("route",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._api = Counter(
            "sluice_gateway_api_requests",
            "Requests to the API server.",
            ("verb", "resource", "code"),
            registry=self._registry,
        )
        self._waiting = Gauge(
            "sluice_gateway_waiting_callers",
            "Callers who wait for the end of a run.",
            registry=self._registry,
        )

    def watch_waiting(self, count: Callable[[], int]) -> None:
        """Whom to ask how many callers wait."""
        self._waiting.set_function(count)

    def api_request(self, verb: str, subject: str, code: int) -> None:
        """As `sluice_kube.session` tells of each attempt."""
        self._api.labels(verb, subject, code).inc()

    def answered(self, method: str, route: str, code: int, seconds: float) -> None:
        """A request of ours is over."""
        self._requests.labels(method, route, code).inc()
        self._seconds.labels(route).observe(seconds)

    def exposition(self) -> bytes:
        """All of them, in the text form of Prometheus."""
        return generate_latest(self._registry)


class Measured:
    """An ASGI application whose requests are counted and timed."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, code = time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - begun
            self._metrics.answered(_method(scope), _route(scope), code, seconds)


def _route(scope: Scope) -> str:
    """The path's pattern; what matched none is one label, however many paths are tried."""
    return getattr(scope.get("route"), "path", "unknown")


def _method(scope: Scope) -> str:
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return scope["method"] if scope["method"] in known else "other"
