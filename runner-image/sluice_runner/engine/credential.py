"""A step's credential: of a type that its action takes, and what it gives for the step's `with`."""

from collections.abc import Collection

from pydantic import JsonValue

from sluice_core.api.steps import Step
from sluice_core.catalog import ActionType
from sluice_core.credentials import Credential
from sluice_runner.engine import failing
from sluice_runner.engine.job import Tools


def read(step: Step, action: ActionType, tools: Tools) -> Credential | None:
    """As it is at this moment; None where there is none to use. Raises StepFailed."""
    if step.credential is None or not action.credentials:
        return None
    credential = tools.credential(step.credential)
    if credential.type not in action.credentials:
        message = (
            f"{action.name} takes credentials of type {', '.join(action.credentials)}; "
            f"{step.credential} is of type {credential.type}: name another in `credential`"
        )
        raise failing.permanent("CredentialInvalid", message)
    return credential


def filled(config: JsonValue, action: ActionType, credential: Credential | None) -> JsonValue:
    """`with`, and in it what only the credential says, of the fields that the action has."""
    if credential is None or not isinstance(config, dict):
        return config
    fields = fields_of(action)
    return {name: one for name, one in credential.fills().items() if name in fields} | config


def fields_of(action: ActionType) -> Collection[str]:
    """What a step's `with` may have; of an action of the users' own, what its schema names."""
    if action.schema is not None:
        properties = action.schema.get("properties")
        return properties if isinstance(properties, dict) else ()
    return [field.alias or name for name, field in action.params.model_fields.items()]
