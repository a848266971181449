"""How many pods waiting runs ask for: up at once, down when fewer have been enough for a minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta

STABLE = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """`low` are the pods of an awake runner, `high` the most, `slots` the runs that a pod takes."""

    low: int
    high: int
    slots: int

    @property
    def is_fixed(self) -> bool:
        """Whether the number of runs changes nothing."""
        return self.high <= self.low


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """`runs` is the highest number within the last minute, and falls at `falls_at` if it can.

    `busy_pods` is how many pods have runs, `spare_pods` how many have none, get none, and are said
    to Kubernetes to be deleted first. After a change of leader nothing is known of the last minute
    where `is_first`, and nothing of which pods have runs while `adopting`.
    """

    runs: int = 0
    falls_at: datetime | None = None
    busy_pods: int = 0
    spare_pods: int = 0
    is_first: bool = False
    adopting: bool = False


NOTHING = Load()


def wanted(bounds: Bounds, load: Load, live: int | None) -> int:
    """How many pods the runs need, and as many as there are where that is not known yet."""
    pods = bounds.low
    if not bounds.is_fixed:
        known = live * bounds.slots if load.is_first and live else load.runs
        pods = min(bounds.high, max(bounds.low, -(-known // bounds.slots)))
    return max(pods, live or 0) if load.adopting else pods


def towards(target: int, live: int | None, load: Load) -> int:
    """The number of pods on the way there: of surplus ones, those without a run go first.

    A Deployment chooses which pods go, and knows which have runs only once the spare ones say so.
    """
    if live is None or not load.busy_pods:
        return target
    return max(target, min(live, max(load.busy_pods, live - load.spare_pods)))


class Peak:
    """The highest value of the last minute."""

    def __init__(self) -> None:
        self._held: list[tuple[int, datetime]] = []  # value, and until when; falling values

    def note(self, value: int, now: datetime) -> Load:
        """It is this from now on, and was until now what was noted last."""
        if self._held:
            self._held[-1] = (self._held[-1][0], now)
        while self._held and self._held[-1][0] <= value:
            self._held.pop()
        self._held.append((value, now))
        while self._held[0][1] + STABLE <= now and len(self._held) > 1:
            self._held.pop(0)
        highest, until = self._held[0]
        return Load(runs=highest, falls_at=until + STABLE if len(self._held) > 1 else None)
