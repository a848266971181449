"""The credentials of files: objects that say what they are, and a folder with their values."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

from sluice_cli.documents import Document, Unreadable
from sluice_core import mounts, validation
from sluice_core.api.credential import CredentialSpec, WorkflowCredential
from sluice_core.api.steps import Definition
from sluice_core.catalog import ActionType
from sluice_core.credential_reading import OR
from sluice_core.credentials import Credential
from sluice_runner.actions.action import StepFailed
from sluice_runner.secrets import Learn, Secrets

KIND = WorkflowCredential.kind_info.name
Specs = Mapping[str, CredentialSpec]


def specs(documents: Iterable[Document]) -> dict[str, CredentialSpec]:
    """The WorkflowCredentials among them that have no errors, by name."""
    found = {}
    for document in documents:
        if document.manifest.get("kind") == KIND:
            credential, findings = validation.parse(WorkflowCredential, document.manifest)
            if credential is not None and not findings:
                found[credential.metadata.name] = credential.spec
    return found


def used(definition: Definition, catalog: Mapping[str, ActionType]) -> Iterator[tuple[int, str]]:
    """The place of each step whose action takes the credential that it names, and that name."""
    for index, step in enumerate(definition.steps):
        action = catalog.get(step.action)
        if step.credential and action is not None and action.credentials:
            yield index, step.credential


def not_given(name: str) -> Credential:
    """Where no folder is named."""
    message = f"credential {name} has no values: give --credentials DIR with DIR/{name}/<field>"
    raise StepFailed("Permanent", "CredentialMissing", message)


def of_folder(folder: Path, known: Specs, learn: Learn) -> Callable[[str], Credential]:
    """What reads <folder>/<credential>/<field> for each use."""
    return _secrets(folder, known, learn)


def problems(
    folder: Path, known: Specs, definition: Definition, catalog: Mapping[str, ActionType]
) -> Iterator[str]:
    """What the steps of a workflow would lack; raises Unreadable where there is no folder."""
    if not folder.is_dir():
        raise Unreadable(f"--credentials {folder}: there is no such folder")
    needed = {}
    for index, name in used(definition, catalog):
        if name in known:
            needed[name] = known[name]
        else:
            yield (
                f"steps[{index}].credential: the file holds no {KIND} '{name}', which says of "
                "what type it is; add it"
            )
    survey = _secrets(folder, needed, lambda _: None).survey()
    for entry in survey.missing:
        name, _, field = entry.partition("/")
        files = " or ".join(str(folder / name / one) for one in field.split(OR))
        yield f"credential {name} ({known[name].type}) needs {files}, with the value in it"
    yield from (f"{folder}/{entry}" for entry in survey.invalid)


def _secrets(folder: Path, known: Specs, learn: Learn) -> Secrets:
    """Files are named after fields, whatever the keys of the Secret are called in a cluster."""
    mounted = {
        name: mounts.Mount(type=spec.type, secret=f"{folder / name}", keys={})
        for name, spec in known.items()
    }

    def config(_root: Path, name: str) -> dict[str, JsonValue]:
        return mounts.plain_config(known[name])

    return Secrets(folder, mounted, learn, config)
