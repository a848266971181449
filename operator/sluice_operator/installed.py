"""What is the same for all workflows, from the settings that the chart gives."""

from collections.abc import Mapping

from sluice_operator.resource.observed import Kind
from sluice_operator.settings import Settings
from sluice_operator.workflow.observed import Installation


def read(settings: Settings, public_keys: Mapping[str, str]) -> Installation:
    """As the workflow room sees it."""
    return Installation(
        runner_image=settings.runner_image,
        pull_policy=settings.runner_pull_policy,
        requests={
            "cpu": settings.runner_cpu_request,
            "memory": settings.runner_memory_request,
        },
        limits={"memory": settings.runner_memory_limit},
        release_namespace=settings.release_namespace,
        gateway_service=settings.gateway_service,
        cluster_domain=settings.cluster_domain,
        public_keys=public_keys,
        couriers=bool(settings.courier),
    )


def watched(settings: Settings) -> tuple[Kind, ...]:
    """The kinds whose objects may set runs off, as the room of resource triggers knows them."""
    return tuple(Kind(one.api_version, one.kind) for one in settings.resource_triggers)
