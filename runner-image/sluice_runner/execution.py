"""The engine as the server sees it: what an attempt needs, handed over as the engine's tools."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from pydantic import JsonValue

from sluice_core.credentials import Credential
from sluice_core.definition import Definition
from sluice_core.wire import RequestKind
from sluice_runner import engine
from sluice_runner.actions import ACTIONS
from sluice_runner.actions.action import StepFailed
from sluice_runner.redaction import Redactor
from sluice_runner.server.attempt import Attempt, Execute

if TYPE_CHECKING:  # a runner that calls nothing never imports httpx
    import httpx

    from sluice_runner.documents.reader import Documents
    from sluice_runner.egress.connect import Guard

Credentials = Callable[[str], Credential]


def make_execute(
    renderer_of: Callable[[str], engine.Renderer],
    outside: "Outside",
    credentials: Credentials,
    env: Mapping[str, str],
    redactor: Redactor,
) -> Execute[Definition]:
    """`env` is what templates see under that name; nothing is told that `redactor` has not seen."""

    async def execute(attempt: Attempt[Definition]) -> None:
        job = engine.Job.of(attempt.request, attempt.definition)
        tools = engine.Tools(
            renderer=renderer_of(job.uid),
            actions=ACTIONS,
            emit=lambda what: attempt.emit(redactor.happening(what)),
            http=outside.http,
            guard=outside.guard,
            credential=credentials,
            ask=_asking(attempt, redactor),
            documents=outside.documents,
            env=env,
        )
        await engine.execute(job, tools)

    return execute


def _asking(
    attempt: Attempt[Definition], redactor: Redactor
) -> Callable[[str, RequestKind, dict[str, JsonValue]], Awaitable[JsonValue]]:
    async def ask(step: str, kind: RequestKind, body: dict[str, JsonValue]) -> JsonValue:
        reply = await attempt.ask(step, kind, redactor.data(body))
        if not reply.ok:
            raise StepFailed(reply.failure, reply.reason, reply.message)
        return reply.value

    return ask


class Outside:
    """One guard, one client over it, and one reader of documents, for all steps; each is made when
    it is asked for, and closed with `stack`.

    `allow` and `private` are what sluice_runner.egress.rules.Egress has.
    """

    def __init__(self, allow: tuple[str, ...], *, private: bool, stack: AsyncExitStack) -> None:
        self._allow, self._private, self._stack = allow, private, stack
        self._guard: Guard | None = None
        self._http: httpx.AsyncClient | None = None
        self._documents: Documents | None = None

    def guard(self) -> "Guard":
        """What opens a step's connections."""
        if self._guard is None:
            from sluice_runner.egress.connect import Guard  # noqa: PLC0415
            from sluice_runner.egress.rules import Egress  # noqa: PLC0415

            self._guard = Guard(Egress(self._allow, self._private))
            self._stack.push_async_callback(self._guard.kept.aclose)
        return self._guard

    def http(self) -> "httpx.AsyncClient":
        """What sends a step's requests."""
        if self._http is None:
            from sluice_runner.egress.transport import client  # noqa: PLC0415

            self._http = client(self.guard(), self.guard().trust())
            self._stack.push_async_callback(self._http.aclose)
        return self._http

    def documents(self) -> "Documents":
        """What reads documents."""
        if self._documents is None:
            from sluice_runner.documents.reader import Documents  # noqa: PLC0415

            self._documents = Documents()
            self._stack.callback(self._documents.end)
        return self._documents
