"""Integrations: the credentials of one workflow, by the words of another product."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from sluice_core import names
from sluice_core.api import bounds
from sluice_gateway import bodies, credential_forms, integrations, naming, openapi
from sluice_gateway.auth import (
    CREATE_CREDENTIAL,
    DELETE_CREDENTIAL,
    LIST_CREDENTIALS,
    UPDATE_CREDENTIAL,
    Caller,
)
from sluice_gateway.credentials import no_credential
from sluice_gateway.desk import respond
from sluice_gateway.idempotency import once
from sluice_gateway.integrations import Wanted
from sluice_gateway.objects import etag
from sluice_gateway.routes.credentials import Force, SeeCredentials
from sluice_gateway.schemas.credentials import (
    IntegrationAnswer,
    IntegrationForm,
    IntegrationList,
    IntegrationPatch,
)
from sluice_kube.resources import Key, Manifest

BASES = ("/integrations", "/workflows/integrations")
Id = Annotated[str, Query(alias="id", pattern=bounds.LABEL, max_length=63)]
InPath = Annotated[str, Path(pattern=bounds.LABEL, max_length=63, description="An integration.")]
OfWorkflow = Annotated[str | None, Query(alias="workflow_id", pattern=bounds.LABEL, max_length=50)]
_EXAMPLE = {
    "workflow_id": "etl",
    "name": "Slack",
    "integration_type": "slack",
    "config": {"webhook_url": "https://hooks.slack.com/services/…", "channel": "#invoices"},
}


@dataclass(frozen=True)
class SeeIntegrations:
    """The endpoints about integrations."""

    see: SeeCredentials

    async def list(self, request: Request, workflow: OfWorkflow = None) -> Response:
        """The integrations of all workflows that the caller sees, or of one."""
        caller, namespace = await self.see.desk.admit(request, LIST_CREDENTIALS)
        label = names.LABEL_INTEGRATION_OF + (f"={workflow}" if workflow else "")
        found = await self.see.credentials.within(namespace, label)
        hidden = self.see.hidden(caller, namespace)
        views = [integrations.view(one) for one in found if integrations.is_one(one)]
        shown = [one for one in views if one["workflow_id"] not in hidden]
        return respond(200, {"count": len(shown), "integrations": shown})

    async def create(self, request: Request) -> Response:
        """Make an integration of a workflow; one for e-mail uses a mail server that is there."""
        caller, namespace = await self.see.desk.admit(request, CREATE_CREDENTIAL)
        form = await bodies.read(request, IntegrationForm, self.see.desk.limits)
        wanted = integrations.read(form.root)
        await self.see.desk.flow(caller, namespace, str(wanted.workflow))
        labels = {names.LABEL_INTEGRATION_OF: str(wanted.workflow)}
        if wanted.type == "Smtp":
            made = await self._for_mail(request, caller, namespace, wanted, labels)
        else:
            wish = credential_forms.read(wanted.as_credential(), data=integrations.CONFIG)
            made = await self.see.create_with_secret(request, caller, namespace, wish, labels)
        return _answer(201, made)

    async def _for_mail(
        self, request: Request, caller: Caller, namespace: str, wanted: Wanted, labels: Any
    ) -> Manifest:
        """Of a mail server's own Secret, so that none is written."""
        servers = await self.see.credentials.within(namespace)
        server = integrations.mail_server(wanted.config, servers)
        spec = integrations.mail_spec(server, wanted.config)
        title = str(wanted.name)
        metadata = {"labels": labels, "annotations": {names.ANNOTATION_TITLE: title}}
        manifest = credential_forms.checked(credential_forms.manifest(namespace, metadata, spec))
        claim = once(request.headers, manifest, namespace, caller.user.username)
        await self.see.check_cap(namespace, claim)
        keyed = [naming.keyed(title, claim.key, kind="credential")] if claim.key else None
        wished = keyed or naming.candidates(title, "credential")
        return await self.see.credentials.create(manifest, wished, claim)

    async def put(self, request: Request, integration: Id) -> Response:
        """Change an integration: what `config` does not name, or shows as dots, stays."""
        caller, namespace = await self.see.desk.admit(request, UPDATE_CREDENTIAL, integration)
        key = Key(namespace, integration)
        current = await self._shown(caller, key)
        form = await bodies.read(request, IntegrationPatch, self.see.desk.limits)
        wanted = integrations.read(form.root, current)
        body = wanted.as_credential()
        if current["spec"]["type"] == "Smtp":
            spec = integrations.mail_spec(current, wanted.config)
            defaults = {"defaults": spec[integrations.CONFIG].get("defaults", {})}
            body = {**body, integrations.CONFIG: defaults}
        changed = await self.see.change(request, caller, key, body, integrations.CONFIG)
        return _answer(200, changed)

    async def put_path(self, request: Request, integration: InPath) -> Response:
        """The same, with the id in the path."""
        return await self.put(request, integration)

    async def delete(self, request: Request, integration: Id, force: Force = False) -> Response:
        """Delete an integration, and the Secret that was made for it."""
        caller, namespace = await self.see.desk.admit(request, DELETE_CREDENTIAL, integration)
        key = Key(namespace, integration)
        await self._shown(caller, key)
        await self.see.remove(request, caller, key, force=force)
        return Response(status_code=204)

    async def delete_path(
        self, request: Request, integration: InPath, force: Force = False
    ) -> Response:
        """The same, with the id in the path."""
        return await self.delete(request, integration, force)

    async def _shown(self, caller: Caller, key: Key) -> Manifest:
        """Raises Problem 404 also for a credential that is no integration."""
        found = await self.see.credentials.get(key)
        labels = found["metadata"].get("labels", {})
        workflow = labels.get(names.LABEL_INTEGRATION_OF)
        if workflow is None or workflow in self.see.hidden(caller, key.namespace):
            raise no_credential(*key)
        return found

    def router(self) -> APIRouter:
        """Routes below a namespace, where another product has them too."""
        routes = APIRouter()
        for base in BASES:
            self._add(routes, base)
        return routes

    def _add(self, routes: APIRouter, base: str) -> None:
        one = openapi.answer(IntegrationAnswer, "The integration.")
        page = openapi.answer(IntegrationList, "The integrations.")
        reads, key = openapi.READS_BODY, [openapi.IDEMPOTENCY_KEY]
        secured = {"security": openapi.SECURITY}
        body = openapi.body(IntegrationPatch, {"config": _EXAMPLE["config"]}, required=False)
        making = openapi.body(IntegrationForm, _EXAMPLE, parameters=key)
        named = f"{base}/{{integration}}"
        ways: tuple[tuple[str, str, Any, int, Any, tuple[int, ...], Any], ...] = (
            ("GET", base, self.list, 200, page, (400,), secured),
            ("POST", base, self.create, 201, one, (*reads, 409), making),
            ("PUT", base, self.put, 200, one, (*reads, 409, 412), body),
            ("PUT", named, self.put_path, 200, one, (*reads, 409, 412), body),
            ("DELETE", base, self.delete, 204, None, (400, 409, 412), secured),
            ("DELETE", named, self.delete_path, 204, None, (400, 409, 412), secured),
        )
        for method, path, endpoint, status, shown, refusals, more in ways:
            routes.add_api_route(
                path,
                endpoint,
                methods=[method],
                status_code=status,
                responses={**({status: shown} if shown else {}), **openapi.problems(*refusals)},
                response_class=Response,
                openapi_extra=more,
            )


def _answer(status: int, found: Manifest) -> Response:
    return respond(status, integrations.view(found), headers={"ETag": etag(found)})
