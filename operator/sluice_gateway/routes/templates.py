"""Workflows to start from."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from sluice_gateway import bodies, filling, openapi, template_store
from sluice_gateway.auth import CREATE_FLOW, GET_TEMPLATE, LIST_TEMPLATES
from sluice_gateway.desk import respond
from sluice_gateway.editor import Editor
from sluice_gateway.forms.made import Made
from sluice_gateway.making import answer_made, found_odd, manifest_of
from sluice_gateway.schemas.catalogue import TemplateForm, TemplateList
from sluice_gateway.schemas.workflows import WorkflowMade
from sluice_gateway.template_store import Templates

Category = Annotated[
    str | None, Query(min_length=1, max_length=63, description="Those of this category.")
]
BASES = ("/templates", "/workflows/templates")
_EXAMPLE = {"template_id": "invoice-intake", "name": "Invoices of the shop"}


@dataclass(frozen=True)
class SeeTemplates:
    """The endpoints about templates."""

    editor: Editor
    templates: Templates

    async def list(self, request: Request, category: Category = None) -> Response:
        """The namespace's templates, and those that are shipped."""
        _, namespace = await self.editor.desk.admit(request, LIST_TEMPLATES)
        found = await self.templates.all(namespace)
        shown = [template_store.view(one, namespace) for one in found]
        wanted = [one for one in shown if category in (None, one["category"])]
        return respond(200, {"count": len(wanted), "templates": wanted})

    async def create(self, request: Request) -> Response:
        """Make a workflow of a template, as a draft."""
        caller, namespace = await self.editor.desk.admit(request, CREATE_FLOW)
        form = await bodies.read(request, TemplateForm, self.editor.desk.limits)
        await self.editor.desk.gate.admit(caller, GET_TEMPLATE, namespace, form.template_id)
        template = await self.templates.find(namespace, form.template_id)
        made = Made(form="Own", spec=_spec(template, form))
        odd = await self.editor.judge.check(made.spec, namespace)
        created = await self.editor.create_once(request, manifest_of(namespace, made, caller), made)
        return answer_made(created, made, found_odd(odd))

    def router(self) -> APIRouter:
        """Routes below a namespace, where other products look for them too."""
        routes = APIRouter()
        for base in BASES:
            routes.add_api_route(
                base,
                self.list,
                responses={
                    200: openapi.answer(TemplateList, "All templates."),
                    **openapi.problems(400),
                },
                response_class=Response,
                openapi_extra={"security": openapi.SECURITY},
            )
            routes.add_api_route(
                base,
                self.create,
                methods=["POST"],
                status_code=201,
                responses={
                    201: openapi.answer(WorkflowMade, "The workflow exists."),
                    **openapi.problems(*openapi.READS_BODY, 409),
                },
                response_class=Response,
                openapi_extra=openapi.body(
                    TemplateForm, _EXAMPLE, parameters=[openapi.IDEMPOTENCY_KEY]
                ),
            )
        return routes


def _spec(template: dict[str, Any], form: TemplateForm) -> dict[str, Any]:
    about = template["spec"]
    spec = filling.filled(template, form.parameters)
    title = form.name or about.get("title") or form.template_id
    description = form.description or spec.get("description") or about.get("description")
    named = {"title": title, "state": "Draft"}
    return spec | named | ({"description": description} if description else {})
