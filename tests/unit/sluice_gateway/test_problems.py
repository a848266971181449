"""What the API server refuses, as a caller sees it."""

import pytest

from sluice_gateway.problems import of_api
from sluice_kube import errors

OURS = 'is forbidden: User "system:serviceaccount:sluice:gateway" cannot create'
ANSWERS = {
    "gone meanwhile": (errors.NotFound(404, "NotFound", "x"), 404, "NotFound"),
    "changed meanwhile": (errors.Conflict(409, "Conflict", "x"), 409, "Conflict"),
    "an old continue token": (errors.Gone(410, "Expired", "x"), 410, "Expired"),
    "over etcd's limit": (errors.TooLarge(500, "", "x"), 413, "TooLarge"),
    "refused by schema": (errors.Invalid(422, "Invalid", "say what"), 422, "Invalid"),
    "too much for it": (errors.TooManyRequests(429, "", "x"), 503, "ApiServerUnavailable"),
    "away": (errors.Unavailable(0, "Unreachable", "x"), 503, "ApiServerUnavailable"),
    "refused by admission": (
        errors.Forbidden(403, "Forbidden", "exceeded quota"),
        403,
        "RefusedByCluster",
    ),
    "the gateway's own rights": (errors.Forbidden(403, "Forbidden", OURS), 502, "ApiServerRefused"),
    "the gateway's own token": (errors.Unauthorized(401, "", "x"), 502, "ApiServerRefused"),
    "something new": (errors.ApiError(418, "Teapot", "x"), 502, "ApiServerRefused"),
}


@pytest.mark.parametrize(("error", "status", "reason"), ANSWERS.values(), ids=ANSWERS)
def test_of_api(error: errors.ApiError, status: int, reason: str) -> None:
    problem = of_api(error)

    assert (problem.status, problem.reason) == (status, reason)
    assert "serviceaccount" not in problem.detail


def test_a_pause_that_the_api_server_asks_for_is_passed_on_whole() -> None:
    error = errors.TooManyRequests(429, "TooManyRequests", "x")
    error.retry_after = 2.3

    assert of_api(error).headers["Retry-After"] == "3"
