"""Child runs: made for a step of another run, which is told of their end; they end with it."""

from collections import defaultdict
from typing import Any, Protocol, TypeAlias

from pydantic import ValidationError

from sluice_core import conditions, lineage, names, record, wire
from sluice_operator.run import event_runs, prepare
from sluice_operator.run.objects import Refused
from sluice_operator.run.observed import Name, Run, has_ended
from sluice_operator.run.replies import Asked, Replies
from sluice_operator.run.tasks import Tasks

Manifest: TypeAlias = dict[str, Any]


class Objects(Protocol):
    """What is asked of the API server; see sluice_operator.run.objects."""

    async def read(self, name: Name) -> Manifest | None:
        """A run, or None when there is none."""

    async def has_workflow(self, flow: Name) -> bool:
        """Whether the workflow exists."""

    async def create(self, manifest: Manifest) -> Manifest:
        """The run as it is now made, or as it was before; raises Refused."""

    async def cancel(self, name: Name, uid: str) -> None:
        """Ask for a run's end, if it is still the one of that uid."""


class Children:
    """Knows which requests wait for which child, and which undecided runs have a parent.

    Nothing of it has to be kept: runners repeat requests to a new leader until they are answered,
    and equal requests find the child that they made.
    """

    def __init__(self, objects: Objects, replies: Replies, tasks: Tasks) -> None:
        self._objects, self._replies, self._tasks = objects, replies, tasks
        self._waiting: defaultdict[Name, list[Asked]] = defaultdict(list)
        self._of: defaultdict[Name, dict[str, Run]] = defaultdict(dict)

    def found(self, run: Run) -> None:
        """An undecided run."""
        if run.parent:
            self._of[_parent(run)][run.uid] = run

    def has_any(self, parent: Name) -> bool:
        """Whether a run of that name has children that go on."""
        return parent in self._of

    def asked(self, run: Run, request: wire.Request) -> None:
        """A step wants a child run."""
        self._tasks.spawn(self._serve(Asked.of(run, request), request.body))

    def ended(self, run: Run, made: Manifest) -> None:
        """The end of a run is stored: who waits for it is told, who it waits for is cancelled."""
        self._forget(run)
        for asked in self._waiting.pop(run.name, ()):
            self._tasks.spawn(self._reply(asked, _outcome(run.name.name, made)))
        self._let_go(run, everyone=made["phase"] == "Cancelled")

    def gone(self, run: Run) -> None:
        """A run was deleted."""
        self._forget(run)
        for asked in self._waiting.pop(run.name, ()):
            message = f"run {run.name.name} was deleted"
            self._tasks.spawn(self._replies.refuse(asked, "Deleted", message))

    def _forget(self, run: Run) -> None:
        if run.parent:
            siblings = self._of.get(_parent(run), {})
            siblings.pop(run.uid, None)
            if not siblings:
                self._of.pop(_parent(run), None)

    def _let_go(self, run: Run, *, everyone: bool) -> None:
        for child in list(self._of.get(run.name, {}).values()):
            waiting = self._waiting.get(child.name, [])
            mine = [one for one in waiting if one.run is run]
            if (mine or everyone) and not child.cancelled:
                self._tasks.spawn(self._objects.cancel(child.name, child.uid))
            if mine:
                self._waiting.pop(child.name)

    async def _serve(self, asked: Asked, body: Manifest) -> None:
        try:
            wanted = wire.ChildRun.model_validate(body)
        except ValidationError as error:
            await self._replies.refuse(asked, "InvalidRequest", str(error))
            return
        refusal = await self._refusal(asked.run, wanted.workflow)
        if refusal is not None:
            await self._replies.refuse(asked, *refusal)
            return
        await self._make(asked, wanted)

    async def _refusal(self, parent: Run, workflow: str) -> tuple[str, str] | None:
        if not parent.prepared:  # adopted a moment ago
            await prepare.prepare(parent, self._objects.read)
        circle = lineage.refusal(parent.ancestors, parent.workflow.name, workflow)
        if circle:
            return "TooDeep", circle
        if not await self._objects.has_workflow(Name(parent.name.namespace, workflow)):
            return "WorkflowNotFound", f"there is no Workflow {workflow} here"
        return None

    async def _make(self, asked: Asked, wanted: wire.ChildRun) -> None:
        manifest = make_child(asked.run, wanted)
        name = Name(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        if wanted.wait:  # before it exists, since it may end before its creation is answered
            self._waiting[name].append(asked)
        try:
            found = await self._objects.create(manifest)
        except Refused as error:
            self._stop_waiting(name, asked)
            await self._replies.refuse(asked, "Refused", str(error))
            return
        if not _is_child(found, asked.run):
            self._stop_waiting(name, asked)
            await self._replies.refuse(
                asked, "NameTaken", f"run {name.name} exists and is another's"
            )
        elif not wanted.wait:
            await self._reply(asked, _outcome(name.name, found.get("status", {})))
        elif has_ended(found) and self._stop_waiting(name, asked):
            await self._reply(asked, _outcome(name.name, found["status"]))

    def _stop_waiting(self, name: Name, asked: Asked) -> bool:
        """Whether it still waited."""
        waiting = self._waiting.get(name, [])
        if asked not in waiting:
            return False
        waiting.remove(asked)
        if not waiting:
            del self._waiting[name]
        return True

    async def _reply(self, asked: Asked, outcome: wire.ChildOutcome) -> None:
        await self._replies.give(asked, outcome.model_dump(mode="json", by_alias=True))


def make_child(parent: Run, wanted: wire.ChildRun) -> Manifest:
    """The one run that the parent makes for that key; once more after each retry of the parent."""
    key = (parent.uid, wanted.key, str(parent.retries))
    owner = {
        "apiVersion": names.API_VERSION,
        "kind": "WorkflowRun",
        "name": parent.name.name,
        "uid": parent.uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
    return {
        "apiVersion": names.API_VERSION,
        "kind": "WorkflowRun",
        "metadata": {
            "name": names.keyed_run(wanted.workflow, *key),
            "namespace": parent.name.namespace,
            "ownerReferences": [owner],
        },
        "spec": {
            "workflow": wanted.workflow,
            "inputs": dict(wanted.inputs),
            "priority": int(parent.spec.get("priority", 0)),
            "trigger": {"type": "Api", "source": parent.name.name} | event_runs.inherited(parent),
        },
    }


def _is_child(found: Manifest, parent: Run) -> bool:
    owners = found["metadata"].get("ownerReferences", ())
    return any(one["uid"] == parent.uid for one in owners)


def _parent(run: Run) -> Name:
    return Name(run.name.namespace, run.parent or "")


def _outcome(name: str, status: Manifest) -> wire.ChildOutcome:
    shown = conditions.find(status.get("conditions", ()), record.CONDITION)
    phase = status.get("phase", "Pending")
    return wire.ChildOutcome(
        run=name,
        phase="Running" if phase == "Retrying" else phase,
        output=status.get("output"),
        truncated=status.get("truncated", False),
        message=shown["message"] if shown is not None else "",
    )
