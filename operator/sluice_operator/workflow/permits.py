"""What of a workflow's wishes the plan of its namespace permits, in sentences for its author."""

import ipaddress
from collections.abc import Iterable, Iterator

from sluice_core import egress, names
from sluice_core.api.workflow import WorkflowSpec
from sluice_operator.workflow import caps
from sluice_operator.workflow.observed import Observed, Plan, Reach


def refusals(seen: Observed) -> list[str]:
    """All that is not permitted; nothing beyond public HTTPS is, where no plan says so."""
    spec, plan = seen.workflow.spec, seen.plan
    if plan is not None and plan.spec is None:
        message = (
            f"the namespace's label {names.LABEL_PLAN} names the WorkflowPlan {plan.name}, "
            "which does not exist: create it or correct the label"
        )
        return [message]
    return [*_egress(spec, plan), *_runner(spec, plan), *caps.refusals(seen), *_graph(spec, plan)]


def reach(spec: WorkflowSpec, plan: Plan | None) -> Reach:
    """What a workflow that is not refused may connect to."""
    limits = plan.spec.egress if plan and plan.spec else None
    has_plan = plan is not None and plan.spec is not None
    private = has_plan and (limits is None or limits.allow_private)
    return Reach(spec.egress.allow, private)


def _egress(spec: WorkflowSpec, plan: Plan | None) -> Iterator[str]:
    if plan is None or plan.spec is None:
        for entry in spec.egress.allow:
            if not _is_public_https(entry):
                yield (
                    f"egress.allow {entry}: this needs a WorkflowPlan that permits it; label the "
                    f"namespace {names.LABEL_PLAN}=<plan>"
                )
        return
    for entry in egress.refused(spec.egress.allow, plan.spec.egress):
        yield f"egress.allow {entry}: the plan {plan.name} does not permit it"


def _is_public_https(entry: str) -> bool:
    target = egress.parse(entry)
    if target.network is not None or target.port not in (None, 443):
        return False
    labels = target.host.split(".")
    return "svc" not in labels and len(labels) > 1 and not _is_address(target.host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _runner(spec: WorkflowSpec, plan: Plan | None) -> Iterator[str]:
    allowed = plan.spec if plan else None
    runner = spec.runner
    if runner.image and runner.image not in (allowed.images if allowed else ()):
        yield _unlisted("runner.image", runner.image, "images", plan)
    account = runner.service_account_name
    if account and account not in (allowed.service_accounts if allowed else ()):
        yield _unlisted("runner.serviceAccountName", account, "serviceAccounts", plan)
    for label in _unknown(runner.labels, allowed.pod_labels if allowed else ()):
        yield _unlisted("runner.labels", label, "podLabels", plan)
    for field in ("annotations", "node_selector", "tolerations"):
        if getattr(runner, field):
            name = field.replace("node_selector", "nodeSelector")
            yield f"runner.{name} is not permitted: no plan can list it in this release; remove it"


def _unknown(wanted: Iterable[str], listed: Iterable[str] | None) -> list[str]:
    return sorted(set(wanted) - set(listed or ()))


def _unlisted(field: str, value: str, where: str, plan: Plan | None) -> str:
    holder = f"the plan {plan.name}" if plan else "a WorkflowPlan for this namespace"
    return f"{field} {value} is not permitted: {holder} must list it under {where}"


def _graph(spec: WorkflowSpec, plan: Plan | None) -> Iterator[str]:
    limits = plan.spec if plan else None
    if plan is None or limits is None:
        return
    if limits.actions:
        for action in _unknown((step.action for step in spec.steps), limits.actions):
            yield f"action {action}: the plan {plan.name} does not list it under actions"
