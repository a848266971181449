"""The objects of an API key: the Secret that it lives as long as, and an account made for it.

Nobody stores the key itself: the Secret is empty, and the token is bound to it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sluice_core import names

Manifest = dict[str, Any]

# The chart's edit and admin are parts of Kubernetes' own roles, and lack the lesser ones.
ROLES = {
    "view": ("sluice-view",),
    "trigger": ("sluice-trigger",),
    "edit": ("sluice-view", "sluice-edit"),
    "admin": ("sluice-view", "sluice-edit", "sluice-admin"),
}


def make_account(key: str) -> Manifest:
    """A ServiceAccount for this key alone."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": names.api_key(key), "labels": {names.LABEL_API_KEY: key}},
        "automountServiceAccountToken": False,
    }


def make_bindings(key: str, role: str, account: Manifest) -> list[Manifest]:
    """What gives that account the role and the lesser ones; they go with the account."""
    return [_binding(key, one, account) for one in ROLES[role]]


def _binding(key: str, role: str, account: Manifest) -> Manifest:
    group = "rbac.authorization.k8s.io"
    subject = {"kind": "ServiceAccount", "name": names.api_key(key)}
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": _metadata(key, account) | {"name": f"{names.api_key(key)}-{role}"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [subject | {"namespace": account["metadata"]["namespace"]}],
    }


def make_secret(key: str, account: Manifest, role: str | None = None) -> Manifest:
    """Holds nothing; the token is good for as long as it is there. It goes with the account.

    `role` is what an account has that was made for the key.
    """
    metadata = _metadata(key, account)
    metadata["annotations"] = {names.ANNOTATION_KEY_ACCOUNT: account["metadata"]["name"]}
    if role:
        metadata["annotations"][names.ANNOTATION_KEY_ROLE] = role
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": names.API_KEY_TYPE,
    }


def make_request(secret: Manifest, expires: timedelta) -> Manifest:
    """The TokenRequest, bound to the Secret, for the gateway and nobody else."""
    meta = secret["metadata"]
    bound = {"apiVersion": "v1", "kind": "Secret", "name": meta["name"], "uid": meta["uid"]}
    spec = {
        "audiences": [names.GATEWAY_AUDIENCE],
        "expirationSeconds": int(expires.total_seconds()),
        "boundObjectRef": bound,
    }
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}


def has_own_account(secret: Manifest) -> bool:
    """Whether its account was made for it."""
    return names.ANNOTATION_KEY_ROLE in (secret["metadata"].get("annotations") or {})


def described(secret: Manifest, now: datetime) -> dict[str, Any]:
    """A key as people and programs are shown it."""
    meta = secret["metadata"]
    notes: Mapping[str, str] = meta.get("annotations") or {}
    expires = notes.get(names.ANNOTATION_KEY_EXPIRES, "")
    return {
        "name": meta["labels"][names.LABEL_API_KEY],
        "serviceAccount": notes.get(names.ANNOTATION_KEY_ACCOUNT, ""),
        "created": meta["creationTimestamp"],
        "expires": expires,
        "expired": bool(expires) and expires <= stamp(now),
    }


def table(keys: list[dict[str, Any]]) -> str:
    """A line for each, under a line of titles."""
    rows = [("NAME", "SERVICE ACCOUNT", "CREATED", "EXPIRES")]
    for one in keys:
        expires = f"{one['expires'] or '-'}{' (over)' if one['expired'] else ''}"
        rows.append((one["name"], one["serviceAccount"], one["created"], expires))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("   ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def stamp(time: datetime) -> str:
    """A time for an annotation."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _metadata(key: str, account: Manifest) -> Manifest:
    meta = account["metadata"]
    owner = {
        "apiVersion": "v1", "kind": "ServiceAccount", "name": meta["name"], "uid": meta["uid"],
    }  # fmt: skip
    labels = {names.LABEL_API_KEY: key}
    return {"name": names.api_key(key), "labels": labels, "ownerReferences": [owner]}
