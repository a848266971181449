"""Attempts that were acknowledged: remembered for a while, so that none is taken twice."""

from collections.abc import Callable

from sluice_core import wire

_LIMIT = 50_000  # about 10 MB; at more runs than that in ten minutes the oldest go early


class Tombstones:
    """By run the highest attempt that was acknowledged, for ten minutes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buried: dict[str, tuple[int, float]] = {}

    def __len__(self) -> int:
        return len(self._buried)

    def add(self, uid: str, attempt: int) -> None:
        """Remember from now on."""
        self._buried.pop(uid, None)
        self._buried[uid] = (attempt, self._clock() + wire.TOMBSTONE_SECONDS)
        self._expire()

    def covers(self, uid: str, attempt: int) -> bool:
        """This attempt, or a later one of the run, was acknowledged."""
        buried = self._buried.get(uid)
        return buried is not None and attempt <= buried[0] and self._clock() < buried[1]

    def _expire(self) -> None:
        now = self._clock()
        while self._buried:
            oldest = next(iter(self._buried))
            if len(self._buried) <= _LIMIT and self._buried[oldest][1] > now:
                return
            del self._buried[oldest]
