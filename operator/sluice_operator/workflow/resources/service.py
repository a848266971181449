"""The Service under which a workflow is triggered inside the cluster: a name for the gateway."""

from typing import Any

from sluice_core import names
from sluice_core.api.workflow import Workflow
from sluice_operator.workflow.observed import Installation
from sluice_operator.workflow.resources.meta import metadata


def make_service(workflow: Workflow, installation: Installation) -> dict[str, Any]:
    """ExternalName, so that a workflow asleep needs no endpoint of its own."""
    gateway = (
        f"{installation.gateway_service}.{installation.release_namespace}"
        f".svc.{installation.cluster_domain}"
    )
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(workflow, names.runner(workflow.metadata.name)),
        "spec": {
            "type": "ExternalName",
            "externalName": gateway,
            "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
        },
    }
