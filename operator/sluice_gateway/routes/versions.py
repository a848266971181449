"""The definitions that a workflow has had, as ControllerRevisions: list, tag, roll back."""

from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from sluice_core import names
from sluice_gateway import bodies, openapi, workflow_view
from sluice_gateway.auth import GET_FLOW, UPDATE_FLOW
from sluice_gateway.desk import respond
from sluice_gateway.editor import Editor
from sluice_gateway.objects import etag
from sluice_gateway.problems import Problem
from sluice_gateway.schemas.form import NoForm
from sluice_gateway.schemas.parameters import WorkflowName
from sluice_gateway.schemas.versions import VersionForm, VersionList, VersionMade
from sluice_gateway.schemas.workflows import WorkflowDetail
from sluice_kube.resources import CONTROLLER_REVISIONS, Key, Manifest, Resource
from sluice_kube.scope import Scope
from sluice_kube.session import Page

FIELDS = ("entityType", "inputs", "steps", "settings")
"""What a version holds of a spec."""

MOST = 500
Number = Annotated[int, Path(ge=1, le=1_000_000_000)]


class Api(Protocol):
    """What is needed of a `sluice_kube.session.Session`."""

    async def page(self, resource: Resource, scope: Scope, *, limit: int, following: str) -> Page:
        """Part of a list."""

    async def merge_patch(self, resource: Resource, key: Key, patch: Manifest) -> Manifest:
        """Raises NotFound."""


@dataclass(frozen=True)
class SeeVersions:
    """The endpoints about versions."""

    editor: Editor
    session: Api

    async def see_all(self, request: Request, workflow: WorkflowName) -> Response:
        """All versions that are kept, the newest last."""
        caller, namespace = await self.editor.desk.admit(request, GET_FLOW, workflow)
        found = await self.editor.shown(caller, Key(namespace, workflow))
        versions = [_shown(one) for one in await self._all(found)]
        content = {
            "workflowId": workflow,
            "currentVersion": found.get("status", {}).get("version"),
            "versions": versions,
        }
        return respond(200, content)

    async def tag(self, request: Request, workflow: WorkflowName) -> Response:
        """Name the current version; one with a tag is never pruned."""
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        form = await bodies.read(request, VersionForm, self.editor.desk.limits)
        found = await self.editor.shown(caller, Key(namespace, workflow))
        versions = await self._all(found)
        current = _current(found, versions)
        _check_free(form.version_tag, current, versions)
        notes = {
            names.ANNOTATION_VERSION_TAG: form.version_tag,
            names.ANNOTATION_VERSION_DESCRIPTION: form.description,
            names.ANNOTATION_VERSION_CREATOR: caller.user.username,
        }
        patch = {"metadata": {"annotations": notes}}
        await self.session.merge_patch(CONTROLLER_REVISIONS, Key.of(current), patch)
        content = {
            "workflowId": workflow,
            "version": current["revision"],
            "versionTag": form.version_tag,
        }
        return respond(201, content)

    async def rollback(self, request: Request, workflow: WorkflowName, number: Number) -> Response:
        """Have the definition of that version again, as a new version."""
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        await bodies.read(request, NoForm, self.editor.desk.limits)
        key = Key(namespace, workflow)
        found = await self.editor.shown(caller, key)
        wanted = next((one for one in await self._all(found) if one["revision"] == number), None)
        if wanted is None:
            raise Problem(404, "VersionNotFound", f'"{workflow}" has no version {number}')
        held = wanted["data"]

        def edit(spec: dict[str, Any]) -> dict[str, Any]:
            kept = {name: value for name, value in spec.items() if name not in FIELDS}
            return kept | {name: held[name] for name in FIELDS if held.get(name) is not None}

        changed = await self.editor.edit(request, caller, key, edit)
        return respond(200, workflow_view.detail(changed), headers={"ETag": etag(changed)})

    async def _all(self, workflow: Manifest) -> list[Manifest]:
        """Those of this very workflow, not of one that had its name before."""
        metadata = workflow["metadata"]
        scope = Scope(metadata["namespace"], labels=names.selector(metadata["name"]))
        page = await self.session.page(CONTROLLER_REVISIONS, scope, limit=MOST, following="")
        mine = [
            one
            for one in page.items
            if any(
                owner["uid"] == metadata["uid"]
                for owner in one["metadata"].get("ownerReferences", ())
            )
        ]
        return sorted(mine, key=lambda one: int(one["revision"]))

    def router(self) -> APIRouter:
        """Routes below a namespace."""
        routes = APIRouter()
        path = "/workflows/{workflow}/versions"
        changes = openapi.problems(*openapi.READS_BODY, 409, 412)
        routes.add_api_route(
            path,
            self.see_all,
            responses={200: openapi.answer(VersionList, "All."), **openapi.problems(400)},
            response_class=Response,
            openapi_extra={"security": openapi.SECURITY},
            name="list versions",
        )
        routes.add_api_route(
            path,
            self.tag,
            methods=["POST"],
            status_code=201,
            responses={
                201: openapi.answer(VersionMade, "It has the tag."),
                **openapi.problems(*openapi.READS_BODY, 409),
            },
            response_class=Response,
            openapi_extra=openapi.body(VersionForm, {"versionTag": "v1.0.0"}),
        )
        routes.add_api_route(
            f"{path}/{{number}}/rollback",
            self.rollback,
            methods=["POST"],
            responses={200: openapi.answer(WorkflowDetail, "The workflow."), **changes},
            response_class=Response,
            openapi_extra=openapi.body(NoForm, {}),
        )
        return routes


def _current(workflow: Manifest, versions: list[Manifest]) -> Manifest:
    """The version of the spec as it is; raises Problem 409 while the operator has none of it."""
    status = workflow.get("status", {})
    known = status.get("observedGeneration") == workflow["metadata"].get("generation")
    number = status.get("version")
    current = next((one for one in versions if known and one["revision"] == number), None)
    if current is None:
        detail = "the operator has not made a version of the definition as it is: try again"
        raise Problem(409, "NoVersionYet", detail, headers={"Retry-After": "1"})
    return current


def _check_free(tag: str, current: Manifest, versions: list[Manifest]) -> None:
    for one in versions:
        notes = one["metadata"].get("annotations", {})
        if one is not current and notes.get(names.ANNOTATION_VERSION_TAG) == tag:
            detail = f'version {one["revision"]} has the tag "{tag}" already'
            raise Problem(409, "TagTaken", detail)


def _shown(revision: Manifest) -> dict[str, Any]:
    notes = revision["metadata"].get("annotations", {})
    return {
        "version": revision["revision"],
        "versionTag": notes.get(names.ANNOTATION_VERSION_TAG),
        "description": notes.get(names.ANNOTATION_VERSION_DESCRIPTION, ""),
        "createdBy": notes.get(names.ANNOTATION_VERSION_CREATOR),
        "createdAt": revision["metadata"].get("creationTimestamp"),
    }
