"""Who calls, and what they may do: TokenReview and SubjectAccessReview, remembered for seconds."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sluice_core import names
from sluice_gateway.cached import Cached
from sluice_gateway.problems import Problem
from sluice_kube.resources import (
    CONFIG_MAPS,
    CREDENTIALS,
    RUNS,
    SECRETS,
    TEMPLATES,
    WORKFLOWS,
    Resource,
)
from sluice_kube.review import Access, Identity, Verdict

_SERVICE_ACCOUNT = "system:serviceaccount:"
_CACHED_TOKENS = 10_000
_CACHED_ACCESS = 50_000
_MAX_TOKEN = 16_384


ReviewToken = Callable[[str], Awaitable[Identity | None]]


class Right(NamedTuple):
    """What a request does, in the words of RBAC."""

    verb: str
    resource: Resource
    subresource: str = ""

    def __str__(self) -> str:
        plural = self.resource.plural
        return f"{self.verb} {plural}" + (f"/{self.subresource}" if self.subresource else "")


ReviewAccess = Callable[[Identity, Access], Awaitable[Verdict]]

TRIGGER = Right("create", WORKFLOWS, "trigger")
EXECUTE = Right("create", WORKFLOWS, "execute")
LIST_WORKFLOWS = Right("list", WORKFLOWS)
GET_RUN = Right("get", RUNS)
LIST_RUNS = Right("list", RUNS)
GET_FLOW = Right("get", WORKFLOWS)
LIST_FLOWS = Right("list", WORKFLOWS)
CREATE_FLOW = Right("create", WORKFLOWS)
UPDATE_FLOW = Right("update", WORKFLOWS)
DELETE_FLOW = Right("delete", WORKFLOWS)
SHARE_FLOW = Right("update", WORKFLOWS, "share")
GET_CONFIG_MAP = Right("get", CONFIG_MAPS)
CANCEL_RUN = Right("update", RUNS)
LIST_TEMPLATES = Right("list", TEMPLATES)
GET_TEMPLATE = Right("get", TEMPLATES)
CREATE_TEMPLATE = Right("create", TEMPLATES)
LIST_CREDENTIALS = Right("list", CREDENTIALS)
GET_CREDENTIAL = Right("get", CREDENTIALS)
CREATE_CREDENTIAL = Right("create", CREDENTIALS)
UPDATE_CREDENTIAL = Right("update", CREDENTIALS)
DELETE_CREDENTIAL = Right("delete", CREDENTIALS)
CREATE_SECRET = Right("create", SECRETS)
UPDATE_SECRET = Right("update", SECRETS)
DELETE_SECRET = Right("delete", SECRETS)


@dataclass(frozen=True, eq=False)
class Caller:
    """Who sent a request. `token` is a hash, which is all that is kept of what they showed."""

    user: Identity
    token: bytes

    @property
    def namespace(self) -> str | None:
        """The namespace of a ServiceAccount; people have none."""
        account = self.user.username.removeprefix(_SERVICE_ACCOUNT)
        return account.partition(":")[0] if account != self.user.username else None


class Gate:
    """Lets requests in. What the API server says of a token or a right holds for `seconds`."""

    def __init__(
        self, review_token: ReviewToken, review_access: ReviewAccess, seconds: float
    ) -> None:
        self._review_token, self._review_access = review_token, review_access
        self._users: Cached[bytes, Identity | None] = Cached(seconds, _CACHED_TOKENS)
        self._access: Cached[tuple[bytes, Access], Verdict] = Cached(seconds, _CACHED_ACCESS)

    async def caller(self, headers: Mapping[str, str]) -> Caller:
        """Raises Problem 401 when the request shows no token, or one that is not for us."""
        token = _token(headers)
        digest = hashlib.sha256(token.encode()).digest()
        user = await self._users.get(digest, lambda: self._review_token(token))
        if user is None:
            detail = (
                "the token is not valid here: it is unknown, expired, or not for the audience "
                f"{names.GATEWAY_AUDIENCE} (kubectl create token NAME "
                f"--audience={names.GATEWAY_AUDIENCE})"
            )
            raise _unauthorized(
                "TokenRefused", detail, 'Bearer realm="sluice", error="invalid_token"'
            )
        return Caller(user, digest)

    async def admit(self, caller: Caller, right: Right, namespace: str, name: str = "") -> None:
        """Raises Problem 403, naming what is missing."""
        access = Access(right.verb, right.resource, namespace, name, right.subresource)
        key = (caller.token, access)
        verdict = await self._access.get(key, lambda: self._review_access(caller.user, access))
        if not verdict.allowed:
            what = f'"{name}" in namespace "{namespace}"' if name else f'in namespace "{namespace}"'
            detail = f'"{caller.user.username}" may not {right} {what}'
            raise Problem(403, "Forbidden", detail)


def _token(headers: Mapping[str, str]) -> str:
    """Of the header Authorization, else X-API-Key; two that differ are refused as neither."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    shown = {bearer.strip() if scheme.lower() == "bearer" else "", headers.get("x-api-key", "")}
    tokens = shown - {""}
    if len(tokens) != 1 or len(token := tokens.pop()) > _MAX_TOKEN:
        detail = "send one token, as Authorization: Bearer … or as X-API-Key"
        raise _unauthorized("TokenMissing", detail, 'Bearer realm="sluice"')
    return token


def _unauthorized(reason: str, detail: str, challenge: str) -> Problem:
    return Problem(401, reason, detail, headers={"WWW-Authenticate": challenge})
