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

from sluice_cli import actions, credentials, lint, show
from sluice_cli.documents import STDIN, Document, Unreadable, read
from sluice_cli.given import read_inputs
from sluice_cli.inprocess import File, Keeper, Runs, job_of
from sluice_core import inputs, validation
from sluice_core.api.workflow import Workflow
from sluice_core.record import Record
from sluice_runner import engine
from sluice_runner.templating.renderer import Renderer

EXIT = {"Succeeded": 0, "Failed": 1, "Cancelled": 130}
INVALID = 2
ENTITIES = 10_000
LOOK_AGAIN_SECONDS = 0.3
_LIMITS = "A workflow that workflow.run names is looked for in the same file."


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of this command."""
    parser = commands.add_parser(
        "run", help="carry out a workflow", description=__doc__, epilog=_LIMITS
    )
    parser.add_argument("file", metavar="FILE", help="YAML; - is the standard input")
    parser.add_argument("--local", action="store_true", required=True, help="here, in this process")
    parser.add_argument("--inputs", default="{}", metavar="JSON|@FILE", help="the run's inputs")
    parser.add_argument("--entities", default="", metavar="A,B", help="ids to run it once for each")
    parser.add_argument("--name", help="which workflow, where the file holds several")
    parser.add_argument(
        "--credentials",
        type=Path,
        metavar="DIR",
        help="values of credentials, as DIR/<credential>/<field>; what type they are of is said by "
        "the WorkflowCredentials in FILE",
    )
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
    everything = read(options.file)
    documents = lint.workflows(options.file, everything)
    document = _chosen(documents, options)
    file = File(
        workflows={_name(one.manifest): one.manifest for one in documents},
        actions=actions.own(everything),
        credentials=credentials.specs(everything),
    )
    placed = lint.placed(document, file.catalog, file.credentials)
    errors = [one for one in placed if one.severity == "error"]
    for error in errors:
        print(error, file=sys.stderr)
    workflow, _ = validation.read(document.manifest, file.catalog)
    if errors or workflow is None:
        return INVALID
    problems = [str(one) for one in inputs.check(workflow.spec.inputs, given)]
    if (folder := options.credentials) is not None:
        problems += credentials.problems(folder, file.credentials, workflow.spec, file.catalog)
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if problems:
        return INVALID
    job = job_of(workflow, given, file.specs, entities=_entities(options.entities))
    keeper = Keeper(file, options.credentials)
    record = asyncio.run(_carry_out(job, workflow, file, keeper, options.output == "table"))
    made = show.run(job, record, datetime.now(UTC))
    print(_FORMATS[options.output](made))
    return EXIT[str(made["status"]["phase"])]


def _chosen(documents: list[Document], options: argparse.Namespace) -> Document:
    found = [one for one in documents if options.name in (None, _name(one.manifest))]
    if len(found) != 1:
        names = ", ".join(_name(one.manifest) for one in documents)
        raise Unreadable(f"{options.file}: choose one workflow with --name: {names}")
    return found[0]


def _name(manifest: dict[str, Any]) -> str:
    metadata = manifest.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _entities(text: str) -> tuple[str, ...]:
    named = tuple(entity.strip() for entity in text.split(",") if entity.strip())
    if len(named) > ENTITIES:
        raise Unreadable(f"--entities: {len(named)}; at most {ENTITIES} are allowed")
    return named


async def _carry_out(
    job: engine.Job, workflow: Workflow, file: File, keeper: Keeper, tell: bool
) -> Record:
    """A run that is interrupted is cancelled, and its record says so."""
    record = Record()
    async with AsyncExitStack() as stack:
        renderer = await stack.enter_async_context(Renderer())
        await renderer.render("{{ 1 }}", {})  # or its start would count as the first step's
        runs = Runs(file, keeper, renderer, stack, _say if tell else _say_nothing)
        task = asyncio.create_task(runs.carry_out(job, workflow, record))

        def stop() -> None:
            task.cancel()
            runs.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        await asyncio.wait({task})
        await runs.settle()
        if not task.cancelled():
            task.result()
    return record


def _say(line: str) -> None:
    print(line, flush=True)


def _say_nothing(_: str) -> None:
    """For programs, which want the run alone."""


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
