"""Decide what to do with a run that waits. Reads no clock, calls no API, logs nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from sluice_operator.run.observed import Flow, Run

REFUSING_STATES = {
    "Draft": "is a draft: set spec.state to Active",
    "Paused": "is paused: set spec.state to Active",
    "Archived": "is archived: set spec.state to Active",
}


@dataclass(frozen=True)
class Send:
    """Hand it to a runner that has room."""


@dataclass(frozen=True)
class Wait:
    """Leave it Pending; the reason and message are shown if that takes long."""

    reason: str
    message: str


@dataclass(frozen=True)
class End:
    """Give it its final phase without a runner."""

    phase: str
    reason: str
    message: str


Decision = Send | Wait | End


def reconcile(run: Run, flow: Flow | None) -> Decision:
    """What is next for a run that no runner works on."""
    if run.blocked_by:
        return Wait("Adopting", "waiting for runners to say whether they hold this run")
    if run.cancelled:
        return End("Cancelled", "Cancelled", "cancelled while no runner worked on it")
    if flow is None:
        return Wait("WorkflowNotFound", f"there is no Workflow {run.workflow.name} here")
    refusal = _refusal(run, flow)
    if refusal is not None:
        return refusal
    if run.pinned is None and (flow.current is None or run.names_version):
        return Wait("Pending", "waiting for the version of the workflow that it executes")
    return Send()


def _refusal(run: Run, flow: Flow) -> End | None:
    name = run.workflow.name
    if run.attempt > 1:
        return None  # it was accepted once; what has begun is finished
    if flow.state in REFUSING_STATES:
        return End("Failed", flow.state, f"workflow {name} {REFUSING_STATES[flow.state]}")
    if flow.replicas == 0:
        message = f"workflow {name} is suspended: kubectl scale workflow {name} --replicas=1"
        return End("Failed", "Suspended", message)
    if flow.invalid:
        return End("Failed", "Invalid", f"workflow {name}: {flow.invalid}")
    if flow.current is not None and flow.current.steps == 0:
        return End("Failed", "Invalid", f"workflow {name} has no steps")
    return None


def lost(run: Run, limit: int) -> End | None:
    """The end of a run whose runner is gone, or None when it may go on elsewhere."""
    if run.losses <= limit:
        return None
    message = (
        f"{run.losses} runners were lost while they worked on it; "
        f"settings.runnerLossLimit is {limit}"
    )
    return End("Failed", "RunnerLost", message)


@dataclass(frozen=True)
class Room:
    """A runner that takes runs, and how many it has room for."""

    pod: str
    free: int


def assign(waiting: Iterable[Run], rooms: Iterable[Room]) -> list[tuple[Run, str]]:
    """Which run goes to which pod: in order of priority and age, to the emptiest pod first."""
    free = {room.pod: room.free for room in rooms}
    given = []
    for run in sorted(waiting, key=lambda one: one.order):
        pod = max(free, key=lambda one: free[one], default=None)
        if pod is None or free[pod] <= 0:
            break
        free[pod] -= 1
        given.append((run, pod))
    return given
