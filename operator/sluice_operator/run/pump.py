"""Decide about the waiting runs of a workflow, and hand those that may go to its runners."""

import asyncio
from collections.abc import Callable

from sluice_operator.run import handover
from sluice_operator.run.demand import rests
from sluice_operator.run.meter import Meter
from sluice_operator.run.observed import Flow, Name, Pinned, Run
from sluice_operator.run.ports import Parts
from sluice_operator.run.reconcile import End, Room, Send, Wait, assign, reconcile, why_waiting

NOT_LEADING_SECONDS = 0.5
COUNTED = Wait("Pending", "it is counted against the rates of the namespace's plan")


class Pump:
    """Looks at a workflow's waiting runs together, soon after anything about them has changed."""

    def __init__(self, parts: Parts, end: Callable[[Run, End], None]) -> None:
        self._ports, self._book, self._runners = parts.ports, parts.book, parts.runners
        self._showing, self._gate, self._tasks = parts.showing, parts.gate, parts.tasks
        self._solo = parts.solo
        self._end = end
        self._meter = Meter(parts, end, self.changed)
        self._due: set[Name] = set()
        self._resting: set[str] = set()
        self._expiring: set[str] = set()
        self.started = False

    def changed(self, flow: Name) -> None:
        """Something that waiting runs of this workflow depend on may have changed."""
        if self.started:
            self._ports.demand(flow)
        if self.started and flow not in self._due and self._book.waiting(flow):
            self._due.add(flow)
            asyncio.get_running_loop().call_soon(self._look, flow)

    def after(self, seconds: float, flow: Name) -> None:
        """The same, later."""
        asyncio.get_running_loop().call_later(seconds, self.changed, flow)

    def _look(self, flow: Name) -> None:
        """Decide about all waiting runs of a workflow."""
        self._due.discard(flow)
        if not self._ports.leading():
            self.after(NOT_LEADING_SECONDS, flow)
            return
        seen = self._ports.flow(flow)
        waiting = [run for run in self._book.waiting(flow) if not self._rests(run)]
        sends = {run.uid: self._decide(run, seen) for run in waiting}
        ready = self._admitted(flow, seen, [run for run in waiting if sends[run.uid]])
        if ready or any(run.blocked_by for run in waiting):
            self._runners.open(flow)
        self._assign(flow, seen, [(run, sends[run.uid]) for run in ready])

    def _assign(
        self, flow: Name, seen: Flow | None, ready: list[tuple[Run, Pinned | None]]
    ) -> None:
        links = self._runners.links(flow)
        rooms = [Room(link.pod.uid, link.free, link.pod.mounted, link.pod.only) for link in links]
        sends = {run.uid: pinned for run, pinned in ready if pinned is not None}

        def fits(run: Run, room: Room) -> bool:
            if room.only != (run.solo if seen is not None and seen.solo else ""):
                return False
            return seen is None or seen.admits(sends[run.uid].credentials, room.mounted)

        for run, pod in assign([run for run, _ in ready], rooms, fits):
            self._submit(run, sends[run.uid], pod)
        if any(run.pod is None for run, _ in ready):
            self._ports.demand(flow)
        for run, pinned in ready:
            if run.pod is None and pinned is not None:
                waits = self._wait(run, self._why(run, seen, pinned, rooms))
                self._expires(run)
                if waits and seen is not None and seen.overlooks(pinned.credentials):
                    self._ports.look(flow)

    def _why(self, run: Run, seen: Flow | None, pinned: Pinned, rooms: list[Room]) -> Wait:
        """What a run waits for that may go; one that is to have a pod of its own asks for it."""
        if seen is not None and seen.solo:
            return self._solo.want(run, seen)
        return why_waiting(seen, pinned.credentials, rooms)

    def _rests(self, run: Run) -> bool:
        """Whether its next attempt is later; it is decided about again by then."""
        now = self._ports.now()
        if run.not_before is None or not rests(run, now):
            return False
        if run.uid not in self._resting:
            self._resting.add(run.uid)
            left = (run.not_before - now).total_seconds()
            asyncio.get_running_loop().call_later(left, self._rested, run)
        return True

    def _expires(self, run: Run) -> None:
        """Have it decided about when its time is over, if none takes it until then."""
        if run.deadline is not None and run.uid not in self._expiring:
            self._expiring.add(run.uid)
            left = run.deadline / 1000 - self._ports.now().timestamp()
            asyncio.get_running_loop().call_later(max(0.0, left), self._expired, run)

    def _expired(self, run: Run) -> None:
        self._expiring.discard(run.uid)
        self.changed(run.workflow)

    def _rested(self, run: Run) -> None:
        self._resting.discard(run.uid)
        self.changed(run.workflow)

    def _decide(self, run: Run, seen: Flow | None) -> Pinned | None:
        """What the run executes if it may go."""
        match reconcile(run, seen, self._ports.now()):
            case Send(version):
                return version
            case decision:
                self._hold(run, decision)
                return None

    def _hold(self, run: Run, decision: Wait | End) -> None:
        if isinstance(decision, End):
            self._end(run, decision)
        else:
            self._wait(run, decision)

    def _admitted(self, flow: Name, seen: Flow | None, ready: list[Run]) -> list[Run]:
        """Those that the workflow's concurrency lets through."""
        if seen is None:
            return ready
        verdict = self._gate.judge(flow, seen, self._book.of(flow), ready)
        for uid, heir in verdict.replaced.items():
            self._replace(self._book.get(uid), heir)
        going = []
        for run in ready:
            decision = verdict.held.get(run.uid)
            if decision is not None:
                self._hold(run, decision)
            elif not run.ending:
                run.admitted = True
                if self._meter.counts(run, seen):
                    self._wait(run, COUNTED)
                else:
                    going.append(run)
        return going

    def _replace(self, run: Run | None, heir: str) -> None:
        if run is None or run.ending or run.replaced_by:
            return
        run.replaced_by = heir
        link = self._runners.link(run.pod)
        if link is not None:
            self._tasks.spawn(link.cancel(run.uid, run.attempt))
        elif run.pod is None:
            self._end(run, End("Cancelled", "Replaced", f"run {heir} took its place"))

    def _wait(self, run: Run, why: Wait) -> bool:
        """Whether it waits for something else than before."""
        if run.waiting_for == (why.reason, why.message):
            return False
        run.waiting_for = (why.reason, why.message)
        self._showing.soon(run)
        return True

    def _submit(self, run: Run, pinned: Pinned, pod: str) -> None:
        link = self._runners.link(pod)
        if link is None:
            return
        self._book.take(run)
        run.pinned, run.pod, run.pod_name, run.through = pinned, pod, link.pod.name, 0
        run.not_before = None
        link.submit(handover.request(run, pinned), pinned.raw)
