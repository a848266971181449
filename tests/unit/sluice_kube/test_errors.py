"""Answers of the API server become classes."""

import orjson
import pytest

from sluice_kube import errors

CASES: dict[str, tuple[int, object, type[errors.ApiError]]] = {
    "taken name": (409, {"reason": "AlreadyExists"}, errors.AlreadyExists),
    "changed since": (409, {"reason": "Conflict"}, errors.Conflict),
    "old version": (410, {"reason": "Expired"}, errors.Gone),
    "etcd refuses the size": (
        500,
        {"message": "etcdserver: request is too large"},
        errors.TooLarge,
    ),
    "server is starting": (503, {"reason": "ServiceUnavailable"}, errors.Unavailable),
    "a proxy's page": (502, "<html>", errors.Unavailable),
    "a list, of all things": (404, [], errors.NotFound),
    "a code without a class": (418, {}, errors.ApiError),
}


@pytest.mark.parametrize(("status", "body", "expected"), CASES.values(), ids=CASES)
def test_class(status: int, body: object, expected: type[errors.ApiError]) -> None:
    raw = body.encode() if isinstance(body, str) else orjson.dumps(body)

    error = errors.from_response(status, raw)

    assert type(error) is expected
    assert error.status == status


@pytest.mark.parametrize(
    ("header", "details", "seconds"),
    [
        ("3", {}, 3),
        (None, {"retryAfterSeconds": 2}, 2),
        ("Mon, 23 Nov", {}, None),
        (None, {}, None),
    ],
)
def test_retry_after(header: str | None, details: dict[str, int], seconds: float | None) -> None:
    error = errors.from_response(429, orjson.dumps({"details": details}), header)

    assert error.retry_after == seconds
