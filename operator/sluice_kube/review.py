"""Ask the API server who a caller is, and what that caller may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sluice_kube.resources import SUBJECT_ACCESS_REVIEWS, TOKEN_REVIEWS, Manifest, Resource
from sluice_kube.session import Session


@dataclass(frozen=True)
class Identity:
    """Who a token stands for; `extra` goes unchanged from one review to the other."""

    username: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Access:
    """A verb on a resource; without a name on all of the namespace, without that on all."""

    verb: str
    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""


@dataclass(frozen=True)
class Verdict:
    """The answer, and the authorizer's reason where it gives one."""

    allowed: bool
    reason: str = ""


async def authenticate(session: Session, token: str, audiences: Sequence[str]) -> Identity | None:
    """Whose token it is, or None when it is not valid for any of the audiences."""
    spec = {"token": token, "audiences": list(audiences)}
    status = (await _reviewed(session, TOKEN_REVIEWS, spec)).get("status", {})
    # An authenticator that knows no audiences answers without any: that is not for us.
    if not status.get("authenticated") or not set(status.get("audiences", ())) & set(audiences):
        return None
    user = status["user"]
    return Identity(
        username=user["username"],
        uid=user.get("uid", ""),
        groups=tuple(user.get("groups", ())),
        extra=user.get("extra", {}),
    )


async def authorize(session: Session, who: Identity, what: Access) -> Verdict:
    """Whether RBAC, or whatever else the cluster asks, lets `who` do this."""
    attributes = {
        "verb": what.verb,
        "group": what.resource.group,
        "version": what.resource.version,
        "resource": what.resource.plural,
        "subresource": what.subresource,
        "namespace": what.namespace,
        "name": what.name,
    }
    spec = {
        "user": who.username,
        "uid": who.uid,
        "groups": list(who.groups),
        "extra": {name: list(values) for name, values in who.extra.items()},
        "resourceAttributes": attributes,
    }
    status = (await _reviewed(session, SUBJECT_ACCESS_REVIEWS, spec))["status"]
    allowed = bool(status.get("allowed")) and not status.get("denied")
    return Verdict(allowed, status.get("reason", ""))


async def _reviewed(session: Session, resource: Resource, spec: Manifest) -> Manifest:
    return await session.create(
        resource,
        {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {}, "spec": spec},
    )
