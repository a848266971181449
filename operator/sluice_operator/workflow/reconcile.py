"""Decide what should exist for one Workflow. Reads no clock, calls no API, logs nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice_core import conditions, mounts, names, scopes, validation, verbs
from sluice_core.definition import Definition, digest
from sluice_core.finding import Finding
from sluice_core.mounts import Mount
from sluice_operator.workflow import (
    containers,
    credentials,
    lifecycle,
    permits,
    rollout,
    situation,
    triggers,
    unserved,
    versions,
)
from sluice_operator.workflow.observed import Child, Manifest, Observed
from sluice_operator.workflow.resources import (
    credential_mounts,
    deployment,
    identity,
    network_policy,
    service,
)

MOST_WARNINGS = 200  # what the CRD admits
TOLD = ("health", "triggers", "nextRunTime")

ASLEEP = ("Asleep", "Waking")

GRAPH = ("Collision", "Cycle", "DuplicateStep", "Empty", "NeverTogether", "NotBefore",
         "Unpaired", "UnknownPort", "UnknownStep")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Desired:
    """What to apply, in this order, what to delete, and the status that says so.

    `mounted` are the credentials that steps name, as pods should have them; None where pods stay
    as they are.
    `size` is how many pods there should be; where the workflow is refused, those that there are
    may go by it, and none comes.
    `costs` are to be written on pods first: which of them Kubernetes is to delete before others.
    """

    objects: tuple[Manifest, ...]
    surplus: tuple[Child, ...]
    status: dict[str, Any]
    size: lifecycle.Size
    mounted: Mapping[str, Mount | None] | None = None
    costs: Mapping[str, str | None] = field(default_factory=dict)


def reconcile(seen: Observed) -> Desired:
    """A workflow that is wrong or not permitted gets nothing; what it had goes when it may."""
    report = validation.check(seen.workflow.spec, seen.actions.catalogue, seen.credentials)
    warnings = [_warning(finding) for finding in report.warnings]
    warnings += unserved.warnings(seen.workflow.spec, couriers=seen.installation.couriers)
    warnings += _of_annotations(seen)
    if report.errors:
        first, more = report.errors[0], len(report.errors) - 1
        message = str(first) + (f" (and {more} more: sluice lint shows all)" if more else "")
        return _refused(seen, _reason(first), message, warnings)
    refusals = [
        *permits.refusals(seen),
        *containers.refusals(seen.workflow.spec, seen.actions.usable, seen.plan),
    ]
    if refusals:
        return _refused(seen, "PlanLimitExceeded", "; ".join(refusals), warnings)
    return _accepted(seen, warnings)


def _refused(seen: Observed, reason: str, message: str, warnings: list[dict[str, Any]]) -> Desired:
    size = lifecycle.decide(situation.of(seen))
    live = seen.deployment["spec"].get("replicas", 1) if seen.deployment else None
    there = None if live is None or size.replicas is None else min(live, size.replicas)
    shown = rollout.read(seen.deployment, seen.pods, there)
    wanted = [
        conditions.condition("Valid", False, reason, message),
        conditions.condition("Ready", False, "Invalid", message),
        conditions.condition("Active", bool(shown.ready), "Invalid", "triggers are refused"),
    ]
    status = _status(seen, wanted, warnings) | {
        "deploymentStatus": "Running" if shown.ready and size.replicas else shown.status,
        "replicas": shown.pods,
    }
    if size.stopped and live is not None:
        status["stoppedReason"] = size.stopped
    return Desired(objects=(), surplus=_leaving(seen, size, live), status=status, size=size)


def _leaving(seen: Observed, size: lifecycle.Size, live: int | None) -> tuple[Child, ...]:
    """What a workflow that is refused has and keeps no longer: its Deployment cannot be changed."""
    if size.replicas is None and not size.solo:
        return _surplus(seen, [])
    if size.replicas or not live:
        return ()
    return tuple(child for child in seen.children if child.kind == "Deployment")


def _accepted(seen: Observed, warnings: list[dict[str, Any]]) -> Desired:
    workflow = seen.workflow
    size = lifecycle.decide(situation.of(seen))
    raw = Definition.of(workflow.spec, seen.actions.usable).encode()
    version = versions.current(digest(raw), seen.revisions, workflow.status.version)
    wanted = credentials.wanted(seen)
    objects: list[Manifest] = []
    if version.is_new:
        objects.append(versions.make_revision(workflow, version.number, raw, digest(raw)))
    if containers.policy_wanted(seen):
        reach = permits.reach(workflow.spec, seen.plan)
        policy = network_policy.make_containers_policy(workflow, seen.installation, reach)
        objects.append(policy)
    objects += _runner(seen, size)
    shown = rollout.read(
        seen.deployment,
        seen.pods,
        size.replicas,
        solo=size.solo,
        refusal=seen.demand.refusal if size.solo else "",
    )
    usable = credentials.condition(seen, wanted)
    status = _status(seen, _conditions(seen, size, shown, usable), warnings)
    status |= {"version": version.number, "scopes": scopes.of(workflow.spec)}
    status |= _runner_status(seen, size, shown)
    return Desired(
        objects=tuple(objects),
        surplus=_surplus(seen, objects),
        status=status,
        mounted=credentials.mounted(wanted),
        size=size,
        costs=_costs(seen),
    )


def _costs(seen: Observed) -> dict[str, str | None]:
    """What pods say of their deletion and should not, or should and do not."""
    costs: dict[str, str | None] = {}
    for pod in seen.pods:
        meta = pod["metadata"]
        shown = meta.get("annotations", {}).get(names.ANNOTATION_DELETION_COST)
        wanted = situation.SPARE if meta["name"] in seen.demand.spare else None
        if shown != wanted and "deletionTimestamp" not in meta:
            costs[meta["name"]] = wanted
    return costs


def _runner(seen: Observed, size: lifecycle.Size) -> Iterator[Manifest]:
    """What runner pods need, in this order, and the Deployment of those that take all runs."""
    if size.replicas is None and not size.solo:
        return
    workflow, installation = seen.workflow, seen.installation
    specs = credentials.existing(credentials.wanted(seen))
    if specs:
        yield credential_mounts.make_config(workflow, specs)
    yield identity.make_service_account(workflow)
    yield identity.make_keys(workflow, installation.public_keys)
    reach = permits.reach(workflow.spec, seen.plan)
    yield network_policy.make_network_policy(workflow, installation, reach)
    if _has_address(size):
        yield service.make_service(workflow, installation)
    if size.replicas is not None:
        yield deployment.make_deployment(workflow, size.replicas, _template(seen))


def _has_address(size: lifecycle.Size) -> bool:
    """A draft is not triggered."""
    return size.replicas is not None or (size.solo and size.reason != "Draft")


def _template(seen: Observed) -> Manifest:
    specs = credentials.existing(credentials.wanted(seen))
    return deployment.make_template(
        seen.workflow,
        seen.installation,
        reach=permits.reach(seen.workflow.spec, seen.plan),
        mounted={name: mounts.of(spec) for name, spec in specs.items()},
    )


def pod_template(seen: Observed) -> Manifest | None:
    """That of a pod for one run; None before what it needs is made."""
    keys = Child("ConfigMap", names.keys_config_map(seen.workflow.metadata.name))
    return _template(seen) if keys in seen.children else None


def _conditions(
    seen: Observed,
    size: lifecycle.Size,
    shown: rollout.Rollout,
    usable: dict[str, Any] | None,
) -> list[dict[str, Any]]:
    """`usable` tells whether the credentials are."""
    spec, watched = seen.workflow.spec, triggers.condition(seen)
    valid = f"{_count(len(spec.steps), 'step')}, {_count(len(spec.triggers), 'trigger')}"
    return [
        conditions.condition("Valid", True, "Valid", valid),
        _ready(seen, size, shown, usable or {}),
        _active(size, shown),
        *([usable] if usable else []),
        *([watched] if watched else []),
    ]


def _ready(
    seen: Observed, size: lifecycle.Size, shown: rollout.Rollout, usable: Mapping[str, Any]
) -> dict[str, Any]:
    """Asleep it is ready, and stays so while it wakes: runs are taken all the time."""
    if shown.failure and size.solo:
        return conditions.condition("Ready", False, "RunnerFailed", shown.failure)
    if not size.replicas:
        reason = "Asleep" if size.takes_runs and not size.solo else size.reason
        return conditions.condition("Ready", size.takes_runs, reason, size.message)
    if shown.failure:
        return conditions.condition("Ready", False, "RunnerFailed", shown.failure)
    if shown.ready:
        return _running(shown.ready, size.replicas, usable)
    before = conditions.find(seen.manifest.get("status", {}).get("conditions", ()), "Ready")
    if before is not None and before["status"] == "True" and before["reason"] in ASLEEP:
        return conditions.condition("Ready", True, "Waking", "waiting for the runner's pod")
    return conditions.condition("Ready", False, "Starting", "waiting for the runner's pod")


def _running(ready: int, replicas: int, usable: Mapping[str, Any]) -> dict[str, Any]:
    """A runner that is up serves all steps but those that lack a credential."""
    if usable.get("status") == "False":
        return conditions.condition("Ready", False, usable["reason"], usable["message"])
    message = f"{ready} of {_count(replicas, 'pod')} ready"
    return conditions.condition("Ready", True, "Running", message)


def _active(size: lifecycle.Size, shown: rollout.Rollout) -> dict[str, Any]:
    reason = "RunnerFailed" if shown.failure else size.reason
    return conditions.condition("Active", bool(shown.ready), reason, shown.failure or size.message)


def _runner_status(seen: Observed, size: lifecycle.Size, shown: rollout.Rollout) -> dict[str, Any]:
    meta = seen.workflow.metadata
    made: dict[str, Any] = {"deploymentStatus": shown.status, "replicas": shown.pods}
    if size.stopped:
        made["stoppedReason"] = size.stopped
    elif size.solo and shown.status == "Stopped":
        made["stoppedReason"] = "OnDemand"
    if size.transition is not None:
        made["nextTransitionTime"] = conditions.seconds(size.transition)
    if _has_address(size):
        host = names.trigger_host(meta.name, meta.namespace, seen.installation.cluster_domain)
        made["url"] = f"http://{host}/trigger"
    return made


def _status(
    seen: Observed, wanted: list[dict[str, Any]], warnings: list[dict[str, Any]]
) -> dict[str, Any]:
    before = seen.manifest.get("status", {})
    generation = seen.workflow.metadata.generation
    status = {"version": before["version"]} if "version" in before else {}
    told = before if seen.told is None else seen.told
    status |= {key: told[key] for key in TOLD if key in told}
    status |= {
        "observedGeneration": generation,
        "conditions": conditions.merged(
            before.get("conditions", []), wanted, generation=generation, now=seen.now
        ),
        "selector": names.selector(seen.workflow.metadata.name),
    }
    if warnings:
        status["warnings"] = warnings[:MOST_WARNINGS]
    return status


def _surplus(seen: Observed, objects: list[Manifest]) -> tuple[Child, ...]:
    """Children that are not wanted any more, and the oldest versions."""
    wanted = {Child(one["kind"], one["metadata"]["name"]) for one in objects}
    stale = [c for c in seen.children if c.kind != "ControllerRevision" and c not in wanted]
    limit = seen.workflow.spec.revision_history_limit
    old = versions.surplus(seen.revisions, limit=limit, pinned=seen.pinned)
    name = seen.workflow.metadata.name
    return (*stale, *(Child("ControllerRevision", names.revision(name, r.number)) for r in old))


def _reason(finding: Finding) -> str:
    """The condition's reason: what is drawn wrong apart from what is filled in wrong."""
    if finding.type == "UnknownAction":
        return "UnknownAction"
    return "InvalidGraph" if finding.type in GRAPH else "InvalidConfig"


def _of_annotations(seen: Observed) -> list[dict[str, Any]]:
    said = verbs.problems(seen.workflow.metadata.annotations)
    return [{"type": "InvalidAnnotation", "message": message} for message in said]


def _warning(finding: Finding) -> dict[str, Any]:
    shown = {"type": finding.type, "message": finding.message}
    return shown | ({"step": finding.step} if finding.step else {})


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
