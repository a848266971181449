"""Triggers go past the framework; whatever is not quite a trigger goes through it."""

from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sluice_gateway.direct import Direct, in_namespace
from sluice_gateway.problems import Problem
from sluice_kube import errors


async def framework(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("framework")(scope, receive, send)


async def named(request: Request, workflow: str) -> Response:
    return PlainTextResponse(f"{request.path_params['namespace']}/{workflow}")


async def asked(path: str, *, method: str = "POST", endpoint: Any = named) -> httpx.Response:
    app = Direct(framework, in_namespace("trigger", endpoint))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await client.request(method, path)


PATHS = {
    "a trigger": ("/api/v1/namespaces/shop/workflows/etl/trigger", "shop/etl"),
    "another endpoint": ("/api/v1/namespaces/shop/workflows/etl/run", "framework"),
    "the caller's own namespace": ("/api/v1/workflows/etl/trigger", "framework"),
    "a name that no workflow can have": (
        "/api/v1/namespaces/shop/workflows/ETL/trigger",
        "framework",
    ),
    "a name that is too long": (
        f"/api/v1/namespaces/shop/workflows/{'x' * 51}/trigger",
        "framework",
    ),
    "a slash too much": ("/api/v1/namespaces/shop/workflows/etl/trigger/", "framework"),
    "an escaped slash": ("/api/v1/namespaces/shop/workflows/..%2Fetl/trigger", "framework"),
}


@pytest.mark.parametrize(("path", "answer"), PATHS.values(), ids=PATHS)
async def test_who_answers(path: str, answer: str) -> None:
    response = await asked(path)

    assert response.text == answer


async def test_another_method_goes_through_the_framework() -> None:
    response = await asked("/api/v1/namespaces/shop/workflows/etl/trigger", method="GET")

    assert response.text == "framework"


RAISED = {
    "a problem is answered as it is": (Problem(409, "Paused", "it is paused"), 409, "Paused"),
    "a refusal of the API server is passed on": (
        errors.Forbidden(403, "Forbidden", "no"),
        403,
        "RefusedByCluster",
    ),
    "a bug is a 500 that tells nothing": (KeyError("secret"), 500, "InternalError"),
}


@pytest.mark.parametrize(("error", "status", "word"), RAISED.values(), ids=RAISED)
async def test_what_is_raised_becomes_a_problem(error: Exception, status: int, word: str) -> None:
    async def failing(_request: Request, _workflow: str) -> Response:
        raise error

    path = "/api/v1/namespaces/shop/workflows/etl/trigger"
    response = await asked(path, endpoint=failing)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert word in response.text
    assert "secret" not in response.text
