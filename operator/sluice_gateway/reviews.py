"""Ask the API server whose a token is and what its owner may do."""

from sluice_core import names
from sluice_gateway.auth import Access, User
from sluice_kube import resources
from sluice_kube.session import Session


class Reviews:
    """The two questions of `Gate`, as TokenReview and SubjectAccessReview."""

    def __init__(self, session: Session, audiences: tuple[str, ...] = ()) -> None:
        self._session = session
        self._audiences = (names.GATEWAY_AUDIENCE, *audiences)

    async def token(self, token: str) -> User | None:
        """The token's owner; None for one that is unknown, expired or for another audience."""
        kind = resources.TOKEN_REVIEWS
        answer = await self._session.create(
            kind,
            {
                "apiVersion": kind.api_version,
                "kind": kind.kind,
                "spec": {"token": token, "audiences": list(self._audiences)},
            },
        )
        status = answer.get("status", {})
        # An authenticator that knows no audiences names none: then the token is for the API server.
        if not status.get("authenticated") or not status.get("audiences"):
            return None
        user = status["user"]
        return User(
            username=user["username"],
            uid=user.get("uid", ""),
            groups=tuple(user.get("groups") or ()),
            extra=user.get("extra") or {},
        )

    async def access(self, user: User, access: Access) -> bool:
        """Whether RBAC, or whatever authorizes in this cluster, allows it."""
        kind = resources.SUBJECT_ACCESS_REVIEWS
        attributes = {
            "group": names.GROUP,
            "version": names.VERSION,
            "namespace": access.namespace,
            "verb": access.right.verb,
            "resource": access.right.resource,
            "subresource": access.right.subresource,
            "name": access.name,
        }
        answer = await self._session.create(
            kind,
            {
                "apiVersion": kind.api_version,
                "kind": kind.kind,
                "spec": {
                    "user": user.username,
                    "uid": user.uid,
                    "groups": list(user.groups),
                    "extra": {name: list(values) for name, values in user.extra.items()},
                    "resourceAttributes": attributes,
                },
            },
        )
        return bool(answer.get("status", {}).get("allowed"))
