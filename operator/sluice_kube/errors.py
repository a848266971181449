# ruff: noqa: N818 - an error is named by what happened
"""What the API server can answer instead of success, as classes: catch wide or narrow.

ApiError
├── Unauthorized    401
├── Forbidden       403
├── NotFound        404
├── Conflict        409
│   └── AlreadyExists
├── Gone            410, also as an event of a watch
├── TooLarge        413, or etcd's refusal of an object over its limit
├── Invalid         422
├── TooManyRequests 429
└── Unavailable     5xx, or a connection that broke (status 0)
"""

from collections.abc import Mapping
from typing import Any

import orjson


class ApiError(Exception):
    """A request that did not succeed, with the fields of the Status object that came back."""

    retry_after: float | None = None

    def __init__(
        self, status: int, reason: str, message: str, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.details: Mapping[str, Any] = details or {}


class Unauthorized(ApiError):
    """The token is missing, unknown or expired."""


class Forbidden(ApiError):
    """RBAC or admission refuses."""


class NotFound(ApiError):
    """No such object, or no such resource type on this server."""


class Conflict(ApiError):
    """The object changed since it was read."""


class AlreadyExists(Conflict):
    """The name is taken.

    `repeated` is true when this create had been sent before and its answer was lost: the object
    may be the very one of this call, so read it and compare.
    """

    repeated: bool = False


class Gone(ApiError):
    """A resourceVersion or continue token is too old: list again."""


class TooLarge(ApiError):
    """The object is over the limit of the API server or of etcd."""


class Invalid(ApiError):
    """Schema, CEL rule or JSON patch test refuses."""


class TooManyRequests(ApiError):
    """The server asks to wait `retry_after` seconds. Nothing was executed."""


class Unavailable(ApiError):
    """The server failed or could not be reached.

    `sent` is false when the request cannot have reached the server.
    """

    sent: bool = True


BY_STATUS: Mapping[int, type[ApiError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    413: TooLarge,
    422: Invalid,
    429: TooManyRequests,
}


def from_response(status: int, body: bytes, retry_after: str | None = None) -> ApiError:
    """The error of an answer; a body that is not a Status (a proxy's page) becomes its message."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        answer = {"message": body[:200].decode(errors="replace")}
    return from_status({**answer, "code": status}, retry_after)


def from_status(answer: Mapping[str, Any], retry_after: str | None = None) -> ApiError:
    """The error of a Status object, as it also comes in the ERROR event of a watch."""
    status = int(answer.get("code") or 500)
    reason, message = str(answer.get("reason") or ""), str(answer.get("message") or "")
    details = answer.get("details") or {}
    error = _class(status, reason, message)(status, reason, message, details)
    error.retry_after = _seconds(retry_after or details.get("retryAfterSeconds"))
    return error


def unreachable(cause: BaseException, *, sent: bool) -> Unavailable:
    """The error of a connection that broke, timed out or was never made."""
    error = Unavailable(0, "Unreachable", f"{type(cause).__name__}: {cause}")
    error.sent = sent
    return error


def _class(status: int, reason: str, message: str) -> type[ApiError]:
    if reason == "AlreadyExists":
        return AlreadyExists
    if reason == "Expired":
        return Gone
    if status >= 500:
        # etcd's refusal comes through as a plain 500; repeating it would never help.
        return TooLarge if "request is too large" in message else Unavailable
    return BY_STATUS.get(status, ApiError)


def _seconds(value: str | int | None) -> float | None:
    try:
        return float(value) if value is not None else None
    except ValueError:
        return None  # an HTTP date: not sent by API servers, and a pause of our own does
