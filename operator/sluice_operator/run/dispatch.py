"""Dispatch: hand every undecided run to a runner, follow it there, write down how it ends."""

import logging
from typing import Any

from sluice_core import wire
from sluice_core.admission import Standing
from sluice_operator.run import demand, handover, status
from sluice_operator.run.adoption import Adoption
from sluice_operator.run.book import Book
from sluice_operator.run.calls import Means, Pod
from sluice_operator.run.children import Children
from sluice_operator.run.endings import Endings
from sluice_operator.run.gate import Gate
from sluice_operator.run.link import Link
from sluice_operator.run.observed import Name, Run, has_ended, read
from sluice_operator.run.ports import Parts, Ports
from sluice_operator.run.preparation import Preparation
from sluice_operator.run.pump import Pump
from sluice_operator.run.reconcile import End, lost
from sluice_operator.run.replies import Replies
from sluice_operator.run.runners import Runners
from sluice_operator.run.showing import Showing
from sluice_operator.run.solo import Solo
from sluice_operator.run.tasks import Tasks

log = logging.getLogger(__name__)

NO_SLOT_SECONDS = 0.1


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
        self._replies = Replies(self._deliver)
        self._children = Children(ports.objects, self._replies, self._tasks)
        self._solo = Solo(ports.pods, self._tasks, changed=self._refused, lose=self._lose)
        parts = Parts(
            ports=ports,
            book=self._book,
            runners=self._runners,
            showing=self._showing,
            solo=self._solo,
            gate=Gate(ports.objects.ended, self.flow_changed, self._tasks),
            tasks=self._tasks,
        )
        self._endings = Endings(parts, self._children, self._again, self.flow_changed)
        self._preparation = Preparation(parts, self._endings.end, self.flow_changed)
        self._adoption = Adoption(parts, self._preparation, lose=self._lose, again=self._again)
        self._pump = Pump(parts, self._endings.end)

    def start(self) -> None:
        """All undecided runs are found: ask the runners which they hold, and dispatch the rest."""
        self._pump.started = True
        for flow in self._book.flows():
            for run in self._book.of(flow):
                run.blocked_by = self._runners.holders(run)
            self.flow_changed(flow)

    async def close(self) -> None:
        """Let go of every runner; runs go on there."""
        self._pump.started = False
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
        self._preparation.begin(run)

    def run_gone(self, manifest: dict[str, Any]) -> None:
        """A run has left the undecided ones: it ended, or it was deleted."""
        uid = manifest["metadata"]["uid"]
        self._book.left(uid)
        run = self._book.get(uid)
        if run is not None and not run.ending:
            self._tasks.spawn(self._endings.look_again(run))

    def pod_found(self, pod: Pod) -> None:
        """A runner pod has an address. It is spoken to once a run needs it."""
        self.flow_changed(self._runners.found(pod))

    def pod_stands(self, flow: Name, only: str, words: str) -> None:
        """A pod for one attempt is there; `words` tell why it does not start, "" that it may."""
        self._solo.refusals.of_pod(only, words)
        for run in self._book.of(flow):
            if run.solo == only:
                self._solo.refusals.came(run)

    def job_refused(self, job: Name, words: str) -> None:
        """The pod of a Job, which may be of a run, cannot be made."""
        self._solo.refusals.of_job(job, words)

    def refusal(self, flow: Name) -> str:
        """Why a run of the workflow gets no pod of its own; empty where each does."""
        return self._solo.refusals.any_of(flow)

    def _refused(self, flow: Name) -> None:
        self.flow_changed(flow)
        self._ports.look(flow)

    def pod_gone(self, pod_uid: str, flow: Name, only: str = "", words: str = "") -> None:
        """The pod is over, in these words: what it worked on, or was for, goes on elsewhere."""
        self._runners.gone(pod_uid, flow)
        self._solo.refusals.of_pod(only, "")
        for run in self._book.of(flow):
            run.blocked_by.discard(pod_uid)
            if (run.pod == pod_uid and not run.ending) or (
                run.solo == only and self._solo.waits(run)
            ):
                self._lose(run, words)
        self.flow_changed(flow)

    def flow_changed(self, flow: Name) -> None:
        """Something that waiting runs of this workflow depend on may have changed."""
        self._pump.changed(flow)

    def pinned_versions(self, flow: Name) -> frozenset[int] | None:
        """The versions that undecided runs of a workflow hold on to; None before all are found."""
        if not self._pump.started:
            return None
        runs = self._book.of(flow)
        pinned = (run.pinned.version if run.pinned else run.named_version for run in runs)
        return frozenset(version for version in pinned if version)

    def wanting(self, flow: Name, standing: Standing) -> demand.Wanting:
        """The runs of a workflow that want its runner now."""
        return demand.wanting(self._book.of(flow), standing, self._ports.now())

    def keep(self, flow: Name, pods: int | None) -> None:
        """Give the runs of a workflow to so many pods alone; to all where it is None."""
        self._runners.retire(flow, pods)

    def spare(self, flow: Name) -> frozenset[str]:
        """The names of surplus pods that have no run."""
        return self._runners.spare(flow)

    def busy_pods(self, flow: Name) -> int:
        """How many pods have runs."""
        return self._runners.busy(flow)

    def has_children(self, parent: Name) -> bool:
        """Whether runs go on that a run of that name has made."""
        return self._children.has_any(parent)

    # -- what runners say

    def held(self, link: Link, holdings: wire.Holdings, *, rebooted: bool) -> None:
        """Adopt what the runner holds; what it should hold and does not was lost."""
        self._adoption.compare(link, holdings, rebooted=rebooted)
        self.flow_changed(Name(link.pod.namespace, link.pod.workflow))

    def happened(self, link: Link, event: wire.Event) -> None:
        """Fold the event into the run, once."""
        run = self._book.get(event.uid)
        if run is not None and run.ending and run.pod == link.pod.uid:
            return  # told before, and not stored yet: only then may the runner forget it
        if run is None or run.pod != link.pod.uid or event.attempt != run.attempt:
            if isinstance(event.what, wire.Finished | wire.Interrupted):
                self._let_go(link, event.uid, event.attempt, event.seq)
            return
        if event.seq > run.through:
            run.through = event.seq
            run.record.add(event)
            self._ports.saw(run, event.what)
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
                self._endings.finish(run, link)
            case wire.Interrupted():
                link.draining = True
                self._let_go(link, run.uid, run.attempt, run.through)
                self._next_attempt(run)
            case wire.Request():
                self._serve(run, link, what)
            case wire.Accepted():
                self._showing.soon(run)
            case wire.StepFinished(step=step):
                self._ports.step_ended(run, step)
                self._showing.later(run)
            case wire.StepStarted() | wire.Progress():
                self._showing.later(run)
            case _:
                pass

    def _serve(self, run: Run, link: Link, asked: wire.Request) -> None:
        if asked.kind == "ChildRun":
            self._children.asked(run, asked)
        elif (serve := self._ports.serves.get(asked.kind)) is not None:
            self._tasks.spawn(self._replies.serve(run, asked, serve))
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
                self._pump.after(NO_SLOT_SECONDS, run.workflow)
            case wire.ACKNOWLEDGED:
                run.attempt += 1
                self._again(run)
            case wire.DRAINING | wire.DEFINITION_UNKNOWN:
                self._again(run)
            case _:
                self._endings.end(
                    run, End("Failed", "RunnerRefused", f"the runner: {answer.message}")
                )

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

    def _lose(self, run: Run, words: str = "") -> None:
        """Its runner is gone, in the middle of it or before it took it."""
        run.losses += 1
        end = lost(run, self._ports.flow(run.workflow), words)
        if end is not None:
            self._endings.end(run, end)
            return
        how = words or (f"the runner {run.pod_name} is gone" if run.pod_name else "its pod is gone")
        has_begun = run.record.started is not None
        further = "after the last finished step" if has_begun else "with another pod"
        self._next_attempt(run)
        run.waiting_for = ("RunnerLost", f"{how}; going on {further}")
        self._showing.now(run, status.waiting(run, self._ports.now()))
