"""/healthz, /readyz and /metrics of the operator."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from sluice_operator import metrics


async def serve(port: int, alive: Callable[[], bool]) -> web.AppRunner:
    """Start serving. Readiness is to stand by for the Lease; who leads is a metric."""

    async def healthz(_request: web.Request) -> web.Response:
        fine = alive()
        return web.Response(
            text="ok" if fine else "the Lease's thread has ended", status=200 if fine else 503
        )

    async def readyz(_request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def scrape(_request: web.Request) -> web.Response:
        body = generate_latest(metrics.REGISTRY)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes(
        [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", scrape)]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()
    return runner
