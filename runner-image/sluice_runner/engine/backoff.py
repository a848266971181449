"""How long to wait before a failed step is tried again."""

from collections.abc import Callable

from sluice_core.api.steps import StepRetry


def seconds(
    retry: StepRetry, attempt: int, retry_after: float | None, random: Callable[[], float]
) -> float:
    """The pause after attempt number `attempt`, from 1: exponential with a cap and full jitter.

    Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
    A server that says when to come back is not asked earlier.
    """
    longest = min(retry.max_backoff_seconds, retry.backoff_seconds * retry.factor ** (attempt - 1))
    return max(random() * longest, retry_after or 0.0)
