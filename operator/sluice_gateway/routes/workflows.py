"""Workflows: list, make, read, change, delete."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from sluice_core import names
from sluice_gateway import bodies, making, merging, openapi, selection, workflow_view
from sluice_gateway.auth import (
    CREATE_FLOW,
    CREATE_TEMPLATE,
    DELETE_FLOW,
    GET_FLOW,
    LIST_FLOWS,
    UPDATE_FLOW,
    UPDATE_SECRET,
    Caller,
)
from sluice_gateway.desk import respond
from sluice_gateway.editor import Editor
from sluice_gateway.forms import recognised
from sluice_gateway.forms.made import Made
from sluice_gateway.key_maker import KeyMaker
from sluice_gateway.objects import check_match, etag
from sluice_gateway.problems import Fault, Problem, not_valid
from sluice_gateway.schemas.parameters import WorkflowName
from sluice_gateway.schemas.workflows import (
    EXAMPLES,
    WorkflowDetail,
    WorkflowForm,
    WorkflowList,
    WorkflowMade,
    WorkflowPatch,
    WorkflowReplacement,
)
from sluice_gateway.template_store import Templates
from sluice_gateway.webhook_keys import WebhookKeys
from sluice_kube.resources import Key


@dataclass(frozen=True)
class SeeWorkflows:
    """The endpoints about workflows as a whole."""

    editor: Editor
    keys: WebhookKeys
    key_maker: KeyMaker
    templates: Templates

    async def list(
        self, request: Request, wanted: Annotated[selection.Wanted, Query()]
    ) -> Response:
        """A page of the namespace's workflows; `count` is how many there are in all."""
        caller, namespace = await self.editor.desk.admit(request, LIST_FLOWS)
        shown = [flow.summary for flow in self.editor.desk.visible(caller, namespace)]
        return respond(200, selection.page(shown, wanted))

    async def create(self, request: Request) -> Response:
        """Make a workflow, from our own form or that of another product.

        Warnings tell what was carried over otherwise than it was written.
        """
        caller, namespace = await self.editor.desk.admit(request, CREATE_FLOW)
        form = await bodies.read(request, WorkflowForm, self.editor.desk.limits)
        around = await self.editor.around(caller, namespace, form.root)
        made = recognised.convert(form.root, around)
        wanted = await self._missing_keys(caller, namespace, made)
        found = making.found_odd(await self.editor.judge.check(made.spec, namespace))
        if made.template:
            await self.editor.desk.gate.admit(caller, CREATE_TEMPLATE, namespace)
        created = await self.editor.create_once(
            request, making.manifest_of(namespace, made, caller), made
        )
        if made.template and not await self.templates.keep(created):
            found.append(making.TEMPLATE_STAYS)
        keys = await self.key_maker.make(namespace, wanted)
        if keys:
            self.keys.forget(namespace)
        return making.answer_made(created, made, found, keys)

    async def get(self, request: Request, workflow: WorkflowName) -> Response:
        """One workflow; its ETag is for If-Match."""
        caller, namespace = await self.editor.desk.admit(request, GET_FLOW, workflow)
        found = await self.editor.shown(caller, Key(namespace, workflow))
        return respond(200, workflow_view.detail(found), headers={"ETag": etag(found)})

    async def put(self, request: Request, workflow: WorkflowName) -> Response:
        """Change a workflow: our own form replaces its spec, the others merge into it.

        These are the same as for a new workflow. Who is paused, shared or triggered stays so unless
        the body says otherwise.
        """
        return await self._change(request, workflow, replace=True)

    async def patch(self, request: Request, workflow: WorkflowName) -> Response:
        """Change a part of a workflow: what the body names is merged into it (RFC 7396)."""
        return await self._change(request, workflow, replace=False)

    async def delete(self, request: Request, workflow: WorkflowName) -> Response:
        """Delete a workflow with its runs; there is no way back."""
        caller, namespace = await self.editor.desk.admit(request, DELETE_FLOW, workflow)
        key = Key(namespace, workflow)
        await self.editor.shown(caller, key)
        await self.editor.workflows.delete(key, request.headers.get("if-match"))
        return Response(status_code=204)

    async def _change(self, request: Request, workflow: str, *, replace: bool) -> Response:
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        key = Key(namespace, workflow)
        current = await self.editor.shown(caller, key)
        check_match(current, request.headers.get("if-match"))
        form = await bodies.read(
            request, WorkflowReplacement if replace else WorkflowPatch, self.editor.desk.limits
        )
        around = await self.editor.around(caller, namespace, form.root)
        read = recognised.replacement if replace else recognised.convert
        made = read(form.root, around, current["spec"])
        if made.metadata.get("name", workflow) != workflow:
            fault = Fault("metadata.name", f"this is {workflow}: a workflow keeps its name")
            raise not_valid([fault])
        if missing := await self._without_key(namespace, made):
            raise _no_key(namespace, missing[0])
        whole = replace and made.form == "Own"

        def edit(spec: dict[str, Any]) -> dict[str, Any]:
            if whole:
                return made.spec
            return merging.merged(spec, read(form.root, around, spec).spec)

        changed = await self.editor.edit(request, caller, key, edit, made.metadata)
        shown = workflow_view.detail(changed)
        remarks = [making.told(one) for one in made.remarks]
        if made.template and not shown["isTemplate"]:
            remarks.append(making.NO_TEMPLATE)
        if remarks:
            shown["remarks"] = remarks
        return respond(200, shown, headers={"ETag": etag(changed)})

    async def _without_key(self, namespace: str, made: Made) -> Sequence[str]:
        """A webhook that comes without authentication gets a key; those that nobody has made."""
        return [one for one in made.webhook_keys if not await self.keys.has(namespace, one)]

    async def _missing_keys(self, caller: Caller, namespace: str, made: Made) -> Sequence[str]:
        """Those that are to be made; raises Problem 403 or 422 where they cannot be."""
        missing = await self._without_key(namespace, made)
        if missing and not self.key_maker.writes_in(namespace):
            raise _no_key(namespace, missing[0])
        if missing:
            await self.editor.desk.gate.admit(
                caller, UPDATE_SECRET, namespace, names.WEBHOOKS_SECRET
            )
        return missing

    def router(self) -> APIRouter:
        """Routes below a namespace."""
        routes = APIRouter()
        secured = {"security": openapi.SECURITY}
        detail = openapi.answer(WorkflowDetail, "The workflow.")
        nodes = {"nodes": EXAMPLES["nodes"]}
        change = openapi.body(WorkflowReplacement, examples=EXAMPLES, required=False)
        part: dict[str, dict[str, Any]] = {
            "own": {"spec": {"title": "Greet", "description": None}},
            **nodes,
        }
        patch = openapi.body(WorkflowPatch, examples=part, required=False)
        changes = openapi.problems(*openapi.READS_BODY, 409, 412)
        routes.add_api_route(
            "/workflows",
            self.list,
            responses={200: openapi.answer(WorkflowList, "A page."), **openapi.problems(400)},
            response_class=Response,
            openapi_extra=secured,
        )
        routes.add_api_route(
            "/workflows",
            self.create,
            methods=["POST"],
            status_code=201,
            responses={
                201: openapi.answer(WorkflowMade, "The workflow exists."),
                **openapi.problems(*openapi.READS_BODY, 409),
            },
            response_class=Response,
            openapi_extra=openapi.body(
                WorkflowForm, examples=EXAMPLES, parameters=[openapi.IDEMPOTENCY_KEY]
            ),
        )
        routes.add_api_route(
            "/workflows/{workflow}",
            self.get,
            responses={200: detail, **openapi.problems(400)},
            response_class=Response,
            openapi_extra=secured,
        )
        for method, endpoint, body in (("PUT", self.put, change), ("PATCH", self.patch, patch)):
            routes.add_api_route(
                "/workflows/{workflow}",
                endpoint,
                methods=[method],
                responses={200: detail, **changes},
                response_class=Response,
                openapi_extra=body,
            )
        routes.add_api_route(
            "/workflows/{workflow}",
            self.delete,
            methods=["DELETE"],
            status_code=204,
            responses=openapi.problems(400, 412),
            response_class=Response,
            openapi_extra=secured,
        )
        return routes


def _no_key(namespace: str, name: str) -> Problem:
    way = (
        f"kubectl -n {namespace} create secret generic {names.WEBHOOKS_SECRET} "
        f"--from-literal={name}=$(openssl rand -hex 32)"
    )
    detail = f'its webhook is open to anybody who knows the key "{name}": {way}'
    return Problem(422, "WebhookKeyMissing", detail)
