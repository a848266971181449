"""Read a version of a workflow that is not the current one."""

from pydantic import ValidationError

from sluice_core import names
from sluice_core.definition import Definition
from sluice_kube import errors
from sluice_kube.resources import CONTROLLER_REVISIONS, Key
from sluice_kube.session import Session
from sluice_operator.run.insisting import Insisting
from sluice_operator.run.observed import Name, Pinned


async def pin(session: Session, insist: Insisting, flow: Name, number: int) -> Pinned | None:
    """None where there is no such version (any more), or nobody can read it."""
    key = Key(flow.namespace, names.revision(flow.name, number))
    try:
        found = await insist(lambda: session.get(CONTROLLER_REVISIONS, key))
        definition = Definition.model_validate(found["data"], by_alias=True, by_name=False)
    except (errors.NotFound, ValidationError):
        return None
    return Pinned.of(number, definition)
