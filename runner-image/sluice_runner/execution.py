"""The engine as the server sees it: what an attempt needs, handed over as the engine's tools."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from sluice_core.definition import Definition
from sluice_runner import engine
from sluice_runner.actions import ACTIONS
from sluice_runner.actions.action import StepFailed
from sluice_runner.server.attempt import Attempt, Execute

if TYPE_CHECKING:  # a runner that calls nothing never imports httpx
    import httpx

Http = Callable[[str | None], "httpx.AsyncClient"]


def make_execute(
    renderer: engine.Renderer, http: Http, env: Mapping[str, str]
) -> Execute[Definition]:
    """`env` is what templates see under that name."""

    async def execute(attempt: Attempt[Definition]) -> None:
        job = engine.Job.of(attempt.request, attempt.definition)
        tools = engine.Tools(
            renderer=renderer, actions=ACTIONS, emit=attempt.emit, http=http, env=env
        )
        await engine.execute(job, tools)

    return execute


def make_http(allow: tuple[str, ...], *, private: bool, stack: AsyncExitStack) -> Http:
    """One guarded client for all steps, made with the first request and closed with the stack."""
    made: list[httpx.AsyncClient] = []

    def http(credential: str | None) -> "httpx.AsyncClient":
        if credential is not None:
            raise StepFailed("Permanent", "CredentialMissing", f"{credential} has no value here")
        if not made:
            from sluice_runner.egress.connect import Guard  # noqa: PLC0415
            from sluice_runner.egress.rules import Egress  # noqa: PLC0415
            from sluice_runner.egress.transport import client  # noqa: PLC0415

            made.append(client(Guard(Egress(allow, private))))
            stack.push_async_callback(made[0].aclose)
        return made[0]

    return http
