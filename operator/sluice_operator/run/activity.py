"""When runners last had work: of each workflow the newest run that one has worked on.

Nothing of it is written anywhere: after a change of leader the kept runs tell.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sluice_operator.run.observed import Name


@dataclass(frozen=True, slots=True)
class Last:
    """When the newest run was made, and when the last one ended."""

    trigger: datetime | None = None
    end: datetime | None = None


NEVER = Last()

_A_SECOND = timedelta(seconds=1) - timedelta(microseconds=1)


def asked_at(created: datetime, started: datetime | None) -> datetime:
    """When a run was made at the latest: `created` is without the fraction of its second.

    A stop that came earlier in that second is over with it, and none that came after its start.
    """
    latest = created + _A_SECOND
    return max(created, min(latest, started)) if started is not None else latest


class Activity:
    """Complete once `known`: the kept runs were read."""

    def __init__(self) -> None:
        self._last: dict[Name, Last] = {}
        self.known = False

    def of(self, flow: Name) -> Last:
        """What is known of a workflow."""
        return self._last.get(flow, NEVER)

    def note(self, flow: Name, trigger: datetime, end: datetime) -> None:
        """A run that a runner has worked on has ended."""
        before = self.of(flow)
        self._last[flow] = Last(
            trigger=max(trigger, before.trigger or trigger), end=max(end, before.end or end)
        )

    def forget(self, flow: Name) -> None:
        """The workflow does not exist any more."""
        self._last.pop(flow, None)
