"""Put the application together: routes, problems, metrics, OpenAPI."""

from collections import Counter
from typing import Any, Protocol

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.types import ASGIApp

from sluice_core.release import RELEASE
from sluice_gateway import described, idempotency, openapi, problems
from sluice_gateway.crowding import Crowding
from sluice_gateway.direct import Direct, in_namespace
from sluice_gateway.limits import CALLER_REQUESTS
from sluice_gateway.metrics import Measured, Metrics
from sluice_gateway.problems import Fault, Problem
from sluice_gateway.routes import docs
from sluice_gateway.routes.health import Service
from sluice_gateway.routes.hooks import Hooks
from sluice_gateway.routes.triggers import Triggers
from sluice_gateway.schemas.parameters import NamespaceName

_DESCRIPTION = """Workflows on Kubernetes: trigger them, see their runs, cancel them.

Each path below `/api/v1/namespaces/{namespace}` is also there below `/api/v1`, where it means the
namespace of the caller's own ServiceAccount. Every error is an RFC 9457 problem."""


class Routes(Protocol):
    """Endpoints about one noun."""

    def router(self) -> APIRouter:
        """Routes below a namespace."""


def make_app(
    triggers: Triggers,
    hooks: Hooks,
    service: Service,
    metrics: Metrics,
    *nouns: Routes,
    caller_requests: int = CALLER_REQUESTS,
) -> ASGIApp:
    """The whole application."""
    api = make_api(triggers, hooks, service, *nouns)
    return in_front(api, triggers, metrics, caller_requests)


def make_api(triggers: Triggers, hooks: Hooks, service: Service, *nouns: Routes) -> FastAPI:
    """All routes, described. FastAPI's own `/docs` needs scripts from elsewhere."""
    app = FastAPI(
        title="Sluice",
        version=RELEASE,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for routes in (triggers, *nouns):
        _serve_twice(app, routes.router())
    app.include_router(triggers.in_cluster_router())
    app.include_router(hooks.router())
    app.include_router(service.router())
    docs.install(app)
    problems.install(app)
    app.openapi = lambda: _schema(app)  # type: ignore[method-assign] # FastAPI's way to extend it
    return app


def in_front(app: FastAPI, triggers: Triggers, metrics: Metrics, caller_requests: int) -> ASGIApp:
    """The application with its measures and bounds, and the short way in for triggers."""
    ways = (
        in_namespace("trigger", triggers.trigger),
        in_namespace("run", triggers.run),
    )
    return Measured(Crowding(Direct(app, *ways), caller_requests), metrics)


def _serve_twice(app: FastAPI, routes: APIRouter) -> None:
    """In a namespace that the path names, and in the caller's own."""
    minded = [Depends(_minds_its_key), Depends(_asks_once)]
    app.include_router(
        routes,
        prefix="/api/v1/namespaces/{namespace}",
        dependencies=[Depends(_in_namespace), *minded],
    )
    app.include_router(routes, prefix="/api/v1", dependencies=minded)


async def _in_namespace(namespace: NamespaceName) -> None:
    """Checks the parameter, and has it described; routes read it where they are let in."""


async def _asks_once(request: Request) -> None:
    """Raises Problem 422 for a parameter that is there twice: readers differ in which counts."""
    counts = Counter(name for name, _ in request.query_params.multi_items())
    if twice := [name for name, count in counts.items() if count > 1]:
        raise problems.not_valid([Fault(name, "is there twice") for name in twice])


async def _minds_its_key(request: Request) -> None:
    """Raises Problem 400 for a POST with a key that would do nothing: its caller relies on it."""
    if request.method != "POST" or idempotency.HEADER not in request.headers:
        return
    described = request.scope["route"].openapi_extra or {}
    if openapi.IDEMPOTENCY_KEY not in described.get("parameters", ()):
        fault = Fault(idempotency.HEADER, "does nothing here", "send it where an object is made")
        detail = f"{idempotency.HEADER} is for requests that make a run or another object"
        raise Problem(400, "KeyNotTaken", detail, [fault])


def _schema(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
        )
        app.openapi_schema = described.completed(schema)
    return app.openapi_schema
