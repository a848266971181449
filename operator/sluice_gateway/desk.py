"""What every route needs before its own work: the caller, the namespace, the workflow they mean."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from fastapi import Request
from starlette.responses import Response

from sluice_gateway.auth import Caller, Gate, Right
from sluice_gateway.flows import Flow, Flows
from sluice_gateway.limits import Limits
from sluice_gateway.problems import Problem
from sluice_gateway.refusals import is_visible, no_workflow


@dataclass(frozen=True)
class Desk:
    """Where a request is received."""

    gate: Gate
    flows: Flows
    limits: Limits

    async def admit(self, request: Request, right: Right, name: str = "") -> tuple[Caller, str]:
        """The caller, let in, and the namespace: of the path, or the caller's own.

        Raises Problem 401 or 403, or 400 for a caller without a namespace of their own.
        """
        caller = await self.gate.caller(request.headers)
        namespace = request.path_params.get("namespace") or own_namespace(caller)
        await self.gate.admit(caller, right, namespace, name)
        return caller, namespace

    def visible(self, caller: Caller, namespace: str) -> list[Flow]:
        """The namespace's workflows that are shown to this caller."""
        return [one for one in self.flows.of(namespace) if is_visible(one, caller.user)]

    async def flow(self, caller: Caller, namespace: str, name: str) -> Flow:
        """Raises Problem 404, also for a workflow that is not shown to this caller."""
        flow = await self.flows.find(namespace, name)
        if flow is None or not is_visible(flow, caller.user):
            raise no_workflow(namespace, name)
        return flow


def own_namespace(caller: Caller) -> str:
    """Raises Problem 400 for a caller who is not a ServiceAccount."""
    if caller.namespace is None:
        detail = (
            f'"{caller.user.username}" belongs to no namespace: '
            "use the path /api/v1/namespaces/{namespace}/…"
        )
        raise Problem(400, "NamespaceMissing", detail)
    return caller.namespace


def respond(
    status: int,
    content: object,
    location: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """JSON, without a model on the way."""
    headers = {**(headers or {}), **({"Location": location} if location else {})}
    return Response(orjson.dumps(content), status, headers, media_type="application/json")
