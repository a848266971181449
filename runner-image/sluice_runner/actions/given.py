"""The credential that an action works with, as the type that it takes."""

from typing import TypeVar

from sluice_core.credentials import Credential
from sluice_runner.actions.action import Context, StepFailed

C = TypeVar("C", bound=Credential)


def credential(ctx: Context, kind: type[C]) -> C:
    """The step's credential, which has to be of this type."""
    given = ctx.credential()
    if isinstance(given, kind):
        return given
    what = f"it is of type {given.type}" if given is not None else "the step names none"
    message = f"a credential of type {kind.type} is needed, and {what}: name one in `credential`"
    raise StepFailed("Permanent", "CredentialMissing", message)
