"""A token bucket that lets its takers run into debt, so that big things pass too, in turn."""

import asyncio
import time
from collections.abc import Callable


class Bucket:
    """`rate` units a second, `burst` at once; a taker waits until its own debt is paid."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._level, self._filled_at = burst, clock()

    def take(self, amount: float = 1) -> float:
        """Takes at once; answers how many seconds to wait before using what was taken."""
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._filled_at) * self._rate)
        self._filled_at = now
        self._level -= amount
        return max(0.0, -self._level / self._rate)

    async def wait(self, amount: float = 1) -> None:
        """Returns when `amount` may be used."""
        pause = self.take(amount)
        if pause:
            await asyncio.sleep(pause)
