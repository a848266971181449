"""Describe routes that read their bodies themselves: what OpenAPI says of requests and problems."""

from collections.abc import Collection, Mapping
from types import GenericAlias
from typing import Any

from pydantic import BaseModel

from sluice_gateway.problems import MEDIA_TYPE
from sluice_gateway.schemas.problem import ProblemAnswer

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
    414: "Path and query are too long.",
    415: "The body is not declared as JSON.",
    422: "A field is unknown or not valid; each is named.",
    429: "A rate is used up, or too many requests of the caller are at work or refused.",
    431: "The headers are too large.",
    500: "The gateway failed.",
    502: "The API server gave an answer that makes no sense here.",
    503: "The API server is away, or too many callers wait.",
}
_ALWAYS = (401, 403, 404, 414, 422, 429, 431, 500, 502, 503)
READS_BODY = (400, 408, 413, 415)
SECURITY: list[dict[str, list[str]]] = [{"Bearer": []}, {"ApiKey": []}]
SCHEMES = {
    "Bearer": {"type": "http", "scheme": "bearer"},
    "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
TEMPLATE = "#/components/schemas/{model}"
RIGHTS = "x-rights"
"""Says of an operation which rights of RBAC it takes."""

PARAMETERS: dict[str, dict[str, Any]] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Requests with the same key and body make one run, or one object.",
        "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,253}[!-~])?$"},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "An ETag: only this version is changed, another one is a 412.",
        "schema": {"type": "string"},
    },
}
HEADERS: dict[str, dict[str, Any]] = {
    "ETag": {"description": "The version, for If-Match.", "schema": {"type": "string"}},
    "Location": {"description": "Where it is found.", "schema": {"type": "string"}},
    "Retry-After": {
        "description": "Seconds after which it is worth a try.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "How to prove who one is (RFC 6750).",
        "schema": {"type": "string"},
    },
    "X-RateLimit-Limit": {
        "description": "What the plan admits.",
        "schema": {"type": "integer"},
    },
    "X-RateLimit-Used": {
        "description": "How much of it is used.",
        "schema": {"type": "integer"},
    },
    "X-RateLimit-Remaining": {
        "description": "How many runs may still begin.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "X-RateLimit-Reset": {
        "description": "Seconds until the next minute or day is counted.",
        "schema": {"type": "integer", "minimum": 0},
    },
}
RATE = tuple(name for name in HEADERS if name.startswith("X-RateLimit-"))
IDEMPOTENCY_KEY = {"$ref": "#/components/parameters/IdempotencyKey"}
_TOLD_WITH = {
    401: ("WWW-Authenticate",),
    412: ("ETag",),
    429: ("Retry-After", *RATE),
    503: ("Retry-After",),
}


def headers(*names: str) -> dict[str, Any]:
    """Of an answer, by reference."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def reference(model: type[BaseModel]) -> dict[str, str]:
    """To the one schema of a model."""
    return {"$ref": TEMPLATE.format(model=model.__name__)}


def problems(*more: int, without: Collection[int] = ()) -> Responses:
    """The problems that every route of the API can answer, and `more`."""
    return {status: _problem(status) for status in sorted({*_ALWAYS, *more} - {*without})}


def _problem(status: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": reference(ProblemAnswer)}}
    told = {"headers": headers(*_TOLD_WITH[status])} if status in _TOLD_WITH else {}
    return {"description": _WHEN[status], "content": content, **told}


def answer(model: type[BaseModel] | GenericAlias, description: str) -> dict[str, Any]:
    """A success."""
    return {"model": model, "description": description}


def begun(model: type[BaseModel], description: str) -> dict[str, Any]:
    """A success of what counts against a plan's rates, and tells of them where there are any."""
    return {**answer(model, description), "headers": headers(*RATE)}


def body(
    form: type[BaseModel],
    example: Mapping[str, Any] | None = None,
    *,
    examples: Mapping[str, Mapping[str, Any]] | None = None,
    required: bool = True,
    **more: Any,
) -> dict[str, Any]:
    """What FastAPI cannot know of a route that reads its body itself; `more` is as in OpenAPI.

    A form of several dialects has an example of each, by name. No body counts as an empty one: it
    is required where that does not do.
    """
    named = {name: {"value": value} for name, value in (examples or {}).items()}
    shown = {"examples": named} if named else {"example": example}
    content = {"schema": reference(form), **shown}
    needed = any(field.is_required() for field in form.model_fields.values())
    return {
        "requestBody": {
            "required": required and needed,
            "content": {"application/json": content},
        },
        "security": SECURITY,
        **more,
    }
