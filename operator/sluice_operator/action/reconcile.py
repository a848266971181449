"""Decide whether a WorkflowAction can be used. Reads no clock, calls no API, logs nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from pydantic import ValidationError

from sluice_core import conditions, validation
from sluice_core.api.action import WorkflowAction
from sluice_core.catalog import own
from sluice_core.finding import Finding

Manifest: TypeAlias = dict[str, Any]

SHOWN = 5
REASONS = {"NameTaken": "NameTaken", "InvalidSchema": "InvalidSchema"}


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A WorkflowAction as it was read, and why no step may use it, if so.

    `action` is None where the object is of no known form.
    """

    action: WorkflowAction | None
    reason: str = ""
    fault: str = ""


def judge(manifest: Manifest) -> Judged:
    """What is to be thought of the object."""
    try:
        action = WorkflowAction.parse(manifest)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = f"{place}: {first['msg']}; the object is older than the installed CRDs: edit it"
        return Judged(action=None, reason="Unreadable", fault=message)
    found = validation.check_action(action)
    if not found:
        return Judged(action=action)
    return Judged(action=action, reason=_reason(found[0]), fault=_words(found))


def status(manifest: Manifest, judged: Judged, now: datetime) -> dict[str, Any]:
    """The status that says so."""
    generation = manifest["metadata"]["generation"]
    message = judged.fault or _about(judged.action)
    reason = judged.reason or "Ready"
    wanted = conditions.condition("Ready", not judged.fault, reason, message)
    before = manifest.get("status", {}).get("conditions", [])
    return {
        "observedGeneration": generation,
        "conditions": conditions.merged(before, [wanted], generation=generation, now=now),
    }


def _reason(first: Finding) -> str:
    return REASONS.get(first.type, "InvalidTemplate" if _is_template(first) else "InvalidAction")


def _is_template(finding: Finding) -> bool:
    return finding.type.startswith("Template") or finding.type == "UnknownVariable"


def _words(found: list[Finding]) -> str:
    more = len(found) - SHOWN
    said = "; ".join(map(str, found[:SHOWN]))
    return f"{said} (and {more} more: sluice lint shows all)" if more > 0 else said


def _about(action: WorkflowAction | None) -> str:
    if action is None:
        return ""
    row = own.row(action.metadata.name, action.spec)
    return (
        f"{'an HTTP call' if action.spec.http else 'a container'}; leaves by {_listed(row.ports)}"
    )


def _listed(ports: tuple[str, ...]) -> str:
    return ", ".join(ports)
