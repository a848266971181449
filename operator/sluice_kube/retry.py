"""When a failed request is sent again, and how long to wait before."""

import asyncio
import random
from dataclasses import dataclass

from sluice_kube import errors


@dataclass(frozen=True, slots=True)
class Policy:
    """Bounds of repeating one request; pauses grow from `first` to `longest`, with jitter.

    As they are, they outlast the restart of an API server, which takes some 5 s.
    """

    attempts: int = 8
    within: float = 15.0
    first: float = 0.1
    longest: float = 3.0


DEFAULT = Policy()
NEVER = Policy(attempts=1)


def pause(
    error: errors.ApiError, policy: Policy, attempt: int, elapsed: float, *, repeatable: bool
) -> float | None:
    """Seconds until the next attempt, or None when the error is the answer.

    `attempt` counts from 1. A 429 and a connection that was never made are repeated whatever the
    verb is, as nothing was executed.
    """
    if attempt >= policy.attempts or not _helps(error, repeatable=repeatable):
        return None
    wait = backoff(attempt, policy)
    if error.retry_after is not None:
        wait = max(wait, error.retry_after)
    return wait if elapsed + wait <= policy.within else None


def backoff(attempt: int, policy: Policy) -> float:
    """Exponential, between half and whole of the step, so that clients do not come in a herd."""
    step: float = min(policy.longest, policy.first * 2.0 ** min(attempt - 1, 16))
    return step * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, hides nothing


def _helps(error: errors.ApiError, *, repeatable: bool) -> bool:
    if isinstance(error, errors.TooManyRequests):
        return True
    if isinstance(error, errors.Unavailable):
        return repeatable or not error.sent
    return False


class Pace:
    """Waits between attempts at something that should hold: longer after each that did not."""

    def __init__(self, policy: Policy) -> None:
        self._policy, self._failures = policy, 0

    def held(self) -> None:
        """The last attempt was good for a while: begin with short waits again."""
        self._failures = 0

    async def wait(self) -> None:
        """Returns when the next attempt may be made."""
        self._failures += 1
        await asyncio.sleep(backoff(self._failures, self._policy))
