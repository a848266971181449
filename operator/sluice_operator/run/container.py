"""The Job of a step's container: how it is made, and what it and its pod say of how it went."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
from pydantic import JsonValue

from sluice_core import names, plain, wire
from sluice_operator.run.observed import Run

Manifest: TypeAlias = dict[str, Any]

NAME = "main"
USER = 65532
GRACE_SECONDS = 5
START_SECONDS = 60  # that a pod may take to find a node, beyond the time of its container
KEPT_SECONDS = 600  # after its end: as long as a run is kept at least
LOG_LINES = 200
LOG_BYTES = 32 * plain.KIB
OUTPUT_BYTES = 16 * plain.KIB
DEADLINE = "DeadlineExceeded"
STUCK = (
    "CreateContainerConfigError", "CreateContainerError", "ErrImageNeverPull", "ImageInspectError",
    "ImagePullBackOff", "InvalidImageName", "RunContainerError",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """What the plan permits to containers of a workflow, and what the chart gives them."""

    images: tuple[str, ...] = ()
    requests: Mapping[str, Any]
    limits: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The container is over; without an exit code it did not end by itself."""

    exit_code: int | None = None
    reason: str = ""
    message: str = ""

    @property
    def failed(self) -> bool:
        """Whether it did not do what it was for."""
        return self.exit_code != 0 or self.reason == DEADLINE


@dataclass(frozen=True)
class Stuck:
    """The container does not start, and will not; in the kubelet's words."""

    words: str


def refusal(image: str, site: Site) -> str:
    """Why an image must not run; nothing if it may."""
    if image in site.images:
        return ""
    return (
        f"the image {image} is not permitted: the WorkflowPlan of the namespace must list it under "
        "images"
    )


def name_of(run: Run, key: str, number: int) -> str:
    """The same for whoever leads; another one after each retry of the run.

    `number` counts the Jobs of one key: a step that is tried again after its container failed
    gets another one.
    """
    return names.keyed_run(
        run.workflow.name, run.uid, "container", key, str(run.retries), str(number)
    )


def request_of(run: Run, asked: wire.Request) -> str:
    """What tells one time of asking from another."""
    return f"{run.attempt}/{asked.request}"


def make_job(
    run: Run, asked: wire.Request, wanted: wire.ContainerJob, site: Site, name: str
) -> Manifest:
    """Under the restricted Pod Security Standard, without a token, in a bounded time."""
    labels = names.container_of(run.workflow.name)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": run.name.namespace,
            "labels": labels,
            "annotations": {names.ANNOTATION_REQUEST: request_of(run, asked)},
            "ownerReferences": [_owner(run)],
        },
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": wanted.timeout_seconds + START_SECONDS,
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "template": {"metadata": {"labels": labels}, "spec": _pod(wanted, site)},
        },
    }


def _owner(run: Run) -> Manifest:
    return {
        "apiVersion": names.API_VERSION,
        "kind": "WorkflowRun",
        "name": run.name.name,
        "uid": run.uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }


def _pod(wanted: wire.ContainerJob, site: Site) -> Manifest:
    """The pod's own deadline leaves it there with its log; the Job's would delete it."""
    return {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": wanted.timeout_seconds,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(wanted, site)],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}}],
    }


def _container(wanted: wire.ContainerJob, site: Site) -> Manifest:
    made: Manifest = {
        "name": NAME,
        "image": wanted.image,
        "env": [{"name": name, "value": literal(text)} for name, text in wanted.env.items()],
        "resources": {
            "requests": {**site.requests, **_quantities(wanted, "requests")},
            "limits": {**site.limits, **_quantities(wanted, "limits")},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - the pod's own
    }
    if wanted.command:
        made["command"] = [literal(word) for word in wanted.command]
    if wanted.args:
        made["args"] = [literal(word) for word in wanted.args]
    return made


def literal(text: str) -> str:
    """As it is, though Kubernetes fills in `$(NAME)` in what a container is given."""
    return text.replace("$", "$$")


def _quantities(wanted: wire.ContainerJob, kind: str) -> Mapping[str, Any]:
    given = wanted.resources.get(kind)
    return given if isinstance(given, dict) else {}


def is_of(job: Manifest, run_uid: str) -> bool:
    """Whether a step of that run has asked for the Job."""
    return any(one["uid"] == run_uid for one in job["metadata"].get("ownerReferences", ()))


def is_over(job: Manifest) -> bool:
    """Whether Kubernetes is through with the Job."""
    return _condition(job, "Complete") is not None or _condition(job, "Failed") is not None


def end_of(job: Manifest, pod: Manifest | None) -> Ended | Stuck | None:
    """How the container went; None while it may still go on."""
    found = _of_pod(pod) if pod is not None else None
    if found is not None:
        return found
    alive = pod is not None and "deletionTimestamp" not in pod["metadata"]
    failed = _condition(job, "Failed")
    if failed is not None and (not alive or failed.get("reason") == DEADLINE):
        return Ended(reason=failed.get("reason", "Failed"), message=failed.get("message", ""))
    if _condition(job, "Complete") is not None and pod is None:
        return Ended(exit_code=0)
    return None


def _condition(job: Manifest, kind: str) -> Manifest | None:
    shown = job.get("status", {}).get("conditions", ())
    return next((one for one in shown if one["type"] == kind and one["status"] == "True"), None)


def _of_pod(pod: Manifest) -> Ended | Stuck | None:
    status = pod.get("status", {})
    states = [one.get("state", {}) for one in status.get("containerStatuses", ())]
    ended = next((one["terminated"] for one in states if "terminated" in one), None)
    late = status.get("reason") == DEADLINE
    if ended is not None:
        reason = DEADLINE if late else ended.get("reason", "")
        return Ended(
            exit_code=ended["exitCode"], reason=reason, message=ended.get("message", "").strip()
        )
    if status.get("phase") == "Failed":
        reason, message = status.get("reason", "Failed"), status.get("message", "")
        return Ended(reason=reason, message=message)
    waiting: Manifest = next((one["waiting"] for one in states if "waiting" in one), {})
    if waiting.get("reason") in STUCK:
        return Stuck(f"{waiting['reason']}: {waiting.get('message', '')}".rstrip(": "))
    return None


def outcome(job: str, ended: Ended, raw_log: bytes) -> wire.JobOutcome:
    """What the step is told; `raw_log` is the end of the container's log."""
    lines, is_cut = _lines(raw_log)
    output = None if ended.failed else _output(ended.message, lines)
    return wire.JobOutcome(
        job=job,
        exit_code=ended.exit_code,
        reason=ended.reason,
        message=plain.cut(ended.message, OUTPUT_BYTES),
        output=output,
        log=lines,
        truncated=is_cut,
    )


def _output(message: str, lines: tuple[str, ...]) -> JsonValue:
    """Of the termination message, which need not be JSON; else of the log, where it must be."""
    if message:
        try:
            value: JsonValue = orjson.loads(message)
        except orjson.JSONDecodeError:
            return message
        return value
    for line in reversed(lines):
        if line.lstrip().startswith("{"):
            try:
                found: JsonValue = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            return found
    return None


def _lines(raw: bytes) -> tuple[tuple[str, ...], bool]:
    """The last lines that fit, and whether there were more."""
    tail = raw[-LOG_BYTES:]
    if len(tail) < len(raw):
        tail = tail.partition(b"\n")[2] or tail
    lines = tail.decode(errors="replace").splitlines()
    return tuple(lines[-LOG_LINES:]), len(tail) < len(raw) or len(lines) > LOG_LINES
