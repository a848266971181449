"""Dispatch: hand every undecided run to a runner, follow it there, write down how it ends."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sluice_core import wire
from sluice_operator.run import children, executed, handover, retry, status
from sluice_operator.run.book import Book
from sluice_operator.run.calls import Means, Pod
from sluice_operator.run.children import Children
from sluice_operator.run.executed import NotExecutable
from sluice_operator.run.gate import Gate
from sluice_operator.run.link import Link
from sluice_operator.run.observed import Flow, Name, Pinned, Run, has_ended, read
from sluice_operator.run.prepare import prepare
from sluice_operator.run.reconcile import (
    End,
    Room,
    Send,
    Wait,
    assign,
    lost,
    reconcile,
    why_waiting,
)
from sluice_operator.run.runners import Runners
from sluice_operator.run.showing import Showing
from sluice_operator.run.tasks import Tasks

log = logging.getLogger(__name__)

NOT_LEADING_SECONDS = 0.5
NO_SLOT_SECONDS = 0.1


class Objects(children.Objects, Protocol):
    """What is asked of the API server; see sluice_operator.run.objects."""

    async def ended(self, flow: Name) -> list[dict[str, Any]]:
        """The runs of a workflow that are over and kept."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What dispatch asks of the rest of the operator.

    `write` stores a whole status, waiting for the API server as long as it takes, and answers
    False when the run is gone. `exists` reads whether the run is still there and undecided.
    """

    flow: Callable[[Name], Flow | None]
    pin: Callable[[Name, int], Awaitable[Pinned | None]]
    write: Callable[[Run, dict[str, Any]], Coroutine[Any, Any, bool]]
    exists: Callable[[Run], Awaitable[bool]]
    ended: Callable[[Run, str, datetime], None]
    leading: Callable[[], bool]
    now: Callable[[], datetime]
    superseded: Callable[[], None]
    objects: Objects
    random: Callable[[], float] = random.random


class Dispatcher:
    """Owns the undecided runs and the links to runner pods. All of it lives on one loop.

    Nothing is dispatched before `start`: a run that a runner holds and that is not found yet
    would look like one that nobody waits for.
    """

    def __init__(self, ports: Ports, means: Means) -> None:
        self._ports = ports
        self._tasks = Tasks()
        self._book = Book()
        self._runners = Runners(means, self, self._tasks)
        self._showing = Showing(ports.write, ports.now, self._tasks)
        self._gate = Gate(ports.objects.ended, self.flow_changed, self._tasks)
        self._children = Children(ports.objects, self._deliver, self._tasks)
        self._pumps: set[Name] = set()
        self._resting: set[str] = set()
        self._started = False

    def start(self) -> None:
        """All undecided runs are found: ask the runners which they hold, and dispatch the rest."""
        self._started = True
        for flow in self._book.flows():
            for run in self._book.of(flow):
                run.blocked_by = self._runners.pods(flow)
            self.flow_changed(flow)

    async def close(self) -> None:
        """Let go of every runner; runs go on there."""
        self._started = False
        self._showing.close()
        await self._tasks.close()
        await self._runners.close()

    # -- what the caches report

    def run_found(self, manifest: dict[str, Any]) -> None:
        """An undecided run, for the first time or changed."""
        uid = manifest["metadata"]["uid"]
        known = self._book.get(uid)
        if known is not None:
            self._run_changed(known, manifest)
            return
        if has_ended(manifest) or self._book.is_over(uid):
            return
        run = read(manifest)
        self._book.add(run)
        self._children.found(run)
        self._enqueue(run)
        if not run.prepared:
            self._tasks.spawn(self._prepare(run))
        if run.named_version:
            self._tasks.spawn(self._pin(run, run.named_version))

    def run_gone(self, manifest: dict[str, Any]) -> None:
        """A run has left the undecided ones: it ended, or it was deleted."""
        uid = manifest["metadata"]["uid"]
        self._book.left(uid)
        run = self._book.get(uid)
        if run is not None and not run.ending:
            self._tasks.spawn(self._look_again(run))

    def pod_found(self, pod: Pod) -> None:
        """A runner pod has an address. It is spoken to once a run needs it."""
        self.flow_changed(self._runners.found(pod))

    def pod_gone(self, pod_uid: str, flow: Name) -> None:
        """The pod does not exist any more: what it worked on goes on elsewhere."""
        self._runners.gone(pod_uid, flow)
        for run in self._book.of(flow):
            run.blocked_by.discard(pod_uid)
            if run.pod == pod_uid and not run.ending:
                self._lose(run)
        self.flow_changed(flow)

    def flow_changed(self, flow: Name) -> None:
        """Something that waiting runs of this workflow depend on may have changed."""
        if self._started and flow not in self._pumps and self._book.waiting(flow):
            self._pumps.add(flow)
            asyncio.get_running_loop().call_soon(self._pump, flow)

    def pinned_versions(self, flow: Name) -> frozenset[int] | None:
        """The versions that undecided runs of a workflow hold on to; None before all are found."""
        if not self._started:
            return None
        runs = self._book.of(flow)
        pinned = (run.pinned.version if run.pinned else run.named_version for run in runs)
        return frozenset(version for version in pinned if version)

    def has_children(self, parent: Name) -> bool:
        """Whether runs go on that a run of that name has made."""
        return self._children.has_any(parent)

    # -- what runners say

    def held(self, link: Link, holdings: wire.Holdings, *, rebooted: bool) -> None:
        """Adopt what the runner holds; what it should hold and does not was lost."""
        flow = Name(link.pod.namespace, link.pod.workflow)
        holding = {one.uid: one for one in holdings.runs}
        for run in self._book.of(flow):
            one = holding.get(run.uid)
            if one is not None and _is_current(run, link, one):
                self._adopt(run, link, one)
            elif run.pod == link.pod.uid and not run.ending and not link.is_flying(run.uid):
                self._missing(run, rebooted=rebooted)
            run.blocked_by.discard(link.pod.uid)
        for one in holding.values():
            self._disown(link, one)
        self.flow_changed(flow)

    def happened(self, link: Link, event: wire.Event) -> None:
        """Fold the event into the run, once."""
        run = self._book.get(event.uid)
        if run is not None and run.ending:
            return
        if run is None or run.pod != link.pod.uid or event.attempt != run.attempt:
            if isinstance(event.what, wire.Finished | wire.Interrupted):
                self._let_go(link, event.uid, event.attempt, event.seq)
            return
        if event.seq > run.through:
            run.through = event.seq
            run.record.add(event)
            self._react(run, link, event.what)

    def answered(self, link: Link, answer: wire.Answer) -> None:
        """202 and 200 are shown by events; anything else puts the run back."""
        run = self._book.get(answer.uid)
        if answer.code in (wire.ACCEPTED, wire.KNOWN):
            if run is not None and run.cancelled:  # asked for while it was on its way
                self._tasks.spawn(link.cancel(run.uid, run.attempt))
            return
        link.busy.discard(answer.uid)
        link.draining = link.draining or answer.code == wire.DRAINING
        if run is not None and run.pod == link.pod.uid and not run.ending:
            log.info("%s: %s answered %d %s", run.name, link.pod.name, answer.code, answer.message)
            self._put_back(run, answer)

    def superseded(self) -> None:
        """A runner knows a later leader."""
        self._ports.superseded()

    def _react(self, run: Run, link: Link, what: wire.Happening) -> None:
        match what:
            case wire.Finished():
                self._finish(run, link)
            case wire.Interrupted():
                link.draining = True
                self._let_go(link, run.uid, run.attempt, run.through)
                self._next_attempt(run)
            case wire.Request():
                self._serve(run, link, what)
            case wire.Accepted():
                self._showing.soon(run)
            case wire.StepStarted() | wire.StepFinished() | wire.Progress():
                self._showing.later(run)
            case _:
                pass

    def _serve(self, run: Run, link: Link, asked: wire.Request) -> None:
        if asked.kind == "ChildRun":
            self._children.asked(run, asked)
        else:
            self._tasks.spawn(link.reply(run.uid, handover.unserved(run, asked)))

    async def _deliver(self, run: Run, reply: wire.Reply) -> bool:
        link = self._runners.link(run.pod)
        return link is not None and await link.reply(run.uid, reply)

    def _put_back(self, run: Run, answer: wire.Answer) -> None:
        match answer.code:
            case wire.NO_SLOT:
                run.pod, run.through = None, 0
                self._book.wait(run)
                self._pump_after(NO_SLOT_SECONDS, run.workflow)
            case wire.ACKNOWLEDGED:
                run.attempt += 1
                self._again(run)
            case wire.DRAINING | wire.DEFINITION_UNKNOWN:
                self._again(run)
            case _:
                self._end(run, End("Failed", "RunnerRefused", f"the runner: {answer.message}"))

    def _let_go(self, link: Link, uid: str, attempt: int, through: int) -> None:
        """Nobody needs this attempt any more: its slot is another's."""
        link.busy.discard(uid)
        link.acknowledge(uid, attempt, through)
        self.flow_changed(Name(link.pod.namespace, link.pod.workflow))

    # -- the life of a run

    def _enqueue(self, run: Run) -> None:
        self._book.wait(run)
        self._showing.soon(run)
        self.flow_changed(run.workflow)

    def _again(self, run: Run) -> None:
        run.pod, run.through = None, 0
        self._enqueue(run)

    def _next_attempt(self, run: Run) -> None:
        run.record.lose_attempt()
        run.attempt += 1
        self._again(run)

    def _run_changed(self, run: Run, manifest: dict[str, Any]) -> None:
        wanted = not run.cancelled and manifest["spec"].get("cancel")
        run.spec, run.status = manifest["spec"], manifest.get("status", {})
        run.generation = manifest["metadata"].get("generation", 1)
        link = self._runners.link(run.pod)
        if not wanted or run.ending:
            return
        if link is not None:
            self._tasks.spawn(link.cancel(run.uid, run.attempt))
        self.flow_changed(run.workflow)

    def _pump(self, flow: Name) -> None:
        """Decide about all waiting runs of a workflow."""
        self._pumps.discard(flow)
        if not self._ports.leading():
            self._pump_after(NOT_LEADING_SECONDS, flow)
            return
        seen = self._ports.flow(flow)
        waiting = [run for run in self._book.waiting(flow) if not self._rests(run)]
        sends = {run.uid: self._decide(run, seen) for run in waiting}
        ready = self._admitted(flow, seen, [run for run in waiting if sends[run.uid]])
        if ready or any(run.blocked_by for run in waiting):
            self._runners.open(flow)
        rooms = [Room(link.pod.uid, link.free) for link in self._runners.links(flow)]
        for run, pod in assign(ready, rooms):
            self._submit(run, sends[run.uid], pod)
        for run in ready:
            if run.pod is None:
                self._wait(run, why_waiting(seen, has_rooms=bool(rooms)))

    def _pump_after(self, seconds: float, flow: Name) -> None:
        asyncio.get_running_loop().call_later(seconds, self.flow_changed, flow)

    def _rests(self, run: Run) -> bool:
        """Whether its next attempt is later; it is decided about again by then."""
        if run.not_before is None or run.cancelled:
            return False
        left = (run.not_before - self._ports.now()).total_seconds()
        if left > 0 and run.uid not in self._resting:
            self._resting.add(run.uid)
            asyncio.get_running_loop().call_later(left, self._rested, run)
        return left > 0

    def _rested(self, run: Run) -> None:
        self._resting.discard(run.uid)
        self.flow_changed(run.workflow)

    def _decide(self, run: Run, seen: Flow | None) -> Pinned | None:
        """What the run executes if it may go."""
        match reconcile(run, seen):
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
        verdict = self._gate.judge(flow, seen.concurrency, self._book.of(flow), ready)
        for uid, heir in verdict.replaced.items():
            self._replace(self._book.get(uid), heir)
        going = []
        for run in ready:
            decision = verdict.held.get(run.uid)
            if decision is not None:
                self._hold(run, decision)
            elif not run.ending:
                run.admitted = True
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

    def _wait(self, run: Run, why: Wait) -> None:
        if run.waiting_for != (why.reason, why.message):
            run.waiting_for = (why.reason, why.message)
            self._showing.soon(run)

    async def _pin(self, run: Run, number: int) -> None:
        """Read the version that the run names, or that an earlier leader gave it."""
        found = await self._ports.pin(run.workflow, number)
        if found is None and run.pod is None and not run.ending:
            message = f"version {number} of workflow {run.workflow.name} does not exist"
            self._end(run, End("Failed", "RevisionNotFound", message))
        elif found is not None:
            run.pinned = _executed(run, found)
        self.flow_changed(run.workflow)

    async def _prepare(self, run: Run) -> None:
        """Read what it depends on."""
        if not await prepare(run, self._ports.objects.read) and not run.cancelled:
            await self._ports.objects.cancel(run.name, run.uid)
        self.flow_changed(run.workflow)

    def _submit(self, run: Run, pinned: Pinned | None, pod: str) -> None:
        link = self._runners.link(pod)
        if link is None or pinned is None:
            return
        self._book.take(run)
        run.pinned, run.pod, run.pod_name, run.through = pinned, pod, link.pod.name, 0
        run.not_before = None
        link.submit(handover.request(run, pinned), pinned.raw)

    def _adopt(self, run: Run, link: Link, holding: wire.Holding) -> None:
        """The runner works on it, or has its end ready: take it from there."""
        if run.pod != link.pod.uid:
            run.through = 0
        self._book.take(run)
        run.pod, run.pod_name, run.attempt = link.pod.uid, link.pod.name, holding.attempt
        run.blocked_by.clear()
        if run.pinned is None:
            self._tasks.spawn(self._pin(run, holding.revision))
        if run.cancelled:
            self._tasks.spawn(link.cancel(run.uid, run.attempt))

    def _missing(self, run: Run, *, rebooted: bool) -> None:
        """It was handed over and is not there: it never arrived, or went with its container."""
        if rebooted and run.through:
            self._lose(run)
        else:
            self._again(run)

    def _disown(self, link: Link, holding: wire.Holding) -> None:
        """Nobody waits for this attempt: it was stored or deleted, or goes on elsewhere."""
        run = self._book.get(holding.uid)
        if run is not None and (run.pod == link.pod.uid and run.attempt == holding.attempt):
            return
        if holding.running:
            self._tasks.spawn(link.cancel(holding.uid, holding.attempt))

    def _lose(self, run: Run) -> None:
        """Its runner is gone in the middle of it."""
        run.losses += 1
        end = lost(run)
        if end is not None:
            self._end(run, end)
            return
        message = f"the runner {run.pod_name} is gone; going on after the last finished step"
        self._next_attempt(run)
        run.waiting_for = ("RunnerLost", message)
        self._showing.now(run, status.waiting(run, self._ports.now()))

    def _finish(self, run: Run, link: Link) -> None:
        when = retry.next_attempt(run, self._ports.now(), self._ports.random())
        run.ending = True
        link.busy.discard(run.uid)
        if when is not None:
            self._tasks.spawn(self._try_again(run, link, when))
            return
        made = status.running(run, self._ports.now())
        self._tasks.spawn(self._store_end(run, made, link))
        self.flow_changed(run.workflow)

    async def _try_again(self, run: Run, link: Link, when: datetime) -> None:
        """The failure is stored first: until then only the runner knows the finished steps."""
        failed, run.waiting_for = run.attempt, retry.why(run, when)
        run.record.fail_attempt()
        run.attempt, run.retries, run.not_before = failed + 1, run.retries + 1, when
        await self._showing.end(run, status.waiting(run, self._ports.now()))
        link.acknowledge(run.uid, failed, run.through)
        run.ending = False
        if await self._ports.exists(run):
            self._again(run)
        else:
            self._forget(run)

    def _end(self, run: Run, end: End) -> None:
        run.ending = True
        self._book.take(run)
        self._tasks.spawn(self._store_end(run, status.ended(run, end, self._ports.now()), None))

    async def _store_end(self, run: Run, made: dict[str, Any], link: Link | None) -> None:
        self._book.end(run)
        await self._showing.end(run, made)
        if link is not None:
            link.acknowledge(run.uid, run.attempt, run.through)
        self._gate.over(run)
        self._children.ended(run, made)
        self._book.forget(run)
        self._ports.ended(run, made["phase"], self._ports.now())
        self.flow_changed(run.workflow)

    def _forget(self, run: Run) -> None:
        """It was deleted, or ended by other hands."""
        self._gate.over(run)
        self._children.gone(run)
        self._book.forget(run)
        self.flow_changed(run.workflow)

    async def _look_again(self, run: Run) -> None:
        """A run that left the watch ended by other hands, or was deleted, perhaps both."""
        if await self._ports.exists(run):
            return
        self._showing.drop(run)
        link = self._runners.link(run.pod)
        self._forget(run)
        if link is not None and not run.ending:
            await link.cancel(run.uid, run.attempt)


def _executed(run: Run, base: Pinned) -> Pinned:
    """What a run executes that may be on a runner already, whatever would refuse it now."""
    try:
        return executed.of(run, base) if run.prepared else base
    except NotExecutable:
        return base


def _is_current(run: Run, link: Link, holding: wire.Holding) -> bool:
    """Whether what a runner holds is the attempt that counts.

    Before the runner was asked for the first time, any attempt is: the status may be older.
    """
    if run.ending or holding.attempt < run.status.get("attempt", 1):
        return False
    if link.pod.uid in run.blocked_by:
        return True
    return run.pod in (None, link.pod.uid) and run.attempt == holding.attempt
