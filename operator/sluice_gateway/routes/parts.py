"""The graph piece by piece: steps (also called nodes) and the connections between them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from sluice_gateway import bodies, openapi
from sluice_gateway.auth import GET_FLOW, UPDATE_FLOW
from sluice_gateway.desk import respond
from sluice_gateway.editor import Editor
from sluice_gateway.forms import connections, editing, node_view, step_bodies
from sluice_gateway.forms.made import Remark
from sluice_gateway.forms.reading import Fields
from sluice_gateway.objects import etag
from sluice_gateway.problems import not_valid
from sluice_gateway.schemas.parameters import WorkflowName
from sluice_gateway.schemas.parts import (
    ConnectionAnswer,
    ConnectionForm,
    ConnectionGone,
    MappingsAnswer,
    MappingsForm,
    NodeAnswer,
    NodeGone,
    NodeList,
    PassthroughAnswer,
    PassthroughForm,
    StepEdit,
    StepForm,
)
from sluice_kube.resources import Key, Manifest

StepName = Annotated[str, Path(pattern="^[A-Za-z_][A-Za-z0-9_-]*$", max_length=63)]
ConnectionName = Annotated[str, Path(pattern="^conn-[0-9a-f]{12}$")]
Steps = list[dict[str, Any]]
NODE = {"nodeId": "log", "label": "Say hello", "config": {"message": "hello"}}
STEPS: dict[str, dict[str, Any]] = {
    "own": {"name": "greet", "action": "log", "with": {"message": "hello"}},
    "node": NODE,
    "numbered": {
        "StepOrder": 1,
        "ActionType": 3,
        "ActionConfig": '{"Url": "https://example.com/orders"}',
        "OutputTemplate": "{{ order.number }}",
    },
}
CONNECTION = {"sourceNodeId": "orders", "targetNodeId": "load"}


@dataclass(frozen=True)
class Parts:
    """The endpoints about parts of the graph."""

    editor: Editor

    async def see_all(self, request: Request, workflow: WorkflowName) -> Response:
        """The steps, with how many connections lead to and from each."""
        caller, namespace = await self.editor.desk.admit(request, GET_FLOW, workflow)
        found = await self.editor.shown(caller, Key(namespace, workflow))
        shown = list(node_view.summaries(found["spec"]))
        content = {"workflowId": workflow, "count": len(shown), "nodes": shown}
        return _versioned(200, content, found)

    async def get(self, request: Request, workflow: WorkflowName, step: StepName) -> Response:
        """One step."""
        caller, namespace = await self.editor.desk.admit(request, GET_FLOW, workflow)
        found = await self.editor.shown(caller, Key(namespace, workflow))
        return self._answer(200, workflow, found, step, [])

    async def add(self, request: Request, workflow: WorkflowName) -> Response:
        """Add a step: as a node, as a numbered step with a template, or in our own form."""
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        form = await bodies.read(request, StepForm, self.editor.desk.limits)
        around = await self.editor.around(caller, namespace, form.root)
        added, remarks = "", list[Remark]()

        def edit(steps: Steps) -> Steps:
            nonlocal added
            remarks.clear()
            made, place = step_bodies.read(form.root, around, steps, remarks)
            added = made["name"]
            return step_bodies.inserted(steps, made, place)

        changed = await self._edit(request, caller, Key(namespace, workflow), edit)
        return self._answer(201, workflow, changed, added, remarks)

    async def put(self, request: Request, workflow: WorkflowName, step: StepName) -> Response:
        """Change a step: what the body names is merged into it; in our own form it is replaced."""
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        form = await bodies.read(request, StepEdit, self.editor.desk.limits)
        around = await self.editor.around(caller, namespace, form.root)
        name, remarks = step, list[Remark]()

        def edit(steps: Steps) -> Steps:
            nonlocal name
            remarks.clear()
            steps = editing.explicit(steps)
            current = steps[editing.find(steps, step)]
            made = step_bodies.changed(form.root, current, around, steps, remarks)
            name = made["name"]
            replaced = editing.replaced(steps, step, made)
            has_number = Fields(form.root, "", []).has("StepOrder")
            return step_bodies.moved(replaced, name) if has_number and name != step else replaced

        changed = await self._edit(request, caller, Key(namespace, workflow), edit)
        return self._answer(200, workflow, changed, name, remarks)

    async def remove(self, request: Request, workflow: WorkflowName, step: StepName) -> Response:
        """Remove a step and its connections."""
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        gone = 0

        def edit(steps: Steps) -> Steps:
            nonlocal gone
            left, gone = editing.without(steps, step)
            return left

        changed = await self._edit(request, caller, Key(namespace, workflow), edit)
        content = {"removed": True, "nodeId": step, "removedConnections": gone}
        return _versioned(200, content | {"workflowId": workflow}, changed)

    async def map_inputs(
        self, request: Request, workflow: WorkflowName, step: StepName
    ) -> Response:
        """Set which values a step's templates see by which names."""
        return await self._set(
            request, workflow, step, MappingsForm, ("inputs", "mappings", "inputMappings")
        )

    async def pass_through(
        self, request: Request, workflow: WorkflowName, step: StepName
    ) -> Response:
        """Set which values go through a step unchanged."""
        return await self._set(
            request, workflow, step, PassthroughForm, ("passthrough", "values", "passThroughValues")
        )

    async def connect(self, request: Request, workflow: WorkflowName) -> Response:
        """Let one step wait for another; the input ports ai and tools are for models and tools."""
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        form = await bodies.read(request, ConnectionForm, self.editor.desk.limits)
        made: connections.Connection | None = None

        def edit(steps: Steps) -> Steps:
            nonlocal made
            fields = Fields(form.root, "", [])
            made = connections.read(fields, {step["name"]: step["name"] for step in steps})
            if made is None or fields.faults:
                raise not_valid(fields.faults)
            return editing.connected(steps, made)

        changed = await self._edit(request, caller, Key(namespace, workflow), edit)
        assert made is not None  # noqa: S101 - edit has run
        shown = {
            "id": made.identity,
            "source": made.source,
            "target": made.target,
            "sourcePort": made.source_port,
            "targetPort": made.target_port,
        }
        content = {"connectionId": made.identity, "workflowId": workflow, "connection": shown}
        return _versioned(201, content, changed)

    async def disconnect(
        self, request: Request, workflow: WorkflowName, connection: ConnectionName
    ) -> Response:
        """Remove a connection; a step that nothing leads to any more runs at once."""
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        roots: list[str] = []

        def edit(steps: Steps) -> Steps:
            left, roots[:] = editing.disconnected(steps, connection)
            return left

        changed = await self._edit(request, caller, Key(namespace, workflow), edit)
        content: dict[str, Any] = {
            "removed": True,
            "connectionId": connection,
            "workflowId": workflow,
            "warnings": [
                {"type": "disconnected", "nodeId": name, "message": "it runs at once now"}
                for name in roots
            ],
        }
        return _versioned(200, content, changed)

    async def _set(
        self, request: Request, workflow: str, step: str, form: Any, called: tuple[str, str, str]
    ) -> Response:
        """`called` is what the paths are in the spec, in the form and in the answer."""
        field, given, told = called
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        body = await bodies.read(request, form, self.editor.desk.limits)
        paths: dict[str, str] = getattr(body, given)

        def edit(steps: Steps) -> Steps:
            made = [dict(one) for one in steps]
            made[editing.find(made, step)][field] = paths
            return made

        changed = await self._edit(request, caller, Key(namespace, workflow), edit)
        content = {"nodeId": step, "workflowId": workflow, told: paths}
        return _versioned(200, content, changed)

    async def _edit(
        self, request: Request, caller: Any, key: Key, edit: Callable[[Steps], Steps]
    ) -> Manifest:
        return await self.editor.edit(
            request, caller, key, lambda spec: spec | {"steps": edit(list(spec.get("steps", ())))}
        )

    def _answer(
        self, status: int, workflow: str, found: Manifest, step: str, remarks: list[Remark]
    ) -> Response:
        steps = found["spec"].get("steps", [])
        node = node_view.node(steps[editing.find(steps, step)])
        content: dict[str, Any] = {"nodeId": step, "workflowId": workflow, "node": node}
        if remarks:
            content["remarks"] = [
                {"type": one.type, "path": one.path, "message": one.message} for one in remarks
            ]
        return _versioned(status, content, found)

    def router(self) -> APIRouter:
        """Routes below a namespace; `nodes` and `steps` are the same."""
        routes = APIRouter()
        for noun in ("steps", "nodes"):
            self._serve(routes, f"/workflows/{{workflow}}/{noun}", noun)
        self._serve_connections(routes)
        return routes

    def _serve(self, routes: APIRouter, path: str, noun: str) -> None:
        reads = openapi.problems(400)
        changes = openapi.problems(*openapi.READS_BODY, 409, 412)
        node = openapi.answer(NodeAnswer, "The step.")
        one = f"{path}/{{step}}"
        body = openapi.body(StepForm, examples=STEPS)
        change = openapi.body(StepEdit, NODE)
        table: tuple[tuple[str, str, Any, int, Any, Any, Any], ...] = (
            ("GET", path, self.see_all, 200, openapi.answer(NodeList, "All steps."), reads, None),
            ("POST", path, self.add, 201, node, changes, body),
            ("GET", one, self.get, 200, node, reads, None),
            ("PUT", one, self.put, 200, node, changes, change),
            ("DELETE", one, self.remove, 200, openapi.answer(NodeGone, "Gone."), changes, None),
            (
                "PUT",
                f"{one}/input-mappings",
                self.map_inputs,
                200,
                openapi.answer(MappingsAnswer, "As it is now."),
                changes,
                openapi.body(MappingsForm, {"mappings": {"day": "inputs.day"}}),
            ),
            (
                "PUT",
                f"{one}/passthrough-values",
                self.pass_through,
                200,
                openapi.answer(PassthroughAnswer, "As it is now."),
                changes,
                openapi.body(PassthroughForm, {"values": {"id": "inputs.id"}}),
            ),
        )
        for method, where, endpoint, status, answer, refusals, extra in table:
            routes.add_api_route(
                where,
                endpoint,
                methods=[method],
                status_code=status,
                responses={status: answer, **refusals},
                response_class=Response,
                openapi_extra=extra or {"security": openapi.SECURITY},
                name=f"{endpoint.__name__} {noun}",
            )

    def _serve_connections(self, routes: APIRouter) -> None:
        changes = openapi.problems(*openapi.READS_BODY, 409, 412)
        routes.add_api_route(
            "/workflows/{workflow}/connections",
            self.connect,
            methods=["POST"],
            status_code=201,
            responses={201: openapi.answer(ConnectionAnswer, "It is there."), **changes},
            response_class=Response,
            openapi_extra=openapi.body(ConnectionForm, CONNECTION),
        )
        routes.add_api_route(
            "/workflows/{workflow}/connections/{connection}",
            self.disconnect,
            methods=["DELETE"],
            responses={200: openapi.answer(ConnectionGone, "It is gone."), **changes},
            response_class=Response,
            openapi_extra={"security": openapi.SECURITY},
        )


def _versioned(status: int, content: object, found: Manifest) -> Response:
    return respond(status, content, headers={"ETag": etag(found)})
