"""Workflows as callers make, read, change and delete them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sluice_core.api.workflow import Sharing
from sluice_gateway.objects import Api, Objects
from sluice_gateway.refusals import no_workflow
from sluice_kube.resources import WORKFLOWS, Manifest

NO_METADATA: Mapping[str, Any] = MappingProxyType({})


class Workflows(Objects):
    """The workflows of all namespaces; one that is deleted takes its runs along."""

    def __init__(self, session: Api) -> None:
        super().__init__(session, WORKFLOWS, no_workflow)


_UNSHARED: dict[str, Any] = Sharing().model_dump(mode="json", by_alias=True)


def is_shared_alike(spec: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether both are shown to the same; what is absent is what the API server fills in."""
    return _sharing(spec) == _sharing(other)


def _sharing(spec: dict[str, Any]) -> dict[str, Any]:
    return {**_UNSHARED, **spec.get("sharing", {})}


def with_metadata(workflow: Manifest, given: Mapping[str, Any]) -> Manifest:
    """The same object with those labels and annotations besides its own."""
    metadata = workflow["metadata"]
    more = {
        field: {**metadata.get(field, {}), **given[field]}
        for field in ("labels", "annotations")
        if given.get(field)
    }
    return {**workflow, "metadata": {**metadata, **more}}


def with_spec(workflow: Manifest, spec: dict[str, Any]) -> Manifest:
    """The same object with another spec."""
    return {**workflow, "spec": spec}
