"""Which resource type is behind the kind that a manifest names."""

from sluice_kube import errors
from sluice_kube.resources import Resource
from sluice_kube.session import Session


async def find(session: Session, api_version: str, kind: str) -> Resource | None:
    """What this cluster serves by that name; None where it serves no such kind."""
    try:
        served = await session.served(api_version)
    except errors.NotFound:
        return None
    group, _, version = api_version.rpartition("/")
    for one in served["resources"]:
        if one["kind"] == kind and "/" not in one["name"]:
            return Resource(group, version, one["name"], kind, namespaced=one["namespaced"])
    return None
