"""The credentials that steps name: do they exist, and does the step's action take them."""

from collections.abc import Collection, Iterator, Mapping

from sluice_core.api.credential import CredentialSpec
from sluice_core.api.steps import Definition, Step
from sluice_core.catalog import ActionType
from sluice_core.finding import Finding, did_you_mean

Known = Mapping[str, CredentialSpec | None]


def findings(
    spec: Definition, catalog: Mapping[str, ActionType], known: Known
) -> Iterator[Finding]:
    """Of those alone that are in `known`; None there is one that does not exist."""
    for index, step in enumerate(spec.steps):
        action = catalog.get(step.action)
        if step.credential in known and action is not None and action.credentials:
            yield from _of_step(index, step, action, known)


def supplies(finding: Finding, spec: Definition, known: Known) -> bool:
    """Whether a credential gives what a step's `with` was found to lack."""
    if finding.type != "MissingConfig":
        return False
    field = finding.path.rpartition(".with.")[2]
    names = (step.credential for step in spec.steps if step.name == finding.step)
    return any(field in _given(known.get(name or "")) for name in names)


def _given(credential: CredentialSpec | None) -> Collection[str]:
    if credential is None:
        return ()
    own = ("url",) if credential.type == "Webhook" else ()
    return {*(credential.config.defaults or {}), *own}


def _of_step(index: int, step: Step, action: ActionType, known: Known) -> Iterator[Finding]:
    name, path = step.credential or "", f"steps[{index}].credential"
    credential = known[name]
    if credential is None:
        yield Finding(
            type="UnknownCredential",
            step=step.name,
            path=path,
            message=f"there is no WorkflowCredential '{name}' in this namespace",
            hint=did_you_mean(name, [one for one, spec in known.items() if spec is not None]),
        )
    elif credential.type not in action.credentials:
        yield Finding(
            type="WrongCredential",
            step=step.name,
            path=path,
            message=f"'{name}' is of type {credential.type}, which {action.name} does not take",
            hint=f"it takes {', '.join(action.credentials)}",
        )
