"""What the runs of each workflow ask of its runner, put together from what dispatch knows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sluice_core.admission import Standing
from sluice_operator.run.activity import Activity
from sluice_operator.run.demand import Wanting
from sluice_operator.run.dispatch import Dispatcher
from sluice_operator.run.observed import Name
from sluice_operator.workflow.observed import Demand
from sluice_operator.workflow.scaling import Load, Peak

FIRST = Load(is_first=True)


class Demands:
    """Remembers the load of the last minute, of workflows alone whose runs scale the runner up."""

    def __init__(
        self, dispatcher: Dispatcher, activity: Activity, now: Callable[[], datetime]
    ) -> None:
        self._dispatcher, self._activity, self._now = dispatcher, activity, now
        self._peaks: dict[Name, Peak] = {}

    def of(self, flow: Name, standing: Standing) -> Demand:
        """As it is now."""
        wanting, last = self._dispatcher.wanting(flow, standing), self._activity.of(flow)
        return Demand(
            fresh=wanting.fresh,
            begun=wanting.begun,
            last_trigger=last.trigger,
            last_end=last.end,
            known=self._activity.known,
            load=self._load(flow, wanting),
            spare=self._dispatcher.spare(flow),
            refusal=self._dispatcher.refusal(flow),
        )

    def scale(self, flow: Name, *, keep: int | None, slots: int, scaled: bool) -> None:
        """A workflow was decided about: so many pods take its runs, each that many.

        What is decided about for the first time may have needed them all until now.
        """
        if not scaled:
            self._peaks.pop(flow, None)
        elif flow not in self._peaks:
            peak = self._peaks[flow] = Peak()
            peak.note((keep or 0) * slots, self._now())
        self._dispatcher.keep(flow, keep)

    def forget(self, flow: Name) -> None:
        """The workflow does not exist any more."""
        self._peaks.pop(flow, None)
        self._activity.forget(flow)

    def _load(self, flow: Name, wanting: Wanting) -> Load:
        peak = self._peaks.get(flow)
        load = peak.note(wanting.slots, self._now()) if peak is not None else FIRST
        busy = self._dispatcher.busy_pods(flow)
        return replace(load, busy_pods=busy, adopting=wanting.adopting)
