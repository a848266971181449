"""Who reaches a runner, and where a runner gets to, as far as a NetworkPolicy can say it.

The egress guard inside the runner judges each connection by host name; a policy knows addresses
only, so it admits what the guard may admit, and keeps the private ranges shut otherwise.
"""

from collections.abc import Iterable
from typing import Any

from sluice_core import names
from sluice_core.api.workflow import Workflow
from sluice_core.catalog import CATALOG
from sluice_core.egress import Target, parse
from sluice_operator.workflow.observed import Installation, Reach
from sluice_operator.workflow.resources.meta import metadata

NAMESPACE_NAME = "kubernetes.io/metadata.name"
CALLERS = ("operator", "gateway")
PRIVATE_V4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "168.63.129.16/32", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
)  # fmt: skip
PRIVATE_V6 = ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")  # of what is handed out
INNER_V4 = (
    "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32", "192.0.0.192/32",
    "100.100.100.200/32", "224.0.0.0/3",
)  # fmt: skip
INNER_V6 = ("::/127", "64:ff9b::/96", "2002::/16", "fe80::/9", "fd00:ec2::/32", "ff00::/8")
HTTPS = 443


def make_network_policy(
    workflow: Workflow, installation: Installation, reach: Reach
) -> dict[str, Any]:
    """Ingress from operator and gateway; egress to DNS, public TLS and what is allowed."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(workflow, names.runner(workflow.metadata.name)),
        "spec": {
            "podSelector": {"matchLabels": {names.LABEL_WORKFLOW: workflow.metadata.name}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [_from_callers(installation.release_namespace)],
            "egress": _egress(installation, reach, _ports(workflow)),
        },
    }


def make_containers_policy(
    workflow: Workflow, installation: Installation, reach: Reach
) -> dict[str, Any]:
    """The containers of its steps are reached by nobody, and get where the runner gets."""
    name = workflow.metadata.name
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(workflow, names.containers(name)),
        "spec": {
            "podSelector": {"matchLabels": {names.LABEL_CONTAINER_OF: name}},
            "policyTypes": ["Ingress", "Egress"],
            "egress": _egress(installation, reach, (HTTPS,)),
        },
    }


def _egress(installation: Installation, reach: Reach, ports: Iterable[int]) -> list[dict[str, Any]]:
    return [
        _dns(),
        {"to": _anywhere_public(), "ports": [{"port": one, "protocol": "TCP"} for one in ports]},
        *(_allowed(parse(one), installation.cluster_domain, reach) for one in reach.allow),
    ]


def _from_callers(release_namespace: str) -> dict[str, Any]:
    peers = {
        "namespaceSelector": {"matchLabels": {NAMESPACE_NAME: release_namespace}},
        "podSelector": {
            "matchExpressions": [
                {"key": names.LABEL_COMPONENT, "operator": "In", "values": list(CALLERS)}
            ],
            "matchLabels": {names.LABEL_NAME: "sluice"},
        },
    }
    return {"from": [peers], "ports": [{"port": names.RUNNER_PORT, "protocol": "TCP"}]}


def _dns() -> dict[str, Any]:
    return {
        "to": [{"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: "kube-system"}}}],
        "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
    }


def _ports(workflow: Workflow) -> list[int]:
    """What the guard opens on public addresses for the steps' actions: TLS and SSH alone."""
    used = {step.action for step in workflow.spec.steps} & CATALOG.keys()
    return sorted({HTTPS}.union(*(CATALOG[action].reaches for action in used)))


def _anywhere_public() -> list[dict[str, Any]]:
    return [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": list(PRIVATE_V4)}},
        {"ipBlock": {"cidr": "2000::/3", "except": list(PRIVATE_V6)}},
    ]


def _anywhere_but_inside() -> list[dict[str, Any]]:
    """Where a name may lead: not to what answers for the pod, its node or its cloud."""
    return [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": list(INNER_V4)}},
        {"ipBlock": {"cidr": "::/0", "except": list(INNER_V6)}},
    ]


def _allowed(target: Target, domain: str, reach: Reach) -> dict[str, Any]:
    if target.network is not None:
        return {"to": [{"ipBlock": {"cidr": str(target.network)}}], **_port(target)}
    namespace = _service_namespace(target.host, domain)
    if namespace is not None:
        # After translation the port is the pod's, which the Service's name does not tell.
        return {"to": [{"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: namespace}}}]}
    anywhere = _anywhere_but_inside() if reach.private else _anywhere_public()
    return {"to": anywhere, **_port(target)}


def _port(target: Target) -> dict[str, Any]:
    return {"ports": [{"port": target.port, "protocol": "TCP"}]} if target.port else {}


def _service_namespace(host: str, domain: str) -> str | None:
    """The namespace in `<service>.<namespace>.svc[.<domain>]`."""
    labels = host.removesuffix(f".{domain}").split(".")
    return labels[1] if len(labels) == 3 and labels[2] == "svc" else None
