"""A WorkflowCredential as the REST API tells of it: every secret as the same dots."""

from collections.abc import Collection
from typing import Any
from urllib.parse import quote

from sluice_core import conditions, names
from sluice_gateway.credential_forms import MASK, NUMBERED, secret_fields
from sluice_gateway.workflow_view import changed_at
from sluice_kube.resources import Key, Manifest


def url(key: Key) -> str:
    """Where a credential is found, from the root of this API."""
    return f"/api/v1/namespaces/{quote(key.namespace)}/credentials/{quote(key.name)}"


def detail(credential: Manifest, hidden: Collection[str] = ()) -> dict[str, Any]:
    """`hidden` are workflows that the caller must not see."""
    metadata, spec = credential["metadata"], credential["spec"]
    status, kind = credential.get("status", {}), spec["type"]
    ready = conditions.find(status.get("conditions", ()), "Ready")
    workflow = metadata.get("labels", {}).get(names.LABEL_INTEGRATION_OF)
    return {
        "id": metadata["name"],
        "name": title(credential),
        "namespace": metadata["namespace"],
        "type": kind,
        "credentialType": NUMBERED.index(kind) if kind in NUMBERED else None,
        "data": spec.get("config", {}) | dict.fromkeys(_secret(spec), MASK),
        "secret": spec["secretRef"]["name"],
        "workflowId": None if workflow in hidden else workflow,
        "ready": None if ready is None else ready["status"] == "True",
        "message": "" if ready is None else ready.get("message", ""),
        "usedBy": [one for one in status.get("usedBy", ()) if one not in hidden],
        "createdAt": metadata.get("creationTimestamp"),
        "updatedAt": changed_at(metadata),
        "url": url(Key.of(credential)),
    }


def title(credential: Manifest) -> str:
    """What people call it."""
    metadata = credential["metadata"]
    notes: dict[str, str] = metadata.get("annotations", {})
    return notes.get(names.ANNOTATION_TITLE) or str(metadata["name"])


def _secret(spec: Manifest) -> list[str]:
    """The secret fields that it has; of a Secret that others made, those that it may have."""
    if spec.get("keys"):
        return sorted(spec["keys"])
    config = spec.get("config", {})
    return sorted(name for name in secret_fields(spec["type"]) if name not in config)
