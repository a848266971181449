"""What a run executes: a version of its workflow, or the definition that it has in its place."""

from functools import lru_cache
from typing import Any

import orjson
from pydantic import ValidationError

from sluice_core import definition, validation
from sluice_core.catalog import own
from sluice_core.definition import Definition
from sluice_operator.run.observed import TERMINAL, Pinned, Run


class NotExecutable(Exception):  # noqa: N818 - what the run is
    """The run must not begin; the reason is one word, the message for people."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def of(run: Run, base: Pinned) -> Pinned:
    """`base` is the version that the run is pinned to. Raises NotExecutable."""
    override = run.spec.get("definition")
    chosen = _override(orjson.dumps(override), base) if override is not None else base
    if chosen.steps == 0:
        raise NotExecutable("Invalid", f"workflow {run.workflow.name} has no steps")
    if run.spec.get("resumeFrom"):
        _check_resumed(run, chosen)
    return chosen


@lru_cache(maxsize=64)
def _override(raw: bytes, base: Pinned) -> Pinned:
    try:
        version = definition.decode(base.raw)
        wanted = Definition.model_validate(orjson.loads(raw), by_alias=True, by_name=False)
        wanted = wanted.using(version.actions)  # whatever it says itself of what actions mean
        found = [*validation.check(wanted, own.catalogue(version.actions)).errors]
        found += definition.exceeds(wanted, version)
        if found:
            raise NotExecutable("Invalid", f"definition: {'; '.join(map(str, found))}")
        return Pinned.of(base.version, wanted)
    except (ValidationError, definition.InvalidDefinition) as error:
        raise NotExecutable("Invalid", f"definition: {error}") from error


def _check_resumed(run: Run, chosen: Pinned) -> None:
    name = run.spec["resumeFrom"]
    if run.earlier is None:
        raise NotExecutable("ResumeRefused", f"there is no run {name} here")
    spec, status = run.earlier["spec"], run.earlier.get("status", {})
    refusal = (
        _not_resumable(run, spec, status)
        or _other_definition(status, chosen)
        or _other_data(run, spec)
    )
    if refusal:
        raise NotExecutable("ResumeRefused", f"run {name} {refusal}")


def _not_resumable(run: Run, spec: dict[str, Any], status: dict[str, Any]) -> str:
    if spec["workflow"] != run.workflow.name:
        return f"is one of workflow {spec['workflow']}"
    if status.get("phase") not in TERMINAL:
        return "has not ended"
    if status["phase"] == "Succeeded":
        return "has succeeded: there is nothing to go on with"
    if not status.get("definitionHash"):
        return "has never begun: create a run without resumeFrom"
    return ""


def _other_definition(status: dict[str, Any], chosen: Pinned) -> str:
    if status["definitionHash"] == chosen.digest:
        return ""
    version = status.get("revision")
    return (
        f"executed version {version} of the workflow, or a definition of its own, and this run "
        f"would execute version {chosen.version}: set spec.revision to {version}"
    )


def _other_data(run: Run, spec: dict[str, Any]) -> str:
    for field in ("inputs", "entities"):
        if run.spec.get(field) and run.spec[field] != spec.get(field):
            return f"had other {field}: leave {field} out"
    return ""
