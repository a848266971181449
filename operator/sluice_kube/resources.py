"""Kinds of the API server and where they live: every path of a request is made here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, TypeAlias

from sluice_kube import errors

Manifest: TypeAlias = dict[str, Any]

# Also what keeps a caller's "../secrets/x" out of a path; wide enough for RBAC's "system:x".
SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")


class Key(NamedTuple):
    """An object's place among those of its resource; the namespace is "" for cluster scope."""

    namespace: str
    name: str

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Self:
        """The key of a manifest or a live object."""
        metadata = manifest["metadata"]
        return cls(metadata.get("namespace", ""), metadata["name"])

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource type: where its objects are, and what their manifests say."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """As in a manifest: "v1", "apps/v1"."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(
        self, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> str:
        """The path of one object, or without a name of all of them.

        Raises Invalid for a namespace or name that no object can have.
        """
        parts = ["/apis" if self.group else "/api", self.api_version]
        if namespace and self.namespaced:
            parts += ["namespaces", _segment(namespace)]
        parts.append(self.plural)
        if name is not None:
            parts.append(_segment(name))
        if subresource:
            parts.append(subresource)
        return "/".join(parts)


def _segment(text: str) -> str:
    if not SEGMENT.fullmatch(text):
        raise errors.Invalid(422, "InvalidName", f"{text!r} cannot be the name of an object")
    return text


SLUICE = "sluice.dev"
WORKFLOWS = Resource(SLUICE, "v1alpha1", "workflows", "Workflow")
RUNS = Resource(SLUICE, "v1alpha1", "workflowruns", "WorkflowRun")
CREDENTIALS = Resource(SLUICE, "v1alpha1", "workflowcredentials", "WorkflowCredential")
TEMPLATES = Resource(SLUICE, "v1alpha1", "workflowtemplates", "WorkflowTemplate")
ACTIONS = Resource(SLUICE, "v1alpha1", "workflowactions", "WorkflowAction", namespaced=False)
PLANS = Resource(SLUICE, "v1alpha1", "workflowplans", "WorkflowPlan", namespaced=False)

PODS = Resource("", "v1", "pods", "Pod")
SERVICES = Resource("", "v1", "services", "Service")
SERVICE_ACCOUNTS = Resource("", "v1", "serviceaccounts", "ServiceAccount")
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
SECRETS = Resource("", "v1", "secrets", "Secret")
NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
EVENTS = Resource("events.k8s.io", "v1", "events", "Event")
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
REPLICASETS = Resource("apps", "v1", "replicasets", "ReplicaSet")
CONTROLLER_REVISIONS = Resource("apps", "v1", "controllerrevisions", "ControllerRevision")
JOBS = Resource("batch", "v1", "jobs", "Job")
NETWORK_POLICIES = Resource("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")
TOKEN_REVIEWS = Resource(
    "authentication.k8s.io", "v1", "tokenreviews", "TokenReview", namespaced=False
)
SUBJECT_ACCESS_REVIEWS = Resource(
    "authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", namespaced=False
)
