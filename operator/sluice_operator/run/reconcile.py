"""Decide what to do with a run that waits. Reads no clock, calls no API, logs nothing."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sluice_core import admission
from sluice_core.api.steps import Settings
from sluice_core.mounts import Mount
from sluice_operator.run import executed
from sluice_operator.run.executed import NotExecutable
from sluice_operator.run.observed import Flow, Pinned, Run


@dataclass(frozen=True)
class Send:
    """Hand it to a runner that has room, to execute this."""

    version: Pinned


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

_LATE = (
    "it took longer than settings.timeoutSeconds, {} s, since its first start, and no runner has "
    "taken it again"
)


def reconcile(run: Run, flow: Flow | None, now: datetime) -> Decision:
    """What is next for a run that no runner works on."""
    if run.blocked_by:
        return Wait("Adopting", "waiting for runners to say whether they hold this run")
    if run.cancelled:
        return End("Cancelled", "Cancelled", "cancelled while no runner worked on it")
    if _is_late(run, now):
        return End(
            "Failed", "Timeout", _LATE.format(run.pinned.timeout_seconds if run.pinned else 0)
        )
    if flow is None:
        return Wait("WorkflowNotFound", f"there is no Workflow {run.workflow.name} here")
    if not run.prepared:
        return Wait("Pending", "reading the runs that it depends on")
    return _held(run, flow, now) or _of_version(run, flow)


def _is_late(run: Run, now: datetime) -> bool:
    return run.deadline is not None and now.timestamp() * 1000 >= run.deadline


def _of_version(run: Run, flow: Flow) -> Decision:
    base = run.pinned or (None if run.named_version else flow.current)
    if base is None:
        return Wait("Pending", "waiting for the version of the workflow that it executes")
    try:
        return Send(executed.of(run, base))
    except NotExecutable as error:
        return End("Failed", error.reason, str(error))


def _held(run: Run, flow: Flow, now: datetime) -> Wait | End | None:
    """What the workflow has against a run that was never accepted."""
    if run.attempt > 1:
        return None  # what has begun is finished
    created = datetime.fromisoformat(run.created)
    verdict = admission.judge(flow.standing, now, admission.kind(run.spec), created)
    if verdict.outcome == "Refused":
        return End("Failed", verdict.reason, verdict.message)
    if flow.invalid:
        return End("Failed", "Invalid", f"workflow {run.workflow.name}: {flow.invalid}")
    return Wait(verdict.reason, verdict.message) if verdict.outcome == "Waits" else None


def lost(run: Run, flow: Flow | None, words: str = "") -> End | None:
    """The end of a run whose runner is gone, or None when it may go on elsewhere.

    `words` tell how that runner ended, where that is known. What no runner has taken has the limit
    of the workflow as it is.
    """
    version = run.pinned or (flow.current if flow else None)
    limit = version.loss_limit if version else Settings().runner_loss_limit
    if run.losses <= limit:
        return None
    last = f"; at last, {words}" if words else ""
    message = f"{run.losses} runners were lost, and settings.runnerLossLimit is {limit}{last}"
    return End("Failed", "RunnerLost", message)


@dataclass(frozen=True, eq=False)
class Room:
    """A runner that takes runs, and how many it has room for."""

    pod: str
    free: int
    mounted: Mapping[str, Mount] = field(default_factory=dict)
    only: str = ""


def why_waiting(flow: Flow | None, needed: Collection[str], rooms: Collection[Room]) -> Wait:
    """Why a run that may go has not gone: no runner took it.

    What is wrong with credentials keeps no run from going, but has it fail: it is told at once.
    """
    why = _no_runner(flow, needed, rooms)
    if flow is not None and flow.lacking and needed and why.reason != "RunnerFailed":
        return Wait("CredentialMissing", f"{flow.lacking}; the run waits because {why.message}")
    return why


def _no_runner(flow: Flow | None, needed: Collection[str], rooms: Collection[Room]) -> Wait:
    if flow is not None and flow.failure:
        return Wait("RunnerFailed", flow.failure)
    if not rooms:
        return Wait("WaitingForRunner", "the workflow's runner is not up yet")
    if flow is not None and not any(flow.admits(needed, room.mounted) for room in rooms):
        lacking = ", ".join(sorted(needed))
        message = f"no runner has these credentials mounted as they are now: {lacking}"
        return Wait("WaitingForRunner", message)
    return Wait("Queued", "every slot of the workflow's runners is taken")


def assign(
    waiting: Iterable[Run],
    rooms: Iterable[Room],
    fits: Callable[[Run, Room], bool] = lambda _run, _room: True,
) -> list[tuple[Run, str]]:
    """Which run goes to which pod: in order of priority and age, to the emptiest that fits."""
    free = {room: room.free for room in rooms if room.free > 0}
    given = []
    for run in sorted(waiting, key=lambda one: one.order):
        room = max(filter(partial(fits, run), free), key=free.__getitem__, default=None)
        if room is None:
            continue
        given.append((run, room.pod))
        free[room] -= 1
        if not free[room]:
            del free[room]
        if not free:
            break
    return given
