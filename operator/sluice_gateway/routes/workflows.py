"""Workflows: list, make, read, change, delete."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from sluice_core import names
from sluice_core.finding import Finding
from sluice_gateway import bodies, merging, naming, openapi, selection, workflow_view
from sluice_gateway.auth import (
    CREATE_FLOW,
    CREATE_TEMPLATE,
    DELETE_FLOW,
    GET_CONFIG_MAP,
    GET_FLOW,
    LIST_FLOWS,
    SHARE_FLOW,
    UPDATE_FLOW,
    Caller,
)
from sluice_gateway.desk import Desk, respond
from sluice_gateway.forms import recognised
from sluice_gateway.forms.made import Made
from sluice_gateway.forms.surroundings import Surroundings
from sluice_gateway.idempotency import once
from sluice_gateway.judging import Judge
from sluice_gateway.objects import check_match, etag
from sluice_gateway.problems import Problem
from sluice_gateway.schemas import WorkflowName
from sluice_gateway.template_store import Templates
from sluice_gateway.webhook_keys import WebhookKeys
from sluice_gateway.workflow_schemas import WorkflowDetail, WorkflowForm, WorkflowList, WorkflowMade
from sluice_gateway.workflows import Workflows, with_spec
from sluice_kube.resources import WORKFLOWS, Key, Manifest

_EXAMPLE = {
    "name": "Greet",
    "nodes": [{"id": "say", "nodeId": "log", "config": {"message": "hello"}}],
    "connections": [],
}


@dataclass(frozen=True)
class SeeWorkflows:
    """The endpoints about workflows as a whole."""

    desk: Desk
    workflows: Workflows
    judge: Judge
    keys: WebhookKeys
    templates: Templates

    async def list(
        self, request: Request, wanted: Annotated[selection.Wanted, Query()]
    ) -> Response:
        """A page of the namespace's workflows; `count` is how many there are in all."""
        caller, namespace = await self.desk.admit(request, LIST_FLOWS)
        shown = [flow.summary for flow in self.desk.visible(caller, namespace)]
        return respond(200, selection.page(shown, wanted))

    async def create(self, request: Request) -> Response:
        """Make a workflow, from our own form or that of another product.

        Warnings tell what was carried over otherwise than it was written.
        """
        caller, namespace = await self.desk.admit(request, CREATE_FLOW)
        form = await bodies.read(request, WorkflowForm, self.desk.limits)
        around = await self.around(caller, namespace, form.root)
        made = recognised.convert(form.root, around)
        await self._check_keys(namespace, made)
        found = found_odd(await self.judge.check(made.spec, namespace))
        if made.template:
            await self.desk.gate.admit(caller, CREATE_TEMPLATE, namespace)
        created = await self.create_once(request, manifest_of(namespace, made, caller), made)
        if made.template and not await self.templates.keep(created):
            found.append(_TEMPLATE_STAYS)
        return answer_made(created, made, found)

    async def create_once(self, request: Request, manifest: Manifest, made: Made) -> Manifest:
        """The workflow as it exists: made by this request, or by an equal one before."""
        metadata = manifest["metadata"]
        owner = metadata["annotations"][names.ANNOTATION_OWNER]
        claim = once(request.headers, manifest, metadata["namespace"], owner)
        return await self.workflows.create(manifest, _names(made, claim.key), claim)

    async def get(self, request: Request, workflow: WorkflowName) -> Response:
        """One workflow; its ETag is for If-Match."""
        caller, namespace = await self.desk.admit(request, GET_FLOW, workflow)
        found = await self.shown(caller, Key(namespace, workflow))
        return respond(200, workflow_view.detail(found), headers={"ETag": etag(found)})

    async def put(self, request: Request, workflow: WorkflowName) -> Response:
        """Change a workflow: our own form replaces its spec, the others merge into it."""
        return await self._change(request, workflow, replace=True)

    async def patch(self, request: Request, workflow: WorkflowName) -> Response:
        """Change a part of a workflow: what the body names is merged into it (RFC 7396)."""
        return await self._change(request, workflow, replace=False)

    async def delete(self, request: Request, workflow: WorkflowName) -> Response:
        """Delete a workflow with its runs; there is no way back."""
        caller, namespace = await self.desk.admit(request, DELETE_FLOW, workflow)
        key = Key(namespace, workflow)
        await self.shown(caller, key)
        await self.workflows.delete(key, request.headers.get("if-match"))
        return Response(status_code=204)

    async def around(self, caller: Caller, namespace: str, body: Any) -> Surroundings:
        """What a body may refer to, as far as the caller may see it."""

        async def may_read(name: str) -> None:
            await self.desk.gate.admit(caller, GET_CONFIG_MAP, namespace, name)

        return await self.judge.around(namespace, body, may_read)

    async def shown(self, caller: Caller, key: Key) -> Manifest:
        """The workflow as it is; raises Problem 404 also where this caller must not see it."""
        await self.desk.flow(caller, *key)
        return await self.workflows.get(key)

    async def edit(self, request: Request, caller: Caller, key: Key, edit: Any) -> Manifest:
        """Change a workflow's spec by a function, judged before it is written.

        Raises Problem 422 for a spec that is not valid, 403 for sharing without the right to it.
        """
        current = await self.shown(caller, key)
        spec = edit(current["spec"])
        await self.judge.check(spec, key.namespace)
        if spec.get("sharing") != current["spec"].get("sharing"):
            await self.desk.gate.admit(caller, SHARE_FLOW, *key)
        return await self.workflows.change(
            key,
            lambda found: with_spec(found, edit(found["spec"])),
            request.headers.get("if-match"),
        )

    async def _change(self, request: Request, workflow: str, *, replace: bool) -> Response:
        caller, namespace = await self.desk.admit(request, UPDATE_FLOW, workflow)
        key = Key(namespace, workflow)
        current = await self.shown(caller, key)
        check_match(current, request.headers.get("if-match"))
        form = await bodies.read(request, WorkflowForm, self.desk.limits)
        around = await self.around(caller, namespace, form.root)
        made = recognised.convert(form.root, around, partial="spec" not in form.root)
        await self._check_keys(namespace, made)
        whole = replace and made.form == "Own"

        def edit(spec: dict[str, Any]) -> dict[str, Any]:
            return made.spec if whole else merging.merged(spec, made.spec)

        changed = await self.edit(request, caller, key, edit)
        shown = workflow_view.detail(changed)
        remarks = [_remark(one) for one in made.remarks]
        if made.template and not shown["isTemplate"]:
            remarks.append(_NO_TEMPLATE)
        if remarks:
            shown["remarks"] = remarks
        return respond(200, shown, headers={"ETag": etag(changed)})

    async def _check_keys(self, namespace: str, made: Made) -> None:
        """A webhook that comes without authentication gets a key, which somebody must have made."""
        for name in made.webhook_keys:
            if not await self.keys.has(namespace, name):
                way = (
                    f"kubectl -n {namespace} create secret generic {names.WEBHOOKS_SECRET} "
                    f"--from-literal={name}=$(openssl rand -hex 32)"
                )
                detail = f'its webhook is open to anybody who knows the key "{name}": {way}'
                raise Problem(422, "WebhookKeyMissing", detail)

    def router(self) -> APIRouter:
        """Routes below a namespace."""
        routes = APIRouter(tags=["workflows"])
        secured = {"security": openapi.SECURITY}
        detail = openapi.answer(WorkflowDetail, "The workflow.")
        body = openapi.body(WorkflowForm, _EXAMPLE)
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
                WorkflowForm, _EXAMPLE, parameters=[openapi.IDEMPOTENCY_KEY]
            ),
        )
        routes.add_api_route(
            "/workflows/{workflow}",
            self.get,
            responses={200: detail, **openapi.problems(400)},
            response_class=Response,
            openapi_extra=secured,
        )
        for method, endpoint in (("PUT", self.put), ("PATCH", self.patch)):
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


def manifest_of(namespace: str, made: Made, caller: Caller) -> Manifest:
    """The object to make, without its name; its owner is who makes it."""
    given = made.metadata.get("annotations", {})
    owner = {names.ANNOTATION_OWNER: caller.user.username}
    if made.template:
        owner[names.ANNOTATION_TEMPLATE] = "true"
    return {
        "apiVersion": WORKFLOWS.api_version,
        "kind": WORKFLOWS.kind,
        "metadata": {
            "namespace": namespace,
            "labels": made.metadata.get("labels", {}),
            "annotations": given | owner,
        },
        "spec": made.spec,
    }


def _names(made: Made, key: str | None) -> Any:
    """An own name is meant; else one is made of the title."""
    given = made.metadata.get("name")
    title = str(made.spec.get("title") or given or "workflow")
    if key is not None:
        return [given or naming.keyed(title, key)]
    return [given] if given else naming.candidates(title)


def answer_made(created: Manifest, made: Made, found: list[dict[str, str]]) -> Response:
    """201, with what was found odd."""
    shown = workflow_view.detail(created)
    shown["workflowId"] = shown["id"]
    shown["warnings"] = [_remark(one) for one in made.remarks] + found
    location = workflow_view.url(Key.of(created))
    return respond(201, shown, location, headers={"ETag": etag(created)})


def found_odd(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """What validation warns of."""
    return [_finding(one) for one in findings]


_TEMPLATE_STAYS = {
    "type": "TemplateExists",
    "path": "isTemplate",
    "message": "there is another template of this name, which stays as it is",
}
_NO_TEMPLATE = {
    "type": "ReadOnly",
    "path": "isTemplate",
    "message": "a template is made when its workflow is: POST /workflows with isTemplate",
}


def _remark(remark: Any) -> dict[str, str]:
    return {"type": remark.type, "path": remark.path, "message": remark.message}


def _finding(finding: Any) -> dict[str, str]:
    return {"type": finding.type, "path": f"spec.{finding.path}", "message": finding.message}
