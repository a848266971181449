"""The business catalogue of examples/business, carried out against a server on loopback."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import yaml

from sluice_cli import actions
from sluice_cli.inprocess import job_of
from sluice_core import validation, wire
from sluice_core.credentials import Credential, HttpBearer
from sluice_runner import engine
from sluice_runner.actions import ACTIONS
from sluice_runner.egress.transport import client
from sluice_runner.templating.renderer import Renderer
from testkit.contexts import nobody
from testkit.https_server import Server
from testkit.services import authority

FOLDER = Path(__file__).parents[2] / "examples" / "business"
ENDPOINT = "https://business.example.com/api"
BEARER = HttpBearer(token="t0ken-of-ours")


def catalogue(server: Server) -> dict[str, Any]:
    """The WorkflowActions by name, with the server as their endpoint."""
    texts = (path.read_text() for path in sorted((FOLDER / "actions").iterdir()))
    manifests = (yaml.safe_load(text.replace(ENDPOINT, server.url(""))) for text in texts)
    return dict(actions.of_manifests(manifests))


async def play(
    server: Server, spec: dict[str, Any], credentials: dict[str, Credential] | None = None
) -> tuple[wire.Finished, dict[str, wire.StepFinished]]:
    """How a run of a workflow ends, and its steps."""
    own = catalogue(server)
    manifest = {"metadata": {"name": "w"}, "spec": spec}
    workflow, report = validation.read(manifest, actions.catalogue(own))
    assert workflow is not None
    assert not report.errors, report.errors
    known = credentials or {"business": BEARER}
    events: list[wire.Happening] = []
    async with AsyncExitStack() as stack:
        renderer = await stack.enter_async_context(Renderer(1, 1))
        guard = authority.a_guard()
        stack.push_async_callback(guard.kept.aclose)
        http = await stack.enter_async_context(client(guard, server.trust))
        tools = engine.Tools(
            renderer=renderer,
            actions=ACTIONS,
            emit=events.append,
            http=lambda: http,
            guard=lambda: guard,
            documents=nobody,
            credential=known.__getitem__,
            ask=_grant,
        )
        job = job_of(workflow, {}, {name: one.spec for name, one in own.items()})
        await engine.execute(job, tools)
    [end] = [one for one in events if isinstance(one, wire.Finished)]
    return end, {one.step: one for one in events if isinstance(one, wire.StepFinished)}


async def _grant(_: str, kind: wire.RequestKind, __: dict[str, Any]) -> None:
    assert kind == "Allowance", "nothing else is asked of the operator"
