"""How far a runner is up, in the words of the Deployment, its pods and the kubelet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sluice_core import names
from sluice_core.api.workflow_status import DeploymentStatus
from sluice_operator.workflow.observed import Manifest

STUCK = (
    "CreateContainerConfigError", "CreateContainerError", "CrashLoopBackOff", "ErrImageNeverPull",
    "ErrImagePull", "ImageInspectError", "ImagePullBackOff", "InvalidImageName",
    "RunContainerError",
)  # fmt: skip


RAN = ("CrashLoopBackOff",)  # of those in which there is a log


@dataclass(frozen=True)
class Rollout:
    """`failure` says in the kubelet's or API server's words why no pod gets ready."""

    status: DeploymentStatus
    pods: int
    ready: int
    failure: str = ""


def read(
    deployment: Manifest | None,
    pods: Iterable[Manifest],
    wanted: int | None,
    *,
    solo: bool = False,
    refusal: str = "",
) -> Rollout:
    """What the objects show; `wanted` is None where there should be no Deployment.

    With `solo` there are pods for single runs in its place, and `refusal` is why one is not there.
    """
    there = [pod for pod in pods if not _is_over(pod)]
    alive = [pod for pod in there if "deletionTimestamp" not in pod["metadata"]]
    ready = sum(1 for pod in alive if _is_ready(pod))
    failure = "" if ready else _failure(deployment, alive) or refusal
    if wanted or (solo and (alive or refusal)):
        return Rollout(_rising(ready, failure), len(alive), ready, failure)
    if solo and deployment is None:
        wanted = 0
    return Rollout(_falling(deployment, len(there), wanted), len(alive), ready, failure)


def _rising(ready: int, failure: str) -> DeploymentStatus:
    if ready:
        return "Running"
    return "Failed" if failure else "Starting"


def _falling(deployment: Manifest | None, pods: int, wanted: int | None) -> DeploymentStatus:
    """A pod on its way out may still finish a run: nothing is stopped before it is gone."""
    if wanted is None:
        return "NotDeployed" if deployment is None and not pods else "Stopping"
    return "Stopping" if pods else "Stopped"


def _is_over(pod: Manifest) -> bool:
    """Evicted, or done: Kubernetes does not count it, and may leave it there for days."""
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def _is_ready(pod: Manifest) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def of_pod(pod: Manifest) -> str:
    """Why it does not start, in the words of scheduler and kubelet; empty where it may."""
    status = pod.get("status", {})
    for condition in status.get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"{condition.get('reason', 'Unschedulable')}: {condition.get('message', '')}"
    for container in status.get("containerStatuses", []):
        waiting = container.get("state", {}).get("waiting", {})
        if waiting.get("reason") in STUCK:
            return _words(waiting, container, pod)
    return ""


def end_of(pod: Manifest) -> str:
    """How it ended, in the kubelet's words; empty where it does not say."""
    status, meta = pod.get("status", {}), pod["metadata"]
    states = [one.get("state", {}) for one in status.get("containerStatuses", [])]
    ended: Manifest = next((one["terminated"] for one in states if "terminated" in one), {})
    if not ended and not status.get("reason"):
        return ""
    reason = status.get("reason") or ended.get("reason", "Error")
    code = f" (exit code {ended['exitCode']})" if "exitCode" in ended else ""
    message = status.get("message") or ended.get("message", "").strip()
    said = f"{reason}{code}{': ' if message else ''}{message}"
    return f"the pod {meta['name']} ended: {said}; {_look(pod)}"


def _failure(deployment: Manifest | None, pods: list[Manifest]) -> str:
    return next((text for text in _failures(deployment, pods) if text), "")


def _failures(deployment: Manifest | None, pods: list[Manifest]) -> Iterator[str]:
    for pod in pods:
        yield of_pod(pod)
    for condition in (deployment or {}).get("status", {}).get("conditions", []):
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            yield f"{condition['reason']}: {condition['message']}"


def _words(waiting: dict[str, Any], container: dict[str, Any], pod: Manifest) -> str:
    last = container.get("lastState", {}).get("terminated", {})
    why = ": ".join(part for part in (last.get("reason"), last.get("message", "").strip()) if part)
    exit_words = f" (last exit code {last['exitCode']}{', ' if why else ''}{why})" if last else ""
    look = _look(pod) if waiting["reason"] in RAN else _describe(pod)
    return f"{waiting['reason']}{exit_words}: {waiting.get('message', '')}; {look}"


def _look(pod: Manifest) -> str:
    meta = pod["metadata"]
    return f"see kubectl logs -n {meta['namespace']} {meta['name']} -c {names.RUNNER_CONTAINER}"


def _describe(pod: Manifest) -> str:
    meta = pod["metadata"]
    return f"see kubectl describe pod -n {meta['namespace']} {meta['name']}"
