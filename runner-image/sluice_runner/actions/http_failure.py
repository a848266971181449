"""Turn what can go wrong with an HTTP call into a step's failure, without secrets of the URL."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from sluice_core.wire import FailureClass
from sluice_runner.actions.action import StepFailed
from sluice_runner.actions.http_answer import printable
from sluice_runner.egress.body import BodyRefused
from sluice_runner.egress.rules import EgressRefused


@contextmanager
def failures_of(method: str, url: str) -> Iterator[None]:
    """Raise StepFailed for every error that a call through the guarded client may end with."""
    with failures_at(f"{method} {printable(url)}"):
        try:
            yield
        except httpx.InvalidURL as error:
            message = f"{method}: the URL is not valid"
            raise StepFailed("Permanent", "InvalidUrl", message) from error


@contextmanager
def failures_at(where: str) -> Iterator[None]:
    """As `failures_of`, where the URL itself is a secret and `where` stands in its place."""
    try:
        yield
    except EgressRefused as error:
        raise StepFailed("Permanent", "EgressRefused", f"{where}: {error}") from error
    except BodyRefused as error:
        raise StepFailed("Permanent", "BodyRefused", f"{where}: {error}") from error
    except httpx.TimeoutException as error:
        text = f"{where}: no answer in time {error}".rstrip()
        raise StepFailed("Timeout", "Timeout", text) from error
    except httpx.RequestError as error:
        failure, reason = _of_request(error)
        text = f"{where}: {error or type(error).__name__}"
        raise StepFailed(failure, reason, text) from error


def _of_request(error: Exception) -> tuple[FailureClass, str]:
    if _has_cause(error, ssl.SSLCertVerificationError):
        return "Permanent", "CertificateInvalid"
    if isinstance(error, httpx.TooManyRedirects):
        return "Permanent", "TooManyRedirects"
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
        return "Transient", "ConnectionFailed"
    return "Permanent", "InvalidRequest"


def _has_cause(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
