"""Decide what is told of a WorkflowCredential. Reads no clock, calls no API, logs nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from pydantic import ValidationError

from sluice_core import conditions
from sluice_core.api import rules
from sluice_core.api.credential import WorkflowCredential

Manifest: TypeAlias = dict[str, Any]

MOST_USERS = 1000  # what the CRD admits


@dataclass(frozen=True, kw_only=True)
class Observed:
    """The object, and the workflows that name it in a step."""

    manifest: Manifest
    users: frozenset[str]
    now: datetime


def reconcile(seen: Observed) -> dict[str, Any]:
    """The status. Whether the Secret has the keys is told by workflows, as their runners see it."""
    generation = seen.manifest["metadata"].get("generation", 1)
    before = seen.manifest.get("status", {}).get("conditions", [])
    status: dict[str, Any] = {
        "observedGeneration": generation,
        "conditions": conditions.merged(
            before, [_ready(seen), _in_use(seen)], generation=generation, now=seen.now
        ),
    }
    if seen.users:
        status["usedBy"] = sorted(seen.users)[:MOST_USERS]
    return status


def _ready(seen: Observed) -> dict[str, Any]:
    try:
        credential = WorkflowCredential.parse(seen.manifest)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        message = f"{place}: {first['msg']}; the object is older than the installed CRDs: edit it"
        return conditions.condition("Ready", False, "Unreadable", message)
    if broken := [f"{path}: {said}" for path, said in rules.broken(credential)]:
        return conditions.condition("Ready", False, "Invalid", "; ".join(broken))
    spec = credential.spec
    message = f"{spec.type}, from Secret {spec.secret_ref.name}"
    return conditions.condition("Ready", True, "Valid", message)


def _in_use(seen: Observed) -> dict[str, Any]:
    number = len(seen.users)
    if not number:
        return conditions.condition("InUse", False, "Unused", "no step of a workflow names it")
    noun = "workflow" if number == 1 else "workflows"
    return conditions.condition("InUse", True, "Used", f"{number} {noun} of this namespace name it")
