"""What steps can do: the actions of the release, and those that the cluster has besides."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from sluice_core.catalog import entry
from sluice_gateway import openapi
from sluice_gateway.auth import LIST_FLOWS
from sluice_gateway.desk import Desk, respond
from sluice_gateway.judging import Judge
from sluice_gateway.schemas.catalogue import ActionCatalog

Category = Annotated[
    str | None, Query(min_length=1, max_length=63, description="Those of this category.")
]
PATHS = ("/action-catalog", "/workflows/action-catalog")


@dataclass(frozen=True)
class SeeActions:
    """The endpoint about actions."""

    desk: Desk
    judge: Judge

    async def catalogue(self, request: Request, category: Category = None) -> Response:
        """Every action that a step may name: what it takes, how it is left, how it can fail."""
        await self.desk.admit(request, LIST_FLOWS)
        rows = (await self.judge.catalogue()).values()
        entries = [entry.of(row) for row in rows if category in (None, row.category)]
        entries.sort(key=lambda one: (one["category"], one["name"]))
        return respond(200, {"count": len(entries), "actions": entries})

    def router(self) -> APIRouter:
        """Routes below a namespace, where other products look for it too."""
        routes = APIRouter()
        for path in PATHS:
            routes.add_api_route(
                path,
                self.catalogue,
                responses={
                    200: openapi.answer(ActionCatalog, "All actions."),
                    **openapi.problems(400),
                },
                response_class=Response,
                openapi_extra={"security": openapi.SECURITY},
            )
        return routes
