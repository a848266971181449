"""When a runner is up: the state and the replicas of a workflow, and its lifecycle policy."""

from dataclasses import dataclass

from sluice_core.api.workflow import WorkflowSpec
from sluice_core.api.workflow_status import StoppedReason

NOT_DEPLOYED = ("Draft", "Archived")


@dataclass(frozen=True)
class Size:
    """How many pods there should be, why, and in words; None is no runner at all."""

    replicas: int | None
    reason: str
    message: str
    stopped: StoppedReason | None = None


def size(spec: WorkflowSpec) -> Size:
    """The size that state, replicas and policy ask for."""
    if spec.state in NOT_DEPLOYED:
        message = f"a workflow in state {spec.state} has no runner; set spec.state to Active"
        return Size(None, spec.state, message)
    if spec.replicas == 0:
        message = "spec.replicas is 0: triggers are refused until it is scaled up"
        return Size(0, "Suspended", message, "Suspended")
    return Size(spec.replicas, "AlwaysOn", _policy(spec))


def _policy(spec: WorkflowSpec) -> str:
    policy = spec.lifecycle.policy
    if policy == "AlwaysOn":
        return "the runner is up by policy AlwaysOn"
    return f"policy {policy} is not served by this release: the runner stays up as with AlwaysOn"
