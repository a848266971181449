"""Dispatch: keep every undecided run in memory, hand it to a runner, write down how it ends."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sluice_core import wire
from sluice_operator.run import status
from sluice_operator.run.link import Link, Means, Pod
from sluice_operator.run.observed import Flow, Name, Pinned, Run, has_ended, read
from sluice_operator.run.reconcile import End, Room, Wait, assign, lost, reconcile

log = logging.getLogger(__name__)

SHOWN_AFTER_SECONDS = 1.0  # a run that is over sooner costs no status write but its last
REMEMBERED = 100_000
BYTES_PER_SECOND = 16 * 1024  # of one run's status while it goes on


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What dispatch asks of the rest of the operator.

    `write` stores a whole status, waiting for the API server as long as it takes, and answers
    False when the run is gone. `exists` reads whether the run is still there and undecided.
    """

    flow: Callable[[Name], Flow | None]
    pin: Callable[[Name, int], Awaitable[Pinned | None]]
    write: Callable[[Run, dict[str, Any]], Awaitable[bool]]
    exists: Callable[[Run], Awaitable[bool]]
    ended: Callable[[Run, str, datetime], None]
    leading: Callable[[], bool]
    now: Callable[[], datetime]
    superseded: Callable[[], None]


class Dispatcher:
    """Owns the undecided runs and the links to runner pods. All of it lives on one loop."""

    def __init__(self, ports: Ports, means: Means) -> None:
        self._ports, self._means = ports, means
        self._runs: dict[str, Run] = {}
        self._of_flow: defaultdict[Name, set[str]] = defaultdict(set)
        self._waiting: defaultdict[Name, dict[str, Run]] = defaultdict(dict)
        self._links: dict[str, Link] = {}
        self._pods: defaultdict[Name, dict[str, Pod]] = defaultdict(dict)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._pumps: set[Name] = set()
        self._over: dict[str, None] = {}  # uids that ended; the watch may still speak of them

    # -- what the caches report

    def run_found(self, manifest: dict[str, Any], *, inherited: bool) -> None:
        """A run that is undecided; `inherited` ones may be held by a runner already."""
        uid = manifest["metadata"]["uid"]
        known = self._runs.get(uid)
        if known is not None:
            self._run_changed(known, manifest)
            return
        if has_ended(manifest) or uid in self._over:
            return
        run = read(manifest)
        if inherited:
            run.blocked_by = set(self._pods[run.workflow])
        self._runs[uid] = run
        self._of_flow[run.workflow].add(uid)
        self._enqueue(run)
        number = run.spec.get("revision") or run.status.get("revision")
        if number:
            self._spawn(self._pin(run, number))

    def run_gone(self, manifest: dict[str, Any]) -> None:
        """A run has left the undecided ones: it ended, or it was deleted."""
        uid = manifest["metadata"]["uid"]
        self._over.pop(uid, None)
        run = self._runs.get(uid)
        if run is not None and not run.ending:
            self._spawn(self._look_again(run))

    def pod_found(self, pod: Pod) -> None:
        """A runner pod has an address. It is spoken to once a run needs it."""
        flow = Name(pod.namespace, pod.workflow)
        self._pods[flow][pod.uid] = pod
        self.flow_changed(flow)

    def pod_gone(self, pod_uid: str, flow: Name) -> None:
        """The pod does not exist any more: what it worked on goes on elsewhere."""
        self._pods[flow].pop(pod_uid, None)
        link = self._links.pop(pod_uid, None)
        if link is not None:
            self._spawn(link.close())
        for run in self._runs_of(flow):
            run.blocked_by.discard(pod_uid)
            if run.pod == pod_uid and not run.ending:
                self._lose(run)
        self.flow_changed(flow)

    def flow_changed(self, flow: Name) -> None:
        """Something that waiting runs of this workflow depend on may have changed."""
        if self._waiting.get(flow) and flow not in self._pumps:
            self._pumps.add(flow)
            asyncio.get_running_loop().call_soon(self._pump, flow)

    def pinned_versions(self, flow: Name) -> frozenset[int]:
        """The versions that undecided runs of a workflow hold on to."""
        runs = self._runs_of(flow)
        return frozenset(run.pinned.version for run in runs if run.pinned is not None)

    def pending(self, flow: Name) -> int:
        """How many runs wait for a runner."""
        return len(self._waiting.get(flow, ()))

    async def close(self) -> None:
        """Let go of every runner; runs go on there."""
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(link.close() for link in self._links.values()))

    # -- what runners say

    def held(self, link: Link, holdings: wire.Holdings, *, rebooted: bool) -> None:
        """Adopt what the runner holds; what it should hold and does not was lost."""
        flow = Name(link.pod.namespace, link.pod.workflow)
        holding = {one.uid: one for one in holdings.runs}
        for run in self._runs_of(flow):
            run.blocked_by.discard(link.pod.uid)
            mine = run.pod == link.pod.uid and not run.ending and not link.is_flying(run.uid)
            if run.uid in holding:
                self._adopt(run, link, holding[run.uid])
            elif mine and rebooted and run.through:
                self._lose(run)
            elif mine:
                self._again(run)
        for uid, one in holding.items():
            if uid not in self._runs:
                self._disown(link, uid, one)
        self.flow_changed(flow)

    def happened(self, link: Link, event: wire.Event) -> None:
        """Fold the event into the run, once."""
        run = self._runs.get(event.uid)
        if run is None:
            if isinstance(event.what, wire.Finished | wire.Interrupted):
                link.acknowledge(event.uid, event.attempt, event.seq)
                link.busy.discard(event.uid)
            return
        if event.attempt != run.attempt or event.seq <= run.through or run.pod != link.pod.uid:
            return
        run.through = event.seq
        run.record.add(event)
        self._react(run, link, event.what)

    def _react(self, run: Run, link: Link, what: wire.Happening) -> None:
        match what:
            case wire.Finished():
                self._finish(run, link)
            case wire.Interrupted():
                self._interrupted(run, link)
            case wire.Request():
                self._spawn(link.reply(run.uid, _unserved(run, what)))
            case wire.Accepted():
                self._show_later(run, SHOWN_AFTER_SECONDS)
            case wire.StepStarted() | wire.StepFinished() | wire.Progress():
                self._show_later(run, None)
            case _:
                pass

    def answered(self, link: Link, answer: wire.Answer) -> None:
        """202 and 200 are shown by events; anything else puts the run back."""
        if answer.code in (wire.ACCEPTED, wire.KNOWN):
            return
        run = self._runs.get(answer.uid)
        link.busy.discard(answer.uid)
        if answer.code == wire.DRAINING:
            link.draining = True
        if run is None or run.pod != link.pod.uid or run.ending:
            return
        if answer.code == wire.ACKNOWLEDGED:
            run.attempt += 1
        log.info("%s: %s answered %d %s", run.name, link.pod.name, answer.code, answer.message)
        self._again(run)

    def superseded(self) -> None:
        """A runner knows a later leader."""
        self._ports.superseded()

    # -- the life of a run

    def _enqueue(self, run: Run) -> None:
        self._waiting[run.workflow][run.uid] = run
        self._show_later(run, SHOWN_AFTER_SECONDS)
        self.flow_changed(run.workflow)

    def _again(self, run: Run) -> None:
        run.pod, run.through = None, 0
        self._enqueue(run)

    def _run_changed(self, run: Run, manifest: dict[str, Any]) -> None:
        wanted = not run.cancelled and manifest["spec"].get("cancel")
        run.spec, run.status = manifest["spec"], manifest.get("status", {})
        run.generation = manifest["metadata"].get("generation", 1)
        if not wanted or run.ending:
            return
        link = self._links.get(run.pod or "")
        if link is not None:
            self._spawn(link.cancel(run.uid, run.attempt))
        else:
            self.flow_changed(run.workflow)

    def _pump(self, flow: Name) -> None:
        """Decide about all waiting runs of a workflow."""
        self._pumps.discard(flow)
        if not self._ports.leading():
            return
        seen = self._ports.flow(flow)
        waiting = list(self._waiting[flow].values())
        ready = [run for run in waiting if self._may_go(run, seen)]
        if ready or any(run.blocked_by for run in waiting):
            self._open_links(flow)
        rooms = [Room(link.pod.uid, link.free) for link in self._links_of(flow)]
        for run, pod in assign(ready, rooms):
            pinned = run.pinned or (seen.current if seen else None)
            if pinned is not None:
                self._submit(run, pinned, self._links[pod])
        for run in ready:
            if run.pod is None:
                run.waiting_for = _why(seen, bool(rooms))

    def _may_go(self, run: Run, seen: Flow | None) -> bool:
        match reconcile(run, seen):
            case End() as end:
                self._end(run, end)
                return False
            case Wait(reason, message):
                run.waiting_for = (reason, message)
                return False
        return True

    async def _pin(self, run: Run, number: int) -> None:
        """Read the version that the run names, or that an earlier leader gave it."""
        run.pinned = await self._ports.pin(run.workflow, number)
        if run.pinned is None and run.pod is None and not run.ending:
            message = f"version {number} of workflow {run.workflow.name} does not exist"
            self._end(run, End("Failed", "RevisionNotFound", message))
        self.flow_changed(run.workflow)

    def _submit(self, run: Run, pinned: Pinned, link: Link) -> None:
        self._waiting[run.workflow].pop(run.uid, None)
        run.pinned, run.pod, run.pod_name = pinned, link.pod.uid, link.pod.name
        run.through = 0
        link.submit(_request(run, pinned), pinned.raw)

    def _adopt(self, run: Run, link: Link, holding: wire.Holding) -> None:
        """The runner works on it, or has its end ready: take it from there."""
        if run.ending:
            return
        if run.pod != link.pod.uid or run.attempt != holding.attempt:
            run.through = 0
        self._waiting[run.workflow].pop(run.uid, None)
        run.pod, run.pod_name, run.attempt = link.pod.uid, link.pod.name, holding.attempt
        run.blocked_by.clear()
        if run.pinned is None:
            self._spawn(self._pin(run, holding.revision))
        if holding.running:
            link.busy.add(run.uid)
        if run.cancelled:
            self._spawn(link.cancel(run.uid, run.attempt))

    def _disown(self, link: Link, uid: str, holding: wire.Holding) -> None:
        """Nobody waits for this one: it ended and was stored, or it was deleted."""
        if holding.running:
            link.busy.add(uid)
            self._spawn(link.cancel(uid, holding.attempt))

    def _finish(self, run: Run, link: Link) -> None:
        run.ending = True
        link.busy.discard(run.uid)
        made = status.running(run, self._ports.now())
        self._spawn(self._store_end(run, made, link))
        self.flow_changed(run.workflow)

    def _end(self, run: Run, end: End) -> None:
        run.ending = True
        self._waiting[run.workflow].pop(run.uid, None)
        self._spawn(self._store_end(run, status.ended(run, end, self._ports.now()), None))

    async def _store_end(self, run: Run, made: dict[str, Any], link: Link | None) -> None:
        self._cancel_timer(run)
        self._over[run.uid] = None
        if len(self._over) > REMEMBERED:
            self._over.pop(next(iter(self._over)))
        await self._ports.write(run, made)
        if link is not None:
            link.acknowledge(run.uid, run.attempt, run.through)
        self._forget(run)
        self._ports.ended(run, made["phase"], self._ports.now())

    def _interrupted(self, run: Run, link: Link) -> None:
        """The runner gave it back: it goes on elsewhere at once."""
        link.busy.discard(run.uid)
        link.draining = True
        link.acknowledge(run.uid, run.attempt, run.through)
        self._next_attempt(run)

    def _lose(self, run: Run) -> None:
        run.losses += 1
        limit = run.pinned.loss_limit if run.pinned else 5
        end = lost(run, limit)
        if end is not None:
            self._end(run, end)
            return
        self._next_attempt(run)
        message = f"the runner {run.pod_name} is gone; going on after the last finished step"
        run.waiting_for = ("RunnerLost", message)
        self._spawn(self._show(run))

    def _next_attempt(self, run: Run) -> None:
        run.record.lose_attempt()
        run.attempt += 1
        self._again(run)

    async def _look_again(self, run: Run) -> None:
        """A run that left the watch ended by other hands, or was deleted, perhaps both."""
        if await self._ports.exists(run):
            return
        link = self._links.get(run.pod or "")
        if link is not None and not run.ending:
            await link.cancel(run.uid, run.attempt)
        self._forget(run)

    def _forget(self, run: Run) -> None:
        self._cancel_timer(run)
        self._runs.pop(run.uid, None)
        self._waiting[run.workflow].pop(run.uid, None)
        self._of_flow[run.workflow].discard(run.uid)

    # -- showing how a run goes while it goes

    def _show_later(self, run: Run, delay: float | None) -> None:
        """One pending look at most; a large status is shown less often."""
        if run.uid in self._timers or run.ending:
            return
        pause = delay if delay is not None else max(1.0, run.record.size / BYTES_PER_SECOND)
        loop = asyncio.get_running_loop()
        self._timers[run.uid] = loop.call_later(pause, self._show_now, run)

    def _show_now(self, run: Run) -> None:
        self._timers.pop(run.uid, None)
        if not run.ending and run.uid in self._runs:
            self._spawn(self._show(run))

    async def _show(self, run: Run) -> None:
        now = self._ports.now()
        made = status.running(run, now) if run.pod else status.waiting(run, *run.waiting_for, now)
        await self._ports.write(run, made)

    def _cancel_timer(self, run: Run) -> None:
        timer = self._timers.pop(run.uid, None)
        if timer is not None:
            timer.cancel()

    # -- small change

    def _runs_of(self, flow: Name) -> list[Run]:
        return [self._runs[uid] for uid in self._of_flow.get(flow, ())]

    def _links_of(self, flow: Name) -> Iterable[Link]:
        pods = self._pods.get(flow, {})
        return [self._links[uid] for uid in pods if uid in self._links]

    def _open_links(self, flow: Name) -> None:
        for uid, pod in self._pods[flow].items():
            if uid not in self._links:
                self._links[uid] = Link(pod, self._means, self)
                self._links[uid].open()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("dispatch failed", exc_info=task.exception())


def _request(run: Run, pinned: Pinned) -> wire.RunRequest:
    return wire.RunRequest(
        uid=run.uid,
        name=run.name.name,
        namespace=run.name.namespace,
        workflow=run.workflow.name,
        attempt=run.attempt,
        revision=pinned.version,
        definition=pinned.digest,
        inputs=run.spec.get("inputs", {}),
        entities=tuple(run.spec.get("entities", ())),
        trigger=run.spec.get("trigger", {}),
        finished=run.record.finished(),
        finished_entities=run.record.finished_entities(),
    )


def _why(seen: Flow | None, has_rooms: bool) -> tuple[str, str]:
    if seen is not None and seen.failure:
        return ("RunnerFailed", seen.failure)
    if has_rooms:
        return ("Queued", "every slot of the workflow's runners is taken")
    return ("WaitingForRunner", "the workflow's runner is not up yet")


def _unserved(run: Run, request: wire.Request) -> wire.Reply:
    message = f"{request.kind} is not served by this release"
    return wire.Reply(attempt=run.attempt, request=request.request, ok=False, message=message)
