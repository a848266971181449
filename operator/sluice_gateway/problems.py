"""What goes wrong, told as RFC 9457 problems: one exception, one shape, one place that answers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from sluice_gateway import operations
from sluice_kube import errors

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a request: a dotted path into it, and what would be right."""

    path: str
    message: str
    hint: str = ""


@dataclass
class Problem(Exception):  # noqa: N818 - RFC 9457 calls it so
    """An answer that is not a success. `reason` is one CamelCase word, `detail` is for people.

    `more` are members of this reason's own (RFC 9457, 3.2).
    """

    status: int
    reason: str
    detail: str
    faults: Sequence[Fault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)


def not_valid(faults: Sequence[Fault], reason: str = "InvalidRequest") -> Problem:
    """A body with faults of its fields."""
    names = ", ".join(dict.fromkeys(fault.path for fault in faults))
    return Problem(422, reason, f"the request is not valid: {names}", faults)


def respond(problem: Problem) -> Response:
    """The problem as `application/problem+json`."""
    content: dict[str, object] = {
        "type": f"urn:sluice:problem:{problem.reason}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    content |= problem.more
    if problem.faults:
        content["errors"] = list(problem.faults)
    body = orjson.dumps(content)
    return Response(body, problem.status, dict(problem.headers), media_type=MEDIA_TYPE)


def of_http(status: int, headers: Mapping[str, str] | None = None) -> Problem:
    """A refusal of the framework: a path or method that does not exist."""
    phrase = HTTPStatus(status).phrase
    details = {
        404: "there is nothing at this path; /openapi.json lists what there is",
        405: f"this path takes {(headers or {}).get('Allow', 'another method')}",
    }
    reason = "".join(word.capitalize() for word in phrase.split())
    return Problem(status, reason, details.get(status, phrase), headers=headers or {})


def of_validation(errors_: Sequence[Mapping[str, object]]) -> Problem:
    """What pydantic found, each with the path that leads there from the request."""
    return not_valid([Fault(_path(error), *_words(error)) for error in errors_])


def of_api(error: errors.ApiError) -> Problem:
    """An answer of the API server that no route expected; it says nothing of our own account."""
    if isinstance(error, errors.TooManyRequests | errors.Unavailable):
        return _away(error)
    if isinstance(error, errors.Forbidden) and 'User "' not in error.message:
        # Admission refuses the caller's object; RBAC, which names us, refuses the gateway.
        return Problem(403, "RefusedByCluster", f"the cluster refuses: {error.message}")
    for kind, status, reason, detail in _UNEXPECTED:
        if isinstance(error, kind):
            return Problem(status, reason, detail or error.message)
    return Problem(502, "ApiServerRefused", f"the API server refused: {error.reason}")


_UNEXPECTED = (
    (errors.NotFound, 404, "NotFound", "it is not there, or not any more"),
    (errors.Conflict, 409, "Conflict", "it was changed at the same time: try again"),
    (errors.Gone, 410, "Expired", "this continue token is too old: begin the list again"),
    (errors.TooLarge, 413, "TooLarge", "the object is larger than the API server takes"),
    (errors.Invalid, 422, "Invalid", ""),
)


def _away(error: errors.ApiError) -> Problem:
    wait = math.ceil(error.retry_after or 1)
    detail = "the API server cannot be reached at the moment; try again"
    return Problem(503, "ApiServerUnavailable", detail, headers={"Retry-After": str(wait)})


def install(app: FastAPI) -> None:
    """Make every error of this application a problem."""

    async def problem(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == 405:
            # The framework names the methods of the first route at this path alone.
            methods = ", ".join(operations.methods(request.url.path))
            return respond(of_http(405, {"Allow": methods} if methods else error.headers))
        return respond(understood(error))

    for kind in (Problem, HTTPException, RequestValidationError, errors.ApiError, Exception):
        app.add_exception_handler(kind, problem)


def understood(error: Exception) -> Problem:
    """What any exception of an endpoint is to the caller."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        return of_http(error.status_code, error.headers)
    if isinstance(error, RequestValidationError):
        return of_validation(error.errors())
    if isinstance(error, errors.ApiError):
        return of_api(error)
    return Problem(500, "InternalError", "the gateway failed; its log says why")


def _path(error: Mapping[str, object]) -> str:
    where = error["loc"]
    parts = [str(part) for part in where] if isinstance(where, tuple | list) else [str(where)]
    return ".".join(part for part in parts if part not in {"path", "query", "body"}) or "body"


def _words(error: Mapping[str, object]) -> tuple[str, str]:
    if error["type"] == "extra_forbidden":
        return "unknown field", "remove it, or look for the right spelling in /openapi.json"
    return str(error["msg"]), ""
