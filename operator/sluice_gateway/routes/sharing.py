"""With whom a workflow is shared, and how its runs went."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from sluice_core import health
from sluice_core.api.workflow_status import Health
from sluice_gateway import bodies, openapi, workflow_view
from sluice_gateway.auth import GET_FLOW, UPDATE_FLOW
from sluice_gateway.desk import respond
from sluice_gateway.editor import Editor
from sluice_gateway.objects import etag
from sluice_gateway.problems import Problem
from sluice_gateway.schemas.parameters import WorkflowName
from sluice_gateway.schemas.sharing import HealthAnswer, ShareAnswer, ShareForm, ShareList
from sluice_kube.resources import Key

User = Annotated[str, Path(min_length=1, max_length=253)]


@dataclass(frozen=True)
class SeeSharing:
    """The endpoints about who sees a workflow, and how it is."""

    editor: Editor

    async def see_all(self, request: Request, workflow: WorkflowName) -> Response:
        """The users with whom the workflow is shared."""
        caller, namespace = await self.editor.desk.admit(request, GET_FLOW, workflow)
        found = await self.editor.shown(caller, Key(namespace, workflow))
        changed = workflow_view.changed_at(found["metadata"])
        users = found["spec"].get("sharing", {}).get("users", [])
        shared = [{"userId": user, "sharedAt": changed} for user in users]
        return respond(200, {"workflowId": workflow, "sharedWith": shared})

    async def add(self, request: Request, workflow: WorkflowName) -> Response:
        """Share the workflow with a user, who then sees it also while it is private."""
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        form = await bodies.read(request, ShareForm, self.editor.desk.limits)

        def edit(spec: dict[str, Any]) -> dict[str, Any]:
            sharing = spec.get("sharing", {})
            users = list(dict.fromkeys([*sharing.get("users", ()), form.user_id]))
            return spec | {"sharing": sharing | {"users": users}}

        changed = await self.editor.edit(request, caller, Key(namespace, workflow), edit)
        content = {"message": "the workflow is shared", "workflowId": workflow}
        told = content | {"userId": form.user_id}
        return respond(200, told, headers={"ETag": etag(changed)})

    async def remove(self, request: Request, workflow: WorkflowName, user: User) -> Response:
        """Stop sharing the workflow with a user."""
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)

        def edit(spec: dict[str, Any]) -> dict[str, Any]:
            sharing = spec.get("sharing", {})
            if user not in sharing.get("users", ()):
                detail = f'the workflow "{workflow}" is not shared with "{user}"'
                raise Problem(404, "NotShared", detail)
            left = [one for one in sharing["users"] if one != user]
            return spec | {"sharing": sharing | {"users": left}}

        await self.editor.edit(request, caller, Key(namespace, workflow), edit)
        return Response(status_code=204)

    async def health(self, request: Request, workflow: WorkflowName) -> Response:
        """How the runs of the last day, week and month went; rates are over 30 days."""
        caller, namespace = await self.editor.desk.admit(request, GET_FLOW, workflow)
        found = await self.editor.shown(caller, Key(namespace, workflow))
        told = Health.model_validate(found.get("status", {}).get("health", {}))
        totals = health.totals(told, datetime.now(UTC))
        content: dict[str, Any] = {"workflowId": workflow}
        for name, count in (("24h", totals.day), ("7d", totals.week), ("30d", totals.month)):
            content[f"totalRuns{name}"] = count.total
            content[f"successRuns{name}"] = count.succeeded
            content[f"failedRuns{name}"] = count.failed
        content |= {
            "successRatePercent": totals.success_rate_percent,
            "averageDurationMs": totals.average_duration_ms,
            "lastRunOn": totals.last_run,
            "lastError": totals.last_error,
        }
        return respond(200, content)

    def router(self) -> APIRouter:
        """Routes below a namespace."""
        routes = APIRouter()
        path = "/workflows/{workflow}/share"
        changes = openapi.problems(*openapi.READS_BODY, 409, 412)
        secured = {"security": openapi.SECURITY}
        routes.add_api_route(
            path,
            self.see_all,
            responses={200: openapi.answer(ShareList, "The users."), **openapi.problems(400)},
            response_class=Response,
            openapi_extra=secured,
            name="list shares",
        )
        routes.add_api_route(
            path,
            self.add,
            methods=["POST"],
            responses={200: openapi.answer(ShareAnswer, "It is shared."), **changes},
            response_class=Response,
            openapi_extra=openapi.body(ShareForm, {"userId": "system:serviceaccount:shop:ada"}),
            name="share",
        )
        routes.add_api_route(
            f"{path}/{{user}}",
            self.remove,
            methods=["DELETE"],
            status_code=204,
            responses=changes,
            response_class=Response,
            openapi_extra=secured,
            name="stop sharing",
        )
        routes.add_api_route(
            "/workflows/{workflow}/health",
            self.health,
            responses={200: openapi.answer(HealthAnswer, "The numbers."), **openapi.problems(400)},
            response_class=Response,
            openapi_extra=secured,
        )
        return routes
