"""`…/schedule`: the trigger of that name, which sets a workflow off by the clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from sluice_gateway import bodies, merging, openapi
from sluice_gateway.auth import GET_FLOW, UPDATE_FLOW
from sluice_gateway.desk import respond
from sluice_gateway.editor import Editor
from sluice_gateway.forms.reading import Fields
from sluice_gateway.forms.scheduled import NAME, of_fields
from sluice_gateway.objects import etag
from sluice_gateway.problems import Problem, not_valid
from sluice_gateway.schemas.parameters import WorkflowName
from sluice_gateway.schemas.schedule import ScheduleAnswer, ScheduleForm, SchedulePatch
from sluice_kube.resources import Key, Manifest

Trigger = dict[str, Any]
_EXAMPLE = {"cron_expression": "0 9 * * 1-5", "timezone": "Europe/Berlin"}


@dataclass(frozen=True)
class SeeSchedule:
    """The endpoints about a workflow's schedule."""

    editor: Editor

    async def get(self, request: Request, workflow: WorkflowName) -> Response:
        """The schedule, and when it comes next."""
        caller, namespace = await self.editor.desk.admit(request, GET_FLOW, workflow)
        return _answer(200, await self.editor.shown(caller, Key(namespace, workflow)))

    async def create(self, request: Request, workflow: WorkflowName) -> Response:
        """Give the workflow a schedule; 409 when it has one."""

        def add(before: Trigger | None, made: Trigger) -> Trigger:
            if before is not None:
                detail = f'the workflow "{workflow}" has a schedule: change it with PUT'
                raise Problem(409, "ScheduleExists", detail)
            return made

        return _answer(201, await self._change(request, workflow, add))

    async def put(self, request: Request, workflow: WorkflowName) -> Response:
        """Change the schedule: what the body names is merged into it."""

        def change(before: Trigger | None, made: Trigger) -> Trigger:
            if before is None:
                raise _none(workflow)
            return merging.merged(before, made)

        return _answer(200, await self._change(request, workflow, change))

    async def delete(self, request: Request, workflow: WorkflowName) -> Response:
        """Take the schedule away."""
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)

        def edit(spec: dict[str, Any]) -> dict[str, Any]:
            left = [one for one in spec.get("triggers", ()) if one["name"] != NAME]
            if len(left) == len(spec.get("triggers", ())):
                raise _none(workflow)
            return spec | {"triggers": left}

        await self.editor.edit(request, caller, Key(namespace, workflow), edit)
        return Response(status_code=204)

    async def _change(self, request: Request, workflow: str, how: Any) -> Manifest:
        caller, namespace = await self.editor.desk.admit(request, UPDATE_FLOW, workflow)
        form = await bodies.read(request, ScheduleForm, self.editor.desk.limits)

        def edit(spec: dict[str, Any]) -> dict[str, Any]:
            before = _of(spec)
            made = how(before, _read(form.root, before))
            others = [one for one in spec.get("triggers", ()) if one["name"] != NAME]
            return spec | {"triggers": [*others, made]}

        return await self.editor.edit(request, caller, Key(namespace, workflow), edit)

    def router(self) -> APIRouter:
        """Routes below a namespace."""
        routes = APIRouter()
        path = "/workflows/{workflow}/schedule"
        answer = openapi.answer(ScheduleAnswer, "The schedule.")
        changes = openapi.problems(*openapi.READS_BODY, 409, 412)
        secured = {"security": openapi.SECURITY}
        body = openapi.body(ScheduleForm, _EXAMPLE)
        partly = openapi.body(SchedulePatch, _EXAMPLE, required=False)
        for method, endpoint, status, refusals, extra in (
            ("GET", self.get, 200, openapi.problems(400), secured),
            ("POST", self.create, 201, changes, body),
            ("PUT", self.put, 200, changes, partly),
        ):
            routes.add_api_route(
                path,
                endpoint,
                methods=[method],
                status_code=status,
                responses={status: answer, **refusals},
                response_class=Response,
                openapi_extra=extra,
                name=f"{endpoint.__name__} schedule",
            )
        routes.add_api_route(
            path,
            self.delete,
            methods=["DELETE"],
            status_code=204,
            responses=changes,
            response_class=Response,
            openapi_extra=secured,
            name="delete schedule",
        )
        return routes


def _read(body: dict[str, Any], before: Trigger | None) -> Trigger:
    """The trigger of a body, which may leave out what there is already; raises Problem 422."""
    fields = Fields(body, "", [])
    enabled, zoned = fields.flag("enabled"), fields.has("timezone")
    known = None if before is None else before[NAME].get("cron")
    made = of_fields(fields, known if not fields.has("cron_expression", "cron") else None)
    if made is None and not fields.faults:
        fields.fault("cron_expression", "is required")
    if made is not None and before is not None and not zoned:
        del made[NAME]["timeZone"]  # it stays as it is
    fields.close()
    if fields.faults or made is None:
        raise not_valid(fields.faults)
    return made | ({} if enabled is None else {"enabled": enabled})


def _of(spec: dict[str, Any]) -> Trigger | None:
    return next((one for one in spec.get("triggers", ()) if one["name"] == NAME), None)


def _answer(status: int, workflow: Manifest) -> Response:
    return respond(status, _shown(workflow), headers={"ETag": etag(workflow)})


def _shown(workflow: Manifest) -> dict[str, Any]:
    """Raises Problem 404 where there is none."""
    name, trigger = workflow["metadata"]["name"], _of(workflow["spec"])
    if trigger is None or NAME not in trigger:
        raise _none(name)
    schedule, status = trigger[NAME], workflow.get("status", {})
    told = status.get("triggers", ())
    times: Mapping[str, Any] = next((one for one in told if one["name"] == NAME), {})
    is_current = status.get("observedGeneration") == workflow["metadata"].get("generation")
    return {
        "workflowId": name,
        "cronExpression": schedule.get("cron") or schedule.get("crons", [""])[0],
        "timezone": schedule.get("timeZone", "UTC"),
        "enabled": trigger.get("enabled", True),
        "lastRunAt": times.get("lastTime"),
        "nextRunAt": times.get("nextTime") if is_current else None,
    }


def _none(workflow: str) -> Problem:
    return Problem(404, "ScheduleNotFound", f'the workflow "{workflow}" has no schedule')
