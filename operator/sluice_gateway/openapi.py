"""Describe routes that read their bodies themselves: what OpenAPI says of requests and problems."""

from collections.abc import Collection
from types import GenericAlias
from typing import Any

from pydantic import BaseModel

from sluice_gateway.problems import MEDIA_TYPE
from sluice_gateway.schemas import ProblemAnswer

Responses = dict[int | str, dict[str, Any]]

_WHEN = {
    400: "The body is not JSON, or a header cannot be meant.",
    401: "No token, or one that is not valid here.",
    403: "The caller lacks a right, which is named.",
    404: "There is no such thing, or the caller must not see it.",
    408: "The body did not arrive in time.",
    409: "The state of the workflow or run does not allow it; the reason is named.",
    410: "It is gone: a continue token, or a run that was deleted while it was waited for.",
    412: "It has changed since: If-Match names another version.",
    413: "The body or the inputs are too large.",
    415: "The body is not declared as JSON.",
    429: "A rate of the plan is used up, or too many requests from there were refused.",
    422: "A field is unknown or not valid; each is named.",
    500: "The gateway failed.",
    502: "The API server gave an answer that makes no sense here.",
    503: "The API server is away, or too many callers wait.",
}
_ALWAYS = (401, 403, 404, 422, 500, 502, 503)
READS_BODY = (400, 408, 413, 415)
SECURITY: list[dict[str, list[str]]] = [{"Bearer": []}, {"ApiKey": []}]
SCHEMES = {
    "Bearer": {"type": "http", "scheme": "bearer"},
    "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Requests with the same key and body make one run.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def problems(*more: int, without: Collection[int] = ()) -> Responses:
    """The problems that every route of the API can answer, and `more`."""
    return {
        status: {"description": _WHEN[status], "content": _PROBLEM}
        for status in sorted({*_ALWAYS, *more} - {*without})
    }


def answer(model: type[BaseModel] | GenericAlias, description: str) -> dict[str, Any]:
    """A success."""
    return {"model": model, "description": description}


def body(form: type[BaseModel], example: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What FastAPI cannot know of a route that reads its body itself; `more` is as in OpenAPI."""
    content = {"schema": form.model_json_schema(), "example": example}
    return {
        "requestBody": {"content": {"application/json": content}},
        "security": SECURITY,
        **more,
    }


_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemAnswer.__name__}"}}}
