"""What a pod's manifest says of the runner in it."""

from typing import Any

from sluice_core import mounts, names
from sluice_operator.run.calls import Pod

Manifest = dict[str, Any]


def read(manifest: Manifest) -> Pod | None:
    """The runner, or None where the pod has no address yet."""
    meta, status = manifest["metadata"], manifest.get("status", {})
    workflow_uid = _env(manifest, "SLUICE_WORKFLOW_UID")
    if not status.get("podIP") or not workflow_uid:
        return None
    return Pod(
        uid=meta["uid"],
        name=meta["name"],
        address=status["podIP"],
        namespace=meta["namespace"],
        workflow=meta["labels"][names.LABEL_WORKFLOW],
        workflow_uid=workflow_uid,
        only=only(manifest),
        mounted=mounts.of_pod(manifest),
    )


def only(manifest: Manifest) -> str:
    """The one attempt that the pod is for; empty for one that takes all runs of its workflow."""
    return _env(manifest, "SLUICE_ONE_RUN")


def has_ended(manifest: Manifest) -> bool:
    """Whether the pod will never work again, though it still exists."""
    return manifest.get("status", {}).get("phase") in ("Succeeded", "Failed")


def _env(manifest: Manifest, name: str) -> str:
    [container] = [c for c in manifest["spec"]["containers"] if c["name"] == names.RUNNER_CONTAINER]
    return next((one.get("value", "") for one in container["env"] if one["name"] == name), "")
