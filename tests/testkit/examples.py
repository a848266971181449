"""Play an example of examples/actions/ through the engine, in this process."""

import json
import re
import shlex
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

import httpx
import yaml
from pydantic import JsonValue

from sluice_cli.inprocess import job_of
from sluice_core import validation, wire
from sluice_core.credentials import Credential
from sluice_runner import engine
from sluice_runner.actions import ACTIONS
from sluice_runner.egress.connect import Guard
from sluice_runner.templating.renderer import Renderer

FOLDER = Path(__file__).parents[2] / "examples" / "actions"


def text_of(action: str) -> str:
    return (FOLDER / f"{action}.yaml").read_text()


def words_of(text: str) -> list[str]:
    """The words of the command in the comment, after `sluice`."""
    [line] = re.findall(r"^#   sluice (.*)$", text, re.MULTILINE)
    return shlex.split(line)


def given_by(text: str) -> JsonValue:
    """What the comment says that the workflow gives."""
    [line] = re.findall(r"^#   gives: (.*)$", text, re.MULTILINE)
    given: JsonValue = json.loads(line)
    return given


def _no_documents() -> NoReturn:
    raise AssertionError("no documents are read here")


async def play(
    text: str,
    http: httpx.AsyncClient,
    credential: Credential,
    ask: Callable[[str, wire.RequestKind, dict[str, JsonValue]], Awaitable[JsonValue]],
    guard: Guard | None = None,
) -> wire.Finished:
    """How a run ends with the inputs of the comment; every credential is this one."""
    workflow, report = validation.read(yaml.safe_load(text))
    assert workflow is not None
    assert not report.errors
    words = words_of(text)
    inputs = json.loads(words[words.index("--inputs") + 1]) if "--inputs" in words else {}
    ends: list[wire.Finished] = []

    def emit(what: wire.Happening) -> None:
        if isinstance(what, wire.Finished):
            ends.append(what)

    def the_guard() -> Guard:
        assert guard is not None, "nothing but HTTP is spoken here"
        return guard

    async with Renderer() as renderer:
        tools = engine.Tools(
            renderer=renderer,
            actions=ACTIONS,
            emit=emit,
            http=lambda: http,
            guard=the_guard,
            documents=_no_documents,
            credential=lambda _: credential,
            ask=ask,
        )
        await engine.execute(job_of(workflow, inputs, {}), tools)
    [end] = ends
    return end
