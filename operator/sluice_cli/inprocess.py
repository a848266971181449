"""Runs in this process: one from the command line, and those that its steps start."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from sluice_cli import actions, credentials, show
from sluice_core import events, validation, wire
from sluice_core.api.action import ActionSpec, WorkflowAction
from sluice_core.api.credential import CredentialSpec
from sluice_core.api.workflow import Workflow
from sluice_core.catalog import ActionType
from sluice_core.credentials import Credential
from sluice_core.definition import NO_ACTIONS, Definition
from sluice_core.finding import did_you_mean
from sluice_core.record import Record
from sluice_runner import engine
from sluice_runner.actions import ACTIONS
from sluice_runner.actions.action import StepFailed
from sluice_runner.engine import Renderer
from sluice_runner.execution import Outside
from sluice_runner.redaction import Redactor

Say = Callable[[str], None]


def job_of(
    workflow: Workflow,
    inputs: Mapping[str, JsonValue],
    own: Mapping[str, ActionSpec] = NO_ACTIONS,
    **fields: Any,
) -> engine.Job:
    """The first attempt of a run by hand; `own` are WorkflowActions, `fields` are a Job's."""
    name = workflow.metadata.name or "workflow"
    defaults: dict[str, Any] = {
        "uid": f"local-{time.time_ns():x}",
        "name": f"{name}-local",
        "trigger": {"type": "Manual"},
    }
    return engine.Job(
        namespace=workflow.metadata.namespace or "default",
        workflow=name,
        revision=1,
        definition=Definition.of(workflow.spec, own),
        inputs=inputs,
        **{**defaults, **fields},
    )


@dataclass(frozen=True, kw_only=True)
class File:
    """What a file holds, by name: manifests of workflows, its author's own actions, credentials."""

    workflows: Mapping[str, dict[str, Any]]
    actions: Mapping[str, WorkflowAction]
    credentials: Mapping[str, CredentialSpec]

    @cached_property
    def catalog(self) -> Mapping[str, ActionType]:
        """All actions that steps may name here."""
        return actions.catalogue(self.actions)

    @cached_property
    def specs(self) -> Mapping[str, ActionSpec]:
        """What runs of its own actions."""
        return {name: action.spec for name, action in self.actions.items()}


class Keeper:
    """Reads credentials from a folder, if one was named, and keeps their values out of sight."""

    def __init__(self, file: File, folder: Path | None) -> None:
        self.redactor = Redactor()
        self.read: Callable[[str], Credential] = credentials.not_given
        if folder is not None:
            self.read = credentials.of_folder(folder, file.credentials, self.redactor.learn)


class Runs:
    """Carries out workflows of one file."""

    def __init__(
        self,
        file: File,
        keeper: Keeper,
        renderer: Renderer,
        stack: AsyncExitStack,
        say: Say,
    ) -> None:
        self._file, self._keeper = file, keeper
        self._renderer, self._stack, self._say = renderer, stack, say
        self._background: set[asyncio.Task[None]] = set()

    async def carry_out(
        self, job: engine.Job, workflow: Workflow, record: Record, prefix: str = ""
    ) -> None:
        """Fill the record, and say each event as it comes; CancelledError when cancelled."""
        emit = _recorder(job, record, lambda line: self._say(prefix + line))
        emit(wire.Accepted())
        redactor = self._keeper.redactor
        outside = Outside(workflow.spec.egress.allow, private=True, stack=self._stack)
        tools = engine.Tools(
            renderer=self._renderer,
            actions=ACTIONS,
            emit=lambda what: emit(redactor.happening(what)),
            http=outside.http,
            guard=outside.guard,
            credential=self._keeper.read,
            ask=self._asking(job, prefix),
            documents=outside.documents,
        )
        await engine.execute(job, tools)

    def cancel(self) -> None:
        """Stop the runs that no step waits for."""
        for task in self._background:
            task.cancel()

    async def settle(self) -> None:
        """Wait for the runs that no step waits for."""
        while self._background:
            await asyncio.wait(self._background)

    def _asking(
        self, parent: engine.Job, prefix: str
    ) -> Callable[[str, wire.RequestKind, dict[str, JsonValue]], Awaitable[JsonValue]]:
        async def ask(step: str, kind: wire.RequestKind, body: dict[str, JsonValue]) -> JsonValue:
            if kind == "Allowance":  # plans are a matter of namespaces
                self._say(f"{prefix}{step}: sends; in a cluster the namespace's plan may limit it")
                return None
            if kind == "Publish":
                return self._publish(wire.Publish.model_validate(body), parent, prefix)
            if kind == "Notify":
                self._say(f"{prefix}{step}: {self._notice(body)}")
                return None
            if kind != "ChildRun":
                raise StepFailed("Permanent", "NeedsCluster", f"{kind} needs a cluster")
            asked = wire.ChildRun.model_validate(body)
            outcome = await self._child(asked, parent, prefix)
            return outcome.model_dump(by_alias=True)

        return ask

    def _notice(self, body: dict[str, JsonValue]) -> str:
        told = wire.Notify.model_validate(self._keeper.redactor.data(body))
        return ": ".join(part for part in (told.level, told.title, told.message) if part)

    async def _child(
        self, asked: wire.ChildRun, parent: engine.Job, prefix: str
    ) -> wire.ChildOutcome:
        workflow = self._find(asked.workflow)
        chain = (*parent.ancestors, parent.workflow)
        job = job_of(workflow, asked.inputs, self._file.specs, uid=asked.key, ancestors=chain)
        record = Record()
        work = self.carry_out(job, workflow, record, f"{prefix}{asked.workflow} ")
        if asked.wait:
            await work
        else:
            self._begin(work)
        return _outcome(job, record.ended)

    def _publish(self, asked: wire.Publish, parent: engine.Job, prefix: str) -> JsonValue:
        """The workflows of the file that wait for the event begin; the end waits for them."""
        hops = int(str(parent.trigger.get("hops", 0)))
        if hops >= events.MOST_HOPS:
            message = f"{events.MOST_HOPS} events led to this run, one from another"
            raise StepFailed("Permanent", "TooDeep", f"{message}: is it a loop?")
        event = {"id": asked.key, "source": parent.name, "type": asked.type, "data": asked.data}
        given, rest = events.brought(asked.data)
        runs: list[JsonValue] = []
        for workflow, trigger in self._answering(event):
            name = workflow.metadata.name or "workflow"
            told = events.run_trigger(trigger, event) | rest | {"hops": hops + 1}
            job = job_of(workflow, given, self._file.specs, trigger=told)
            self._begin(self.carry_out(job, workflow, Record(), f"{prefix}{name} "))
            runs.append({"workflow": name, "trigger": trigger, "run": job.name})
        return {"id": asked.key, "runs": runs, "refused": []}

    def _answering(self, event: Mapping[str, JsonValue]) -> Iterator[tuple[Workflow, str]]:
        match = events.Match(event)
        for name in self._file.workflows:
            workflow = self._find(name)
            for trigger in workflow.spec.triggers:
                wanted = trigger.event if trigger.enabled else None
                if wanted is not None and match.refusal(wanted) is None:
                    yield workflow, trigger.name

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _find(self, name: str) -> Workflow:
        manifest = self._file.workflows.get(name)
        if manifest is None:
            message = f"no workflow of this file is named '{name}', and others are in a cluster"
            hint = did_you_mean(name, self._file.workflows.keys())
            raise StepFailed("Permanent", "WorkflowNotFound", f"{message}; {hint}")
        workflow, report = validation.read(manifest, self._file.catalog)
        if workflow is None or report.errors:
            said = "; ".join(map(str, report.errors))
            raise StepFailed("Permanent", "ChildInvalid", f"workflow {name}: {said}")
        return workflow


def _outcome(job: engine.Job, end: wire.Finished | None) -> wire.ChildOutcome:
    if end is None:
        return wire.ChildOutcome(run=job.name, phase="Pending")
    return wire.ChildOutcome(
        run=job.name,
        phase=end.phase,
        output=end.output,
        truncated=end.truncated,
        message=end.message,
    )


def _recorder(job: engine.Job, record: Record, say: Say) -> Callable[[wire.Happening], None]:
    count = 0

    def emit(what: wire.Happening) -> None:
        nonlocal count
        count += 1
        now = time.time_ns() // 1_000_000
        record.add(wire.Event(id=count, seq=count, uid=job.uid, attempt=1, time=now, what=what))
        if line := show.line(what):
            say(line)

    return emit
