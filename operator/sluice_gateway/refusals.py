"""Why a workflow takes no run at the moment, or takes none from this caller."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sluice_core import admission
from sluice_gateway.flows import Flow
from sluice_gateway.listening import Listener
from sluice_gateway.problems import Problem
from sluice_kube.review import Identity


def check_takes_runs(flow: Flow, spec: Mapping[str, Any], now: datetime) -> None:
    """Raises Problem 409 or 422 for a workflow that does not take such a run as it is."""
    verdict = admission.judge(flow.standing, now, admission.kind(spec))
    if verdict.outcome == "Refused":
        raise Problem(409, f"Workflow{verdict.reason}", verdict.message)
    if flow.steps == 0:
        raise Problem(
            422, "WorkflowEmpty", f"{_the(flow)} has no steps, so there is nothing to run"
        )
    if flow.invalid is not None:
        raise Problem(409, "WorkflowInvalid", f"{_the(flow)} cannot run: {flow.invalid}")


def no_trigger(flow: Flow, kind: str) -> Problem:
    """A workflow that cannot be set off in this way."""
    detail = f"{_the(flow)} has no {kind} trigger; add one to spec.triggers"
    return Problem(422, "TriggerMissing", detail)


def check_enabled(flow: Flow, listener: Listener) -> None:
    """Raises Problem 409 for a trigger that its author has switched off."""
    if not listener.enabled:
        detail = f'the trigger "{listener.name}" of {_the(flow)} is not enabled'
        raise Problem(409, "TriggerDisabled", detail)


def _the(flow: Flow) -> str:
    return f'the workflow "{flow.name}"'


def is_visible(flow: Flow, user: Identity) -> bool:
    """Whether REST shows the workflow: a Private one to its owner and those it names alone."""
    if flow.visibility != "Private" or user.username == flow.owner:
        return True
    return user.username in flow.users or not flow.groups.isdisjoint(user.groups)


def no_workflow(namespace: str, name: str) -> Problem:
    """The same for one that does not exist and one that the caller must not see."""
    detail = f'there is no workflow "{name}" in namespace "{namespace}"'
    return Problem(404, "WorkflowNotFound", detail)


def no_run(namespace: str, name: str) -> Problem:
    """The same for one that does not exist and one that the caller must not see."""
    return Problem(404, "RunNotFound", f'there is no run "{name}" in namespace "{namespace}"')
