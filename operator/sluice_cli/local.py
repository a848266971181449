"""sluice run FILE --local: carry out a workflow here, without a cluster, with the same engine."""

import argparse
import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import JsonValue

from sluice_cli import lint, show
from sluice_cli.documents import STDIN, Document, Unreadable
from sluice_cli.given import read_inputs
from sluice_core import inputs, validation, wire
from sluice_core.api.workflow import Workflow
from sluice_core.definition import Definition
from sluice_core.record import Record
from sluice_runner import engine
from sluice_runner.actions import ACTIONS
from sluice_runner.execution import make_http
from sluice_runner.sandbox import Sandbox
from sluice_runner.templating.renderer import Renderer

EXIT = {"Succeeded": 0, "Failed": 1, "Cancelled": 130}
INVALID = 2
ENTITIES = 10_000
LOOK_AGAIN_SECONDS = 0.3

Emit = Callable[[wire.Happening], None]


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of this command."""
    parser = commands.add_parser("run", help="carry out a workflow", description=__doc__)
    parser.add_argument("file", metavar="FILE", help="YAML; - is the standard input")
    parser.add_argument("--local", action="store_true", required=True, help="here, in this process")
    parser.add_argument("--inputs", default="{}", metavar="JSON|@FILE", help="the run's inputs")
    parser.add_argument("--entities", default="", metavar="A,B", help="ids to run it once for each")
    parser.add_argument("--name", help="which workflow, where the file holds several")
    parser.add_argument("--watch", action="store_true", help="again whenever the file changes")
    parser.add_argument("-o", "--output", choices=["table", "json", "yaml"], default="table")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> int:
    given = read_inputs(options.inputs)
    if not options.watch:
        return _once(options, given)
    if options.file == STDIN:
        raise Unreadable("--watch needs a file")
    while True:
        seen = _changed(options.file)
        try:
            _once(options, given)
        except Unreadable as error:  # in the middle of being written, perhaps
            print(f"error: {error}", file=sys.stderr)
        while _changed(options.file) == seen:
            time.sleep(LOOK_AGAIN_SECONDS)


def _once(options: argparse.Namespace, given: dict[str, JsonValue]) -> int:
    document = _chosen(options)
    errors = [one for one in lint.placed(document) if one.severity == "error"]
    for error in errors:
        print(error, file=sys.stderr)
    workflow, _ = validation.read(document.manifest)
    if errors or workflow is None:
        return INVALID
    findings = inputs.check(workflow.spec.inputs, given)
    for finding in findings:
        print(f"error: {finding}", file=sys.stderr)
    if findings:
        return INVALID
    job = _job(workflow, given, options.entities)
    record = asyncio.run(_carry_out(job, workflow, options.output == "table"))
    made = show.run(job, record, datetime.now(UTC))
    print(_FORMATS[options.output](made))
    return EXIT[str(made["status"]["phase"])]


def _chosen(options: argparse.Namespace) -> Document:
    found = lint.workflows(options.file)
    if options.name:
        found = [one for one in found if _name(one.manifest) == options.name]
    if len(found) != 1:
        names = ", ".join(_name(one.manifest) for one in lint.workflows(options.file))
        raise Unreadable(f"{options.file}: choose one workflow with --name: {names}")
    return found[0]


def _name(manifest: dict[str, Any]) -> str:
    metadata = manifest.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _job(workflow: Workflow, given: dict[str, JsonValue], entities: str) -> engine.Job:
    name = workflow.metadata.name or "workflow"
    named = tuple(entity.strip() for entity in entities.split(",") if entity.strip())
    if len(named) > ENTITIES:
        raise Unreadable(f"--entities: {len(named)}; at most {ENTITIES} are allowed")
    return engine.Job(
        uid=f"local-{time.time_ns():x}",
        name=f"{name}-local",
        namespace=workflow.metadata.namespace or "default",
        workflow=name,
        revision=1,
        definition=Definition.of(workflow.spec),
        inputs=given,
        entities=named,
        trigger={"type": "Manual"},
    )


async def _carry_out(job: engine.Job, workflow: Workflow, tell: bool) -> Record:
    """A run that is interrupted is cancelled, and its record says so."""
    record = Record()
    emit = _recorder(job, record, tell)
    async with AsyncExitStack() as stack:
        sandbox = Sandbox(await stack.enter_async_context(Renderer()))
        await sandbox.render("{{ 1 }}", {}, "")  # or its start would count as the first step's
        emit(wire.Accepted())
        tools = engine.Tools(
            renderer=sandbox,
            actions=ACTIONS,
            emit=emit,
            http=make_http(workflow.spec.egress.allow, private=True, stack=stack),
        )
        task = asyncio.create_task(engine.execute(job, tools))
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()
    return record


def _recorder(job: engine.Job, record: Record, tell: bool) -> Emit:
    count = 0

    def emit(what: wire.Happening) -> None:
        nonlocal count
        count += 1
        now = time.time_ns() // 1_000_000
        record.add(wire.Event(id=count, seq=count, uid=job.uid, attempt=1, time=now, what=what))
        line = show.line(what)
        if tell and line:
            print(line, flush=True)

    return emit


def _changed(file: str) -> int:
    try:
        return Path(file).stat().st_mtime_ns
    except OSError:
        return 0


_FORMATS: dict[str, Callable[[dict[str, Any]], str]] = {
    "table": show.summary,
    "json": lambda made: json.dumps(made, indent=2, ensure_ascii=False),
    "yaml": lambda made: yaml.safe_dump(made, sort_keys=False, allow_unicode=True).rstrip(),
}
