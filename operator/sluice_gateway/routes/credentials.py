"""Credentials: plain values in, dots out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from sluice_core import caps
from sluice_core.api import bounds
from sluice_gateway import bodies, credential_forms, credential_secrets, credential_view, openapi
from sluice_gateway.auth import (
    CREATE_CREDENTIAL,
    CREATE_SECRET,
    DELETE_CREDENTIAL,
    DELETE_SECRET,
    GET_CREDENTIAL,
    LIST_CREDENTIALS,
    UPDATE_CREDENTIAL,
    UPDATE_SECRET,
    Caller,
)
from sluice_gateway.credential_forms import Wish
from sluice_gateway.credentials import (
    Credentials,
    changed,
    in_use,
    not_written,
    replaced,
)
from sluice_gateway.desk import Desk, respond
from sluice_gateway.idempotency import Once, once
from sluice_gateway.limits import PAGE_DEFAULT, PAGE_MAX
from sluice_gateway.objects import check_match, etag
from sluice_gateway.plans import Plans, over
from sluice_gateway.problems import Fault, not_valid
from sluice_gateway.refusals import is_visible
from sluice_gateway.schemas.credentials import (
    CREDENTIALS,
    CredentialAnswer,
    CredentialForm,
    CredentialList,
    CredentialPatch,
)
from sluice_kube.resources import Key, Manifest

CredentialName = Annotated[
    str, Path(pattern=bounds.LABEL, max_length=63, description="A credential.")
]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="The most to answer.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="How many to leave out first.")]
Force = Annotated[bool, Query(description="Also while workflows use it, which then fail.")]
BASES = ("/credentials", "/workflows/credentials")


@dataclass(frozen=True)
class SeeCredentials:
    """The endpoints about credentials."""

    desk: Desk
    credentials: Credentials
    plans: Plans

    async def list(
        self, request: Request, limit: Limit = PAGE_DEFAULT, offset: Offset = 0
    ) -> Response:
        """A page of the namespace's credentials, by name."""
        caller, namespace = await self.desk.admit(request, LIST_CREDENTIALS)
        found = await self.credentials.within(namespace)
        hidden = self.hidden(caller, namespace)
        shown = [credential_view.detail(one, hidden) for one in found[offset : offset + limit]]
        content = {"count": len(found), "limit": limit, "offset": offset, "credentials": shown}
        return respond(200, content)

    async def create(self, request: Request) -> Response:
        """Make a credential, and with plain values also its Secret.

        Needs `create secrets` besides, in a namespace where the gateway writes Secrets. In our own
        form the Secret is one that is there.
        """
        caller, namespace = await self.desk.admit(request, CREATE_CREDENTIAL)
        form = (await bodies.read(request, CredentialForm, self.desk.limits)).root
        if credential_forms.is_own(form):
            made = await self._create_own(request, caller, namespace, form)
        else:
            wish = credential_forms.read(form)
            made = await self.create_with_secret(request, caller, namespace, wish, {})
        return self.answer(201, caller, made)

    async def create_with_secret(
        self,
        request: Request,
        caller: Caller,
        namespace: str,
        wish: Wish,
        labels: Mapping[str, str],
    ) -> Manifest:
        """The credential as it exists: made by this request, or by an equal one before."""
        self._check_writes(namespace, wish)
        await self.desk.gate.admit(caller, CREATE_SECRET, namespace)
        claim = _claim(request, caller, namespace, [*wish.told(), dict(labels)])
        await self.check_cap(namespace, claim)
        return await self.credentials.make(namespace, wish, claim, labels)

    async def _create_own(
        self, request: Request, caller: Caller, namespace: str, form: dict[str, Any]
    ) -> Manifest:
        manifest = credential_forms.own(form, namespace)
        wished = manifest["metadata"].get("name")
        if not isinstance(wished, str):
            fault = Fault("metadata.name", "is required in this form")
            raise not_valid([fault], "InvalidCredential")
        checked = credential_forms.checked(manifest)
        claim = _claim(request, caller, namespace, checked)
        await self.check_cap(namespace, claim)
        return await self.credentials.create(checked, [wished], claim)

    async def get(self, request: Request, credential: CredentialName) -> Response:
        """One credential; its ETag is for If-Match."""
        caller, namespace = await self.desk.admit(request, GET_CREDENTIAL, credential)
        found = await self.credentials.get(Key(namespace, credential))
        return self.answer(200, caller, found)

    async def put(self, request: Request, credential: CredentialName) -> Response:
        """Change a credential: fields of `data` that are not named, or are dots, stay as they are.

        Null takes a field away. Our own form replaces the spec. New values need `update secrets`.
        """
        caller, namespace = await self.desk.admit(request, UPDATE_CREDENTIAL, credential)
        form = (await bodies.read(request, CredentialPatch, self.desk.limits)).root
        found = await self.change(request, caller, Key(namespace, credential), form)
        return self.answer(200, caller, found)

    async def change(
        self,
        request: Request,
        caller: Caller,
        key: Key,
        form: dict[str, Any],
        data: str = credential_forms.DATA,
    ) -> Manifest:
        """The credential after the change that a body asks for, whose values are in `data`."""
        current = await self.credentials.get(key)
        if_match = request.headers.get("if-match")
        check_match(current, if_match)
        if credential_forms.is_own(form):
            wanted = credential_forms.checked(credential_forms.own(form, key.namespace))
            return await self.credentials.change(key, lambda one: replaced(one, wanted), if_match)
        wish = credential_forms.read(form, current["spec"]["type"], data)
        if wish.secrets:
            await self._write(caller, current, wish)
        return await self.credentials.change(key, lambda one: changed(one, wish), if_match)

    async def _write(self, caller: Caller, current: Manifest, wish: Wish) -> None:
        """The new values, into the Secret that the credential has."""
        namespace = current["metadata"]["namespace"]
        secret = current["spec"]["secretRef"]["name"]
        self._check_writes(namespace, wish)
        await self.desk.gate.admit(caller, UPDATE_SECRET, namespace, secret)
        secrets = self.credentials.secrets
        kept = await secrets.values(current)
        whole = credential_forms.merged(wish, current["spec"].get("config", {}), kept)
        settled = credential_forms.settle(wish, whole)
        changed(current, wish)  # what the kind's own rules refuse must not be written in part
        differ = {name for name, value in settled.secrets.items() if kept.get(name) != value}
        if fields := differ | (wish.dropped & kept.keys()):
            await secrets.change(current, settled, fields)

    async def delete(
        self, request: Request, credential: CredentialName, force: Force = False
    ) -> Response:
        """Delete a credential, and the Secret that was made for it.

        While workflows use it, only with `force`.
        """
        caller, namespace = await self.desk.admit(request, DELETE_CREDENTIAL, credential)
        await self.remove(request, caller, Key(namespace, credential), force=force)
        return Response(status_code=204)

    async def remove(self, request: Request, caller: Caller, key: Key, *, force: bool) -> None:
        """Raises Problem 404, 409 or 412."""
        found = await self.credentials.get(key)
        if credential_secrets.is_own(found):
            secret = found["spec"]["secretRef"]["name"]
            await self.desk.gate.admit(caller, DELETE_SECRET, key.namespace, secret)
        if not force:
            self._check_unused(caller, found)
        await self.credentials.delete(key, request.headers.get("if-match"))
        await self.credentials.secrets.drop(found)

    def answer(self, status: int, caller: Caller, found: Manifest) -> Response:
        """The credential, without what the caller must not see."""
        key = Key.of(found)
        shown = credential_view.detail(found, self.hidden(caller, key.namespace))
        location = credential_view.url(key) if status == 201 else None
        return respond(status, shown, location, headers={"ETag": etag(found)})

    async def check_cap(self, namespace: str, claim: Once) -> None:
        """Raises Problem 403 where the plan admits no more credentials."""
        plan = self.plans.of(namespace)
        if plan is None or plan.spec.max_credentials is None:
            return
        found = await self.credentials.within(namespace)
        beyond = caps.credentials(plan.spec, plan.name, len(found))
        if beyond and not any(claim.made(one) for one in found):
            raise over(beyond)

    def hidden(self, caller: Caller, namespace: str) -> set[str]:
        """The workflows that the caller must not see."""
        flows = self.desk.flows.of(namespace)
        return {flow.name for flow in flows if not is_visible(flow, caller.user)}

    def _check_writes(self, namespace: str, wish: Wish) -> None:
        if not self.credentials.secrets.writes_in(namespace):
            raise not_written(namespace, wish)

    def _check_unused(self, caller: Caller, found: Manifest) -> None:
        """By what the operator says, and by what has changed since it said so."""
        namespace, name = Key.of(found)
        told = found.get("status", {}).get("usedBy", ())
        known = [one.name for one in self.desk.flows.of(namespace) if name in one.credentials]
        if users := {*told, *known}:
            raise in_use(name, users, self.hidden(caller, namespace))

    def router(self) -> APIRouter:
        """Routes below a namespace, where other products look for them too."""
        routes = APIRouter()
        for base in BASES:
            self._add(routes, base)
        return routes

    def _add(self, routes: APIRouter, base: str) -> None:
        detail = openapi.answer(CredentialAnswer, "The credential.")
        page = openapi.answer(CredentialList, "A page of credentials.")
        reads = openapi.READS_BODY
        key = [openapi.IDEMPOTENCY_KEY]
        secured = {"security": openapi.SECURITY}
        changing = {"plain": CREDENTIALS["plain"], "own": {"spec": CREDENTIALS["own"]["spec"]}}
        body = openapi.body(CredentialPatch, examples=changing, required=False)
        making = openapi.body(CredentialForm, examples=CREDENTIALS, parameters=key)
        one = f"{base}/{{credential}}"
        ways: tuple[tuple[str, str, Any, int, Any, tuple[int, ...], Any], ...] = (
            ("GET", base, self.list, 200, page, (400,), secured),
            ("POST", base, self.create, 201, detail, (*reads, 409), making),
            ("GET", one, self.get, 200, detail, (400,), secured),
            ("PUT", one, self.put, 200, detail, (*reads, 409, 412), body),
            ("DELETE", one, self.delete, 204, None, (400, 409, 412), secured),
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


def _claim(request: Request, caller: Caller, namespace: str, told: Any) -> Once:
    return once(request.headers, told, namespace, caller.user.username)
