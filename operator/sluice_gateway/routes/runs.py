"""See runs and cancel them."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from sluice_core.api import bounds
from sluice_core.api.run_status import Phase
from sluice_gateway import answers, bodies, openapi, paging
from sluice_gateway.auth import CANCEL_RUN, GET_RUN, LIST_RUNS, Caller
from sluice_gateway.desk import Desk, respond
from sluice_gateway.limits import PAGE_DEFAULT, PAGE_MAX
from sluice_gateway.refusals import is_visible, no_run
from sluice_gateway.runs import Runs
from sluice_gateway.schemas.form import NoForm
from sluice_gateway.schemas.parameters import RunName, WorkflowName
from sluice_gateway.schemas.runs import RunDetail, RunList
from sluice_kube.resources import Key, Manifest
from sluice_kube.scope import Scope

Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="The most runs to answer.")]
Offset = Annotated[int, Query(ge=0, le=PAGE_MAX, description="How many runs to leave out first.")]
Following = Annotated[
    str, Query(alias="continue", max_length=4096, description="From the page before.")
]
OfWorkflow = Annotated[
    str | None, Query(pattern=bounds.LABEL, max_length=50, description="Runs of this workflow.")
]
InPhase = Annotated[Phase | None, Query(description="Runs in this phase.")]


class _Wanted(NamedTuple):
    scope: Scope
    limit: int
    offset: int
    following: str


@dataclass(frozen=True)
class SeeRuns:
    """The endpoints about runs that exist."""

    desk: Desk
    runs: Runs

    async def list(
        self,
        request: Request,
        limit: Limit = PAGE_DEFAULT,
        offset: Offset = 0,
        following: Following = "",
        workflow: OfWorkflow = None,
        phase: InPhase = None,
    ) -> Response:
        """A page of the namespace's runs; the newest of the page come first."""
        caller, namespace = await self.desk.admit(request, LIST_RUNS)
        if workflow and self._is_hidden(caller, namespace, workflow):
            # Not even `continue` tells that there are runs.
            return respond(200, {"count": 0, "limit": limit, "offset": offset, "runs": []})
        wanted = _Wanted(_scope(namespace, workflow, phase), limit, offset, following)
        return await self._page(caller, wanted)

    async def list_of_workflow(
        self,
        request: Request,
        workflow: WorkflowName,
        limit: Limit = PAGE_DEFAULT,
        offset: Offset = 0,
        following: Following = "",
        phase: InPhase = None,
    ) -> Response:
        """A page of one workflow's runs."""
        caller, namespace = await self.desk.admit(request, LIST_RUNS)
        await self.desk.flow(caller, namespace, workflow)
        wanted = _Wanted(_scope(namespace, workflow, phase), limit, offset, following)
        return await self._page(caller, wanted)

    async def get(self, request: Request, run: RunName) -> Response:
        """One run, with its steps and output."""
        caller, namespace = await self.desk.admit(request, GET_RUN, run)
        found = await self.runs.get(Key(namespace, run))
        self.check_shown(caller, found)
        return respond(200, answers.detail(found))

    async def cancel(self, request: Request, run: RunName) -> Response:
        """Ask for the run's end. 202: it ends soon; asking twice is no error."""
        caller, namespace = await self.desk.admit(request, CANCEL_RUN, run)
        await bodies.read(request, NoForm, self.desk.limits)
        key = Key(namespace, run)
        found = await self.runs.get(key)
        self.check_shown(caller, found)
        cancelled = await self.runs.cancel(found)
        return respond(202, answers.detail(cancelled), answers.url(key))

    async def _page(self, caller: Caller, wanted: _Wanted) -> Response:
        shown, following = await paging.shown(
            lambda limit, after: self.runs.page(wanted.scope, limit, after),
            lambda run: self.is_shown(caller, run),
            wanted.limit + wanted.offset,
            wanted.following,
        )
        shown.sort(key=lambda run: run["metadata"]["creationTimestamp"], reverse=True)
        runs = [answers.summary(run) for run in shown[wanted.offset :]]
        content = {
            "count": len(runs),
            "limit": wanted.limit,
            "offset": wanted.offset,
            "runs": runs,
        }
        if following:
            content["continue"] = following
        return respond(200, content)

    def _is_hidden(self, caller: Caller, namespace: str, workflow: str) -> bool:
        flow = self.desk.flows.known(namespace, workflow)
        return flow is not None and not is_visible(flow, caller.user)

    def check_shown(self, caller: Caller, run: Manifest) -> None:
        """Raises Problem 404."""
        if not self.is_shown(caller, run):
            raise no_run(*Key.of(run))

    def is_shown(self, caller: Caller, run: Manifest) -> bool:
        """Whether this caller sees it: not when its workflow is hidden, or is gone and may be."""
        flow = self.desk.flows.known(run["metadata"]["namespace"], run["spec"]["workflow"])
        if flow is None:
            return "ownerReferences" not in run["metadata"]
        return is_visible(flow, caller.user)

    def router(self) -> APIRouter:
        """Routes below a namespace."""
        routes = APIRouter()
        page = {200: openapi.answer(RunList, "A page of runs."), **openapi.problems(400, 410)}
        detail = openapi.answer(RunDetail, "The run.")
        secured = {"security": openapi.SECURITY}
        routes.add_api_route(
            "/runs", self.list, responses=page, response_class=Response, openapi_extra=secured
        )
        routes.add_api_route(
            "/workflows/{workflow}/runs",
            self.list_of_workflow,
            responses=page,
            response_class=Response,
            openapi_extra=secured,
        )
        routes.add_api_route(
            "/runs/{run}",
            self.get,
            responses={200: detail, **openapi.problems(400)},
            response_class=Response,
            openapi_extra=secured,
        )
        routes.add_api_route(
            "/runs/{run}/cancel",
            self.cancel,
            methods=["POST"],
            status_code=202,
            responses={202: detail, **openapi.problems(*openapi.READS_BODY, 409)},
            response_class=Response,
            openapi_extra=openapi.body(NoForm, {}),
        )
        return routes


def _scope(namespace: str, workflow: str | None, phase: str | None) -> Scope:
    wanted = {"spec.workflow": workflow, "status.phase": phase}
    fields = ",".join(f"{path}={value}" for path, value in wanted.items() if value)
    return Scope(namespace, fields=fields)
