"""What is asked of a workflow's design: is it valid, how does it look, what may it use."""

from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from sluice_core import graph, layout, scopes
from sluice_core.api.workflow import Workflow
from sluice_core.catalog import aliases
from sluice_core.finding import Finding
from sluice_gateway import bodies, openapi, selection, workflow_view
from sluice_gateway.auth import CREATE_FLOW, GET_FLOW, LIST_FLOWS, UPDATE_FLOW
from sluice_gateway.desk import respond
from sluice_gateway.editor import Editor
from sluice_gateway.forms import node_view, nodes, recognised
from sluice_gateway.forms.made import Made
from sluice_gateway.making import answer_made, manifest_of
from sluice_gateway.objects import etag
from sluice_gateway.problems import Problem
from sluice_gateway.schemas.design import (
    Discovered,
    DuplicateForm,
    LayoutAnswer,
    ScopesAnswer,
    StatsAnswer,
    StatusForm,
    ValidationAnswer,
)
from sluice_gateway.schemas.form import NoForm
from sluice_gateway.schemas.parameters import WorkflowName
from sluice_gateway.schemas.workflows import WorkflowDetail, WorkflowDraft, WorkflowMade
from sluice_kube.resources import Key, Manifest

AppId = Annotated[str, Query(alias="appId", min_length=1, max_length=63)]


@dataclass(frozen=True)
class Design:
    """The endpoints about a workflow's definition."""

    editor: Editor
    domain: str

    async def validate(self, request: Request, workflow: WorkflowName) -> Response:
        """All that is wrong or odd, of the workflow as it is or of a body that would replace it."""
        caller, namespace = await self.editor.desk.admit(request, GET_FLOW, workflow)
        found = await self.editor.shown(caller, Key(namespace, workflow))
        form = await bodies.read(request, WorkflowDraft, self.editor.desk.limits)
        spec = found["spec"]
        if form.root:
            around = await self.editor.around(caller, namespace, form.root)
            spec = recognised.convert(form.root, around).spec
        verdict = await self.editor.judge.judge(spec, namespace, workflow)
        content = {
            "workflowId": workflow,
            "valid": not verdict.errors,
            "errors": [_finding(one) for one in verdict.errors],
            "warnings": [_finding(one) for one in verdict.warnings],
            "nodeCount": len(spec.get("steps", ())),
            "connectionCount": len(node_view.connections(spec)),
        }
        return respond(200, content)

    async def layout(self, request: Request, workflow: WorkflowName) -> Response:
        """Place all steps anew, from left to right."""
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        await bodies.read(request, NoForm, self.editor.desk.limits)
        moved = 0

        def edit(spec: dict[str, Any]) -> dict[str, Any]:
            nonlocal moved
            placed = _placed(spec)
            before = [step.get("position") for step in spec.get("steps", ())]
            moved = sum(a != b["position"] for a, b in zip(before, placed, strict=True))
            return spec | {"steps": placed}

        changed = await self.editor.edit(request, caller, Key(namespace, workflow), edit)
        content = {"workflowId": workflow, "changed": moved > 0, "nodesRepositioned": moved}
        return respond(200, content, headers={"ETag": etag(changed)})

    async def compute_scopes(self, request: Request, workflow: WorkflowName) -> Response:
        """What the workflow may use, computed from its spec; its status holds the same."""
        caller, namespace = await self.editor.desk.admit(request, GET_FLOW, workflow)
        await bodies.read(request, NoForm, self.editor.desk.limits)
        found = await self.editor.shown(caller, Key(namespace, workflow))
        shown = scopes.of(Workflow.parse(found).spec)
        return respond(200, {"workflowId": workflow, "scopes": shown})

    async def set_status(self, request: Request, workflow: WorkflowName) -> Response:
        """Set the state: draft, active, paused or archived."""
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        form = await bodies.read(request, StatusForm, self.editor.desk.limits)
        state = nodes.STATES[form.status]
        changed = await self.editor.edit(
            request, caller, Key(namespace, workflow), lambda spec: spec | {"state": state}
        )
        return respond(200, workflow_view.detail(changed), headers={"ETag": etag(changed)})

    async def duplicate(self, request: Request, workflow: WorkflowName) -> Response:
        """Make a copy of the workflow, as a draft and under another name."""
        caller, namespace = await self.editor.desk.admit(request, GET_FLOW, workflow)
        await self.editor.desk.gate.admit(caller, CREATE_FLOW, namespace)
        form = await bodies.read(request, DuplicateForm, self.editor.desk.limits)
        found = await self.editor.shown(caller, Key(namespace, workflow))
        title = form.name or f"{found['spec'].get('title') or workflow} (copy)"
        copy = {**found["spec"], "title": title[:250], "state": "Draft"}
        copy.pop("sharing", None)
        made = Made(form="Own", spec=copy)
        created = await self.editor.create_once(request, manifest_of(namespace, made, caller), made)
        return answer_made(created, made, [])

    async def stats(self, request: Request) -> Response:
        """How many workflows there are in each state."""
        caller, namespace = await self.editor.desk.admit(request, LIST_FLOWS)
        shown = [flow.summary for flow in self.editor.desk.visible(caller, namespace)]
        return respond(200, selection.counts(shown))

    async def discover(self, request: Request, app: AppId) -> Response:
        """The active workflows that are part of an app, and where they are triggered."""
        caller, namespace = await self.editor.desk.admit(request, LIST_FLOWS)
        found = [
            _endpoint(flow.summary, self.domain)
            for flow in self.editor.desk.visible(caller, namespace)
            if flow.standing.state == "Active" and flow.labels.get(workflow_view.PART_OF) == app
        ]
        return respond(200, found)

    def router(self) -> APIRouter:
        """Routes below a namespace. Those without a name go before those with one."""
        routes = APIRouter()
        reads = openapi.problems(*openapi.READS_BODY)
        changes = openapi.problems(*openapi.READS_BODY, 409, 412)
        secured = {"security": openapi.SECURITY}
        gets: tuple[tuple[str, Any, Any], ...] = (
            ("/workflows/stats", self.stats, StatsAnswer),
            ("/workflows/discover", self.discover, list[Discovered]),
        )
        for path, endpoint, model in gets:
            routes.add_api_route(
                path,
                endpoint,
                responses={200: openapi.answer(model, "What was found."), **openapi.problems(400)},
                response_class=Response,
                openapi_extra=secured,
            )
        posts: tuple[tuple[str, Any, Any, Any, Any], ...] = (
            ("validate", self.validate, WorkflowDraft, ValidationAnswer, reads),
            ("layout", self.layout, NoForm, LayoutAnswer, changes),
            ("compute-scopes", self.compute_scopes, NoForm, ScopesAnswer, reads),
        )
        for noun, endpoint, form, model, refusals in posts:
            routes.add_api_route(
                f"/workflows/{{workflow}}/{noun}",
                endpoint,
                methods=["POST"],
                responses={200: openapi.answer(model, "What was found."), **refusals},
                response_class=Response,
                openapi_extra=openapi.body(form, {}, required=False),
            )
        routes.add_api_route(
            "/workflows/{workflow}/status",
            self.set_status,
            methods=["PUT"],
            responses={200: openapi.answer(WorkflowDetail, "The workflow."), **changes},
            response_class=Response,
            openapi_extra=openapi.body(StatusForm, {"status": "active"}),
        )
        routes.add_api_route(
            "/workflows/{workflow}/duplicate",
            self.duplicate,
            methods=["POST"],
            status_code=201,
            responses={
                201: openapi.answer(WorkflowMade, "The copy."),
                **openapi.problems(*openapi.READS_BODY, 409),
            },
            response_class=Response,
            openapi_extra=openapi.body(DuplicateForm, {}, parameters=[openapi.IDEMPOTENCY_KEY]),
        )
        return routes


def _finding(finding: Finding) -> dict[str, Any]:
    """A type as `missing-config`, and the step that it is about."""
    shown = {"type": aliases.plain(finding.type), "path": finding.path, "message": str(finding)}
    return shown | ({"nodeId": finding.step} if finding.step else {})


def _placed(spec: Manifest) -> list[dict[str, Any]]:
    """The steps, each with a place; raises Problem 409 for a graph that has no order."""
    manifest = {"metadata": {"name": "x", "namespace": "x"}, "spec": spec}
    steps = [
        step.model_copy(update={"position": None}) for step in Workflow.parse(manifest).spec.steps
    ]
    order, _ = graph.read(steps)
    if order is None:
        raise Problem(409, "InvalidGraph", "the graph has no order: POST …/validate says why")
    places = layout.positions(steps, order)
    return [
        {**step, "position": dict(zip(("left", "top"), places[step["name"]], strict=True))}
        for step in spec.get("steps", ())
    ]


def _endpoint(summary: Any, domain: str) -> dict[str, Any]:
    name, namespace = summary["id"], summary["namespace"]
    host = f"workflow-{name}.{namespace}.svc.{domain}"
    kinds = cast("list[str]", summary["triggers"])
    return {
        "id": name,
        "name": summary["name"],
        "description": summary["description"],
        "trigger_type": kinds[0] if kinds else "manual",
        "mode": "production",
        "endpoints": {"proxy_url": f"http://{host}/trigger", "method": "POST"},
        "deployment": {"pod_name": f"workflow-{name}", "namespace": namespace},
    }
