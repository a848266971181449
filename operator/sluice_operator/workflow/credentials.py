"""Which credentials a workflow's runner has mounted, and what is wrong with them, in sentences."""

from collections.abc import Mapping

from sluice_core import mounts
from sluice_core.api.credential import CredentialSpec
from sluice_core.mounts import Mount
from sluice_operator.workflow.observed import Observed


def named(seen: Observed) -> list[str]:
    """What the steps name: those of the workflow, and of the versions of unfinished runs."""
    names = {step.credential for step in seen.workflow.spec.steps if step.credential}
    for one in seen.revisions:
        if one.number in (seen.pinned or ()):
            names |= one.credentials
    return sorted(names)


def wanted(seen: Observed) -> dict[str, CredentialSpec | None]:
    """Each with its spec; None where there is no such WorkflowCredential."""
    return {name: seen.credentials.get(name) for name in named(seen)}


def existing(wanted: Mapping[str, CredentialSpec | None]) -> dict[str, CredentialSpec]:
    """Those that can be mounted."""
    return {name: spec for name, spec in wanted.items() if spec is not None}


def mounted(wanted: Mapping[str, CredentialSpec | None]) -> dict[str, Mount | None]:
    """What of each a pod has to have mounted, so that a run that needs it may go there."""
    return {name: None if spec is None else mounts.of(spec) for name, spec in wanted.items()}
