"""Start runs: `…/run` by hand, `…/trigger` for programs, `/trigger` behind a workflow's Service."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from sluice_gateway import answers, bodies, definitions, hosts, idempotency, openapi
from sluice_gateway.auth import EXECUTE, TRIGGER, Caller, Right
from sluice_gateway.desk import Desk, own_namespace, respond
from sluice_gateway.flows import Flow
from sluice_gateway.idempotency import Claim
from sluice_gateway.problems import Problem
from sluice_gateway.runs import make_run
from sluice_gateway.schemas.form import Form
from sluice_gateway.schemas.parameters import WorkflowName
from sluice_gateway.schemas.triggers import RunAnswer, RunForm, TriggerAnswer, TriggerForm
from sluice_gateway.starting import Starter
from sluice_kube.resources import Key

_SOURCE = 253  # what a run's trigger.source takes
_EXAMPLE = {"trigger_type": "api", "inputs": {"day": "2026-11-23"}, "sync": True}
_PROBLEMS = openapi.problems(*openapi.READS_BODY, 409, 410, 429)


@dataclass(frozen=True)
class Triggers:
    """The endpoints that make runs."""

    desk: Desk
    starter: Starter
    domain: str

    async def trigger(self, request: Request, workflow: WorkflowName) -> Response:
        """Run the workflow, and with `sync` wait for its result.

        202 says that the run exists and goes on: its URL is in the header Location.
        """
        caller, namespace = await self.desk.admit(request, TRIGGER, workflow)
        return await self._trigger(request, caller, namespace, workflow)

    async def trigger_by_host(self, request: Request) -> Response:
        """The same inside the cluster: the host `workflow-{name}.{namespace}.svc` says which.

        The short name `workflow-{name}` means the namespace of the caller's ServiceAccount.
        """
        caller = await self.desk.gate.caller(request.headers)
        host = request.headers.get("host", "")
        meant = hosts.addressee(host, self.domain)
        if meant is None:
            detail = f'"{host}" is not the Service of a workflow; this path is for those alone'
            raise Problem(404, "NoSuchService", detail)
        namespace = meant.namespace or own_namespace(caller)
        await self.desk.gate.admit(caller, TRIGGER, namespace, meant.workflow)
        return await self._trigger(request, caller, namespace, meant.workflow)

    async def run(self, request: Request, workflow: WorkflowName) -> Response:
        """Run the workflow by hand. The answer does not wait for the result."""
        return await self._run(request, workflow, TRIGGER)

    async def execute(self, request: Request, workflow: WorkflowName) -> Response:
        """Run the workflow by hand, or with `definition` steps of the caller's in its place.

        Those use no action and no credential that the workflow does not use. A Draft may be
        executed so.
        """
        return await self._run(request, workflow, EXECUTE)

    async def _run(self, request: Request, workflow: str, right: Right) -> Response:
        caller, namespace = await self.desk.admit(request, right, workflow)
        flow = await self.desk.flow(caller, namespace, workflow)
        form = await bodies.read(request, RunForm, self.desk.limits)
        claim = _claim(request, caller, flow, form)
        trigger = {"type": "Manual", "source": caller.user.username[:_SOURCE]}
        run = make_run(flow, claim, trigger, form.inputs)
        if form.definition is not None:
            await self.desk.gate.admit(caller, EXECUTE, namespace, workflow)
            run["spec"]["definition"] = definitions.checked(form.definition)
        run["spec"] |= {"entities": form.entities} if form.entities else {}
        run["spec"] |= {"priority": form.priority} if form.priority else {}

        begun = await self.starter.create(flow, run, claim)

        key = Key.of(run)
        return respond(201, answers.queued(key, workflow), answers.url(key), begun.headers)

    async def _trigger(
        self, request: Request, caller: Caller, namespace: str, workflow: str
    ) -> Response:
        flow = await self.desk.flow(caller, namespace, workflow)
        form = await bodies.read(request, TriggerForm, self.desk.limits)
        claim = _claim(request, caller, flow, form)
        trigger = {"type": "Api", "source": form.trigger_type}
        run = make_run(flow, claim, trigger, form.inputs)
        if form.sync:
            return await self.starter.result(flow, run, claim, request)
        return await self.starter.accept(flow, run, claim)

    def router(self) -> APIRouter:
        """Routes below a namespace."""
        routes = APIRouter()
        routes.add_api_route(
            "/workflows/{workflow}/trigger", self.trigger, **_TRIGGER_ROUTE, name="trigger"
        )
        for name, endpoint in (("run", self.run), ("execute", self.execute)):
            routes.add_api_route(
                f"/workflows/{{workflow}}/{name}",
                endpoint,
                name=name,
                methods=["POST"],
                status_code=201,
                response_class=Response,
                responses={201: openapi.begun(RunAnswer, "The run exists."), **_PROBLEMS},
                openapi_extra=openapi.body(
                    RunForm,
                    {"inputs": {}, "entities": ["order-1", "order-2"]},
                    parameters=[openapi.IDEMPOTENCY_KEY],
                ),
            )
        return routes

    def in_cluster_router(self) -> APIRouter:
        """The route behind every workflow's Service."""
        routes = APIRouter()
        routes.add_api_route(
            "/trigger", self.trigger_by_host, **_TRIGGER_ROUTE, name="trigger in the cluster"
        )
        return routes


_TRIGGER_ROUTE: dict[str, Any] = {
    "methods": ["POST"],
    "response_class": Response,
    "responses": {
        200: openapi.begun(TriggerAnswer, "The run has ended, well or not."),
        202: openapi.begun(TriggerAnswer, "The run exists and goes on."),
        **_PROBLEMS,
    },
    "openapi_extra": openapi.body(TriggerForm, _EXAMPLE, parameters=[openapi.IDEMPOTENCY_KEY]),
}


def _claim(request: Request, caller: Caller, flow: Flow, form: Form) -> Claim:
    key = request.headers.get(idempotency.HEADER)
    scope = (flow.uid, type(form).__name__, caller.user.username)
    return idempotency.claim(flow.name, *scope, key=key, body=form.model_dump())
