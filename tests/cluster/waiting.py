"""Wait for a condition of another process, with a deadline and a reason."""

import time
from collections.abc import Callable


class DeadlineError(TimeoutError):
    """A condition did not come true in time."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"{what}: not within {seconds:g} s")


def until(what: str, condition: Callable[[], bool], seconds: float = 60) -> None:
    """Asks every 50 ms; the harness has nothing to watch before an API server answers."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise DeadlineError(what, seconds)
        time.sleep(0.05)
