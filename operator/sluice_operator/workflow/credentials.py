"""Which credentials a workflow's runner has mounted, and what is wrong with them, in sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from sluice_core import conditions, mounts
from sluice_core.api.credential import CredentialSpec
from sluice_core.mounts import Mount
from sluice_core.validation import credentials as validation
from sluice_core.wire import Readiness
from sluice_operator.workflow.observed import Observed

TYPE = "Credentials"
TOLD_BY_RUNNERS = ("Available", "CredentialInvalid", "CredentialMissing")
Wanted = Mapping[str, CredentialSpec | None]


def wanted(seen: Observed) -> dict[str, CredentialSpec | None]:
    """What the steps name, each with its spec; None where there is no such WorkflowCredential.

    Those of the versions of unfinished runs are among them.
    """
    names = {step.credential for step in seen.workflow.spec.steps if step.credential}
    for one in seen.revisions:
        if one.number in (seen.pinned or ()):
            names |= one.credentials
    return {name: seen.credentials.get(name) for name in sorted(names)}


def existing(wanted: Wanted) -> dict[str, CredentialSpec]:
    """Those that can be mounted."""
    return {name: spec for name, spec in wanted.items() if spec is not None}


def mounted(wanted: Wanted) -> dict[str, Mount | None]:
    """What of each a pod has to have mounted, so that a run that needs it may go there."""
    return {name: None if spec is None else mounts.of(spec) for name, spec in wanted.items()}


def condition(seen: Observed, wanted: Wanted) -> dict[str, Any] | None:
    """Whether all can be used; None where a workflow names none."""
    if not any(step.credential for step in seen.workflow.spec.steps):
        return None
    answers = list(_answers(seen, wanted))
    faults = [*_of_steps(seen, wanted), *_of_values(wanted, answers)]
    if faults:
        reason, _ = faults[0]
        return conditions.condition(TYPE, False, reason, "; ".join(said for _, said in faults))
    if answers:
        return conditions.condition(TYPE, True, "Available", "every key that is needed has a value")
    return _before(seen, wanted) or conditions.condition(
        TYPE, None, "NotChecked", "no runner is up that could see whether the Secrets have the keys"
    )


def _before(seen: Observed, wanted: Wanted) -> dict[str, Any] | None:
    """What was told, while runners that told it have not been asked by this process yet."""
    told = conditions.find(seen.manifest.get("status", {}).get("conditions", ()), TYPE)
    if told is None or told["reason"] not in TOLD_BY_RUNNERS or not any(_right(seen, wanted)):
        return None
    return conditions.condition(TYPE, told["status"] == "True", told["reason"], told["message"])


def _of_steps(seen: Observed, wanted: Wanted) -> Iterator[tuple[str, str]]:
    """What the objects alone tell."""
    reasons = {"UnknownCredential": "CredentialNotFound", "WrongCredential": "CredentialWrong"}
    found = validation.findings(seen.workflow.spec, seen.actions.catalogue, wanted)
    return ((reasons[one.type], str(one)) for one in found)


def _of_values(wanted: Wanted, answers: list[Readiness]) -> Iterator[tuple[str, str]]:
    """What runners see, who alone can."""
    for entry in dict.fromkeys(entry for one in answers for entry in one.missing):
        name, _, field = entry.partition("/")
        if (spec := wanted.get(name)) is not None:
            yield "CredentialMissing", mounts.lacking(name, mounts.of(spec), field)
    for entry in dict.fromkeys(entry for one in answers for entry in one.invalid):
        name, _, problem = entry.partition("/")
        if (spec := wanted.get(name)) is not None:
            yield "CredentialInvalid", mounts.unusable(name, mounts.of(spec), problem)


def _answers(seen: Observed, wanted: Wanted) -> Iterator[Readiness]:
    """Those of runners that have mounted what they should."""
    answers = (seen.answers.get(uid) for uid in _right(seen, wanted))
    return (one for one in answers if one is not None)


def _right(seen: Observed, wanted: Wanted) -> Iterator[str]:
    """The pods that have mounted what they should."""
    right = {name: mounts.of(spec) for name, spec in existing(wanted).items()}
    return (pod["metadata"]["uid"] for pod in seen.pods if mounts.of_pod(pod) == right)
