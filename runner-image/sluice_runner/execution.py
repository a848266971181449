"""The engine as the server sees it: what an attempt needs, handed over as the engine's tools."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from pydantic import JsonValue

from sluice_core.definition import Definition
from sluice_core.wire import RequestKind
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
            renderer=renderer,
            actions=ACTIONS,
            emit=attempt.emit,
            http=http,
            ask=_asking(attempt),
            env=env,
        )
        await engine.execute(job, tools)

    return execute


def _asking(
    attempt: Attempt[Definition],
) -> Callable[[str, RequestKind, dict[str, JsonValue]], Awaitable[JsonValue]]:
    async def ask(step: str, kind: RequestKind, body: dict[str, JsonValue]) -> JsonValue:
        reply = await attempt.ask(step, kind, body)
        if not reply.ok:
            raise StepFailed(reply.failure, reply.reason, reply.message)
        return reply.value

    return ask


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
