"""Turn what can go wrong on a connection through the guard into a step's failure."""

import ssl
from asyncio import IncompleteReadError
from collections.abc import Iterator
from contextlib import contextmanager

from sluice_core import plain
from sluice_core.wire import FailureClass
from sluice_runner.actions.action import StepFailed
from sluice_runner.egress.rules import EgressRefused

WORDS_BYTES = 2 * plain.KIB


@contextmanager
def failures_of(where: str) -> Iterator[None]:
    """Raise StepFailed for every error of the network; `where` begins its message."""
    try:
        yield
    except EgressRefused as error:
        raise StepFailed("Permanent", "EgressRefused", f"{where}: {error}") from error
    except TimeoutError as error:
        text = f"{where}: no answer in time {error}".rstrip()
        raise StepFailed("Timeout", "Timeout", text) from error
    except (OSError, IncompleteReadError) as error:
        failure, reason = _of(error)
        raise StepFailed(failure, reason, f"{where}: {words(_text(error))}") from error


def words(text: str) -> str:
    """What the other side said: on one line, and not all of it when it goes on and on."""
    return plain.cut(" ".join(text.split()), WORDS_BYTES)


def _text(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _of(error: BaseException) -> tuple[FailureClass, str]:
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in _causes(error)):
        return "Permanent", "CertificateInvalid"
    return "Transient", "ConnectionFailed"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it; libraries raise them in circles too."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
