"""When a workflow's runner is up: deploy and undeploy, stop and start, and the policy."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from sluice_core import names, verbs
from sluice_gateway import bodies, openapi, workflow_view
from sluice_gateway.auth import GET_FLOW, UPDATE_FLOW
from sluice_gateway.desk import respond
from sluice_gateway.editor import Editor
from sluice_gateway.forms import policies
from sluice_gateway.forms.reading import Fields
from sluice_gateway.objects import Edit, etag
from sluice_gateway.problems import Problem, not_valid
from sluice_gateway.schemas.form import NoForm
from sluice_gateway.schemas.lifecycle import (
    DeployAnswer,
    LifecycleAnswer,
    LifecycleForm,
    StartForm,
    StopAnswer,
)
from sluice_gateway.schemas.parameters import WorkflowName
from sluice_kube.resources import Key, Manifest

_POLICY = {"type": "idle-shutdown", "idleTimeoutMinutes": 30}


@dataclass(frozen=True)
class SeeLifecycle:
    """The endpoints about a workflow's runner."""

    editor: Editor
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def deploy(self, request: Request, workflow: WorkflowName) -> Response:
        """Make the workflow active, so that it takes triggers and has a runner by its policy."""
        return await self._deploy(request, workflow, "Active", "deployed")

    async def undeploy(self, request: Request, workflow: WorkflowName) -> Response:
        """Make the workflow a draft again; its runner goes, with all that belongs to it."""
        return await self._deploy(request, workflow, "Draft", "undeployed")

    async def stop(self, request: Request, workflow: WorkflowName) -> Response:
        """Put the runner to sleep until it is started, triggered, or its window opens."""
        changed = await self._ask(request, workflow, NoForm, names.ANNOTATION_STOP)
        return _answer(_stopping(changed), changed)

    async def start(self, request: Request, workflow: WorkflowName) -> Response:
        """Wake the runner; `replicas` also sets how many pods it has when it is awake."""
        changed = await self._ask(request, workflow, StartForm, names.ANNOTATION_START)
        shown = _stopping(changed) | {"replicas": changed["spec"].get("replicas", 1)}
        return _answer(shown, changed)

    async def get(self, request: Request, workflow: WorkflowName) -> Response:
        """The policy, and whether a runner is up."""
        caller, namespace = await self.editor.desk.admit(request, GET_FLOW, workflow)
        found = await self.editor.shown(caller, Key(namespace, workflow))
        return _answer(_lifecycle(found), found)

    async def put(self, request: Request, workflow: WorkflowName) -> Response:
        """Set the policy."""
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        form = await bodies.read(request, LifecycleForm, self.editor.desk.limits)
        fields = Fields(form.root, "", [])
        policy = policies.read(fields)
        if fields.faults:
            raise not_valid(fields.faults)
        changed = await self.editor.edit(
            request, caller, Key(namespace, workflow), lambda spec: spec | {"lifecycle": policy}
        )
        return _answer(_lifecycle(changed), changed)

    async def _deploy(self, request: Request, workflow: str, state: str, what: str) -> Response:
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        await bodies.read(request, NoForm, self.editor.desk.limits)
        key = Key(namespace, workflow)
        changed = await self.editor.edit(request, caller, key, lambda spec: spec | {"state": state})
        if state == "Active":  # its runner is up from now on, as after a start
            changed = await self.editor.workflows.change(key, self._asked(names.ANNOTATION_START))
        content = {
            "message": f"the workflow is {what}",
            "workflowId": workflow,
            "status": changed["spec"]["state"].lower(),
        }
        return _answer(content, changed)

    async def _ask(self, request: Request, workflow: str, form: Any, annotation: str) -> Manifest:
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        body = await bodies.read(request, form, self.editor.desk.limits)
        key = Key(namespace, workflow)
        found = await self.editor.shown(caller, key)
        if found["spec"].get("state", "Active") in ("Draft", "Archived"):
            detail = f'the workflow "{workflow}" has no runner: deploy it first'
            raise Problem(409, "NotDeployed", detail)
        edit = self._asked(annotation, getattr(body, "replicas", None))
        return await self.editor.workflows.change(key, edit, request.headers.get("if-match"))

    def _asked(self, annotation: str, replicas: int | None = None) -> Edit:
        """Ask for it as of now, by an annotation; `replicas` is set where it is given."""
        asked = verbs.asked(annotation, self.now())

        def edit(current: Manifest) -> Manifest:
            metadata = current["metadata"]
            both = {**metadata.get("annotations", {}), **asked}
            annotations = {name: text for name, text in both.items() if text is not None}
            spec = current["spec"] | ({} if replicas is None else {"replicas": replicas})
            return {
                **current,
                "metadata": {**metadata, "annotations": annotations},
                "spec": spec,
            }

        return edit

    def router(self) -> APIRouter:
        """Routes below a namespace."""
        routes = APIRouter()
        changes = openapi.problems(*openapi.READS_BODY, 409, 412)
        shown = openapi.answer(LifecycleAnswer, "The policy.")
        base = "/workflows/{workflow}"
        table: tuple[tuple[str, str, Any, Any, Any], ...] = (
            ("POST", "deploy", self.deploy, DeployAnswer, openapi.body(NoForm, {})),
            ("POST", "undeploy", self.undeploy, DeployAnswer, openapi.body(NoForm, {})),
            ("POST", "stop", self.stop, StopAnswer, openapi.body(NoForm, {})),
            ("POST", "start", self.start, StopAnswer, openapi.body(StartForm, {"replicas": 1})),
        )
        for method, noun, endpoint, model, extra in table:
            routes.add_api_route(
                f"{base}/{noun}",
                endpoint,
                methods=[method],
                responses={200: openapi.answer(model, "It is asked for."), **changes},
                response_class=Response,
                openapi_extra=extra,
            )
        routes.add_api_route(
            f"{base}/lifecycle",
            self.get,
            responses={200: shown, **openapi.problems(400)},
            response_class=Response,
            openapi_extra={"security": openapi.SECURITY},
            name="get lifecycle",
        )
        routes.add_api_route(
            f"{base}/lifecycle",
            self.put,
            methods=["PUT"],
            responses={200: shown, **changes},
            response_class=Response,
            openapi_extra=openapi.body(LifecycleForm, _POLICY),
            name="put lifecycle",
        )
        return routes


def _stopping(workflow: Manifest) -> dict[str, Any]:
    shown = workflow_view.summary(workflow)
    return {"workflowId": shown["id"], "deploymentStatus": shown["deploymentStatus"]}


def _answer(content: dict[str, Any], workflow: Manifest) -> Response:
    return respond(200, content, headers={"ETag": etag(workflow)})


def _lifecycle(workflow: Manifest) -> dict[str, Any]:
    shown = workflow_view.detail(workflow)
    return {
        "workflowId": shown["id"],
        "lifecyclePolicy": shown["lifecyclePolicy"],
        "deploymentStatus": shown["deploymentStatus"],
        "stoppedReason": shown["stoppedReason"],
        "nextTransitionAt": workflow.get("status", {}).get("nextTransitionTime"),
    }
