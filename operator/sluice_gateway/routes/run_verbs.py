"""What is done about runs: see those that wait, their logs and changes, try again, clear."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from sluice_gateway import answers, bodies, idempotency, openapi, run_events, run_log
from sluice_gateway.auth import CANCEL_RUN, GET_RUN, LIST_RUNS, TRIGGER
from sluice_gateway.desk import respond
from sluice_gateway.problems import Problem
from sluice_gateway.routes.runs import SeeRuns
from sluice_gateway.runs import make_run
from sluice_gateway.schemas.form import NoForm
from sluice_gateway.schemas.parameters import RunName, WorkflowName
from sluice_gateway.schemas.runs import ClearedAnswer, LogAnswer, RunDetail, RunList
from sluice_gateway.schemas.triggers import RunAnswer
from sluice_gateway.starting import Starter
from sluice_gateway.waiting import has_ended
from sluice_kube.resources import Key, Manifest
from sluice_kube.scope import Scope

MOST = 500
GOING = ",".join(f"status.phase!={phase}" for phase in ("Succeeded", "Failed", "Cancelled"))

_STREAM: dict[str, Any] = {
    # No type: to some readers of OpenAPI 3.1 the schema is of the text, to others of each event.
    "content": {"text/event-stream": {"schema": {"description": "Server-sent events."}}},
    "description": "Events status, and at last end, with a RunChange as their data; or deleted, "
    "with executionId alone.",
}


@dataclass(frozen=True)
class RunVerbs:
    """The endpoints that need more than a run's object."""

    see: SeeRuns
    starter: Starter
    session: run_events.Api

    async def pending(self, request: Request) -> Response:
        """The runs of the namespace that have not ended, at most 500."""
        caller, namespace = await self.see.desk.admit(request, LIST_RUNS)
        page = await self.see.runs.page(Scope(namespace, fields=GOING), MOST, "")
        shown = [answers.summary(run) for run in page.items if self.see.is_shown(caller, run)]
        return respond(200, {"count": len(shown), "limit": MOST, "offset": 0, "runs": shown})

    async def logs(self, request: Request, run: RunName) -> Response:
        """How each step went: when, what it gave, and why it failed."""
        found = await self._shown(request, run)
        entries = list(run_log.entries(found))
        content = {"executionId": run, "count": len(entries), "logs": entries}
        return respond(200, content)

    async def events(self, request: Request, run: RunName) -> Response:
        """The run's changes as server-sent events, the last of which is `end` or `deleted`."""
        found = await self._shown(request, run)
        stream = run_events.changes(self.session, Key.of(found))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def retry(self, request: Request, run: RunName) -> Response:
        """Make a run that goes on from the failed step of this one, with the same inputs."""
        caller, namespace = await self.see.desk.admit(request, GET_RUN, run)
        await bodies.read(request, NoForm, self.see.desk.limits)
        found = await self.see.runs.get(Key(namespace, run))
        self.see.check_shown(caller, found)
        workflow = found["spec"]["workflow"]
        await self.see.desk.gate.admit(caller, TRIGGER, namespace, workflow)
        phase = found.get("status", {}).get("phase")
        if phase not in ("Failed", "Cancelled"):
            detail = f'the run "{run}" is {phase or "Pending"}: only one that failed is tried again'
            raise Problem(409, "NotFailed", detail)
        flow = await self.see.desk.flow(caller, namespace, workflow)
        key = request.headers.get(idempotency.HEADER)
        scope = (flow.uid, "retry", caller.user.username)
        claim = idempotency.claim(flow.name, *scope, key=key, body={"run": run})
        trigger = {"type": "Manual", "source": caller.user.username[:253]}
        again = make_run(flow, claim, trigger, found["spec"].get("inputs", {}))
        again["spec"] |= _resumed(found)
        begun = await self.starter.create(flow, again, claim)
        made = Key.of(again)
        return respond(201, answers.queued(made, workflow), answers.url(made), begun.headers)

    async def clear(self, request: Request) -> Response:
        """Cancel every run of the namespace that has not ended."""
        caller, namespace = await self.see.desk.admit(request, CANCEL_RUN)
        await bodies.read(request, NoForm, self.see.desk.limits)
        page = await self.see.runs.page(Scope(namespace, fields=GOING), MOST, "")
        cancelled = 0
        for run in page.items:
            if self.see.is_shown(caller, run) and await self._cancelled(run):
                cancelled += 1
        return respond(200, {"cancelled": cancelled, "more": bool(page.following)})

    async def of_workflow(self, request: Request, workflow: WorkflowName, run: RunName) -> Response:
        """One run of a workflow."""
        found = await self._shown(request, run)
        if found["spec"]["workflow"] != workflow:
            raise Problem(404, "RunNotFound", f'the workflow "{workflow}" has no run "{run}"')
        return respond(200, answers.detail(found))

    async def _shown(self, request: Request, run: str) -> Manifest:
        caller, namespace = await self.see.desk.admit(request, GET_RUN, run)
        found = await self.see.runs.get(Key(namespace, run))
        self.see.check_shown(caller, found)
        return found

    async def _cancelled(self, run: Manifest) -> bool:
        """Whether it was; one that has just ended needs nothing."""
        try:
            await self.see.runs.cancel(run)
        except Problem as problem:
            if problem.status in (404, 409):
                return False
            raise
        return True

    def router(self) -> APIRouter:
        """Routes below a namespace. Those without a name go before those with one."""
        routes = APIRouter()
        reads, secured = openapi.problems(400), {"security": openapi.SECURITY}
        changes = openapi.problems(*openapi.READS_BODY, 409)
        run = openapi.answer(RunDetail, "The run.")
        gets: tuple[tuple[str, Any, Any], ...] = (
            ("/runs/pending", self.pending, openapi.answer(RunList, "Those that go on.")),
            ("/runs/{run}/logs", self.logs, openapi.answer(LogAnswer, "The steps.")),
            ("/workflows/{workflow}/runs/{run}", self.of_workflow, run),
            ("/workflows/{workflow}/executions/{run}", self.of_workflow, run),
        )
        for path, endpoint, answer in gets:
            routes.add_api_route(
                path,
                endpoint,
                responses={200: answer, **reads},
                response_class=Response,
                openapi_extra=secured,
                name=path.rpartition("/")[2]
                if "pending" in path
                else f"{endpoint.__name__} {path}",
            )
        routes.add_api_route(
            "/runs/{run}/events",
            self.events,
            responses={200: _STREAM, **reads},
            response_class=StreamingResponse,
            openapi_extra=secured,
            name="run events",
        )
        routes.add_api_route(
            "/runs/clear",
            self.clear,
            methods=["POST"],
            responses={200: openapi.answer(ClearedAnswer, "How many."), **changes},
            response_class=Response,
            openapi_extra=openapi.body(NoForm, {}),
        )
        routes.add_api_route(
            "/runs/{run}/retry",
            self.retry,
            methods=["POST"],
            status_code=201,
            responses={201: openapi.begun(RunAnswer, "The run exists."), **changes},
            response_class=Response,
            openapi_extra=openapi.body(NoForm, {}, parameters=[openapi.IDEMPOTENCY_KEY]),
        )
        return routes


def _resumed(run: Manifest) -> Mapping[str, Any]:
    """What the run that goes on has of the one before: its version, entities and finished steps."""
    assert has_ended(run)  # noqa: S101 - the caller has looked
    spec, status = run["spec"], run["status"]
    kept = {name: spec[name] for name in ("entities", "definition") if name in spec}
    if "revision" in status and "definition" not in spec:
        kept["revision"] = status["revision"]
    return kept | {"resumeFrom": run["metadata"]["name"]}
