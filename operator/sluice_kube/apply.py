"""Server-side apply of children, that never takes over a stranger's object and writes no no-op.

Nothing is remembered in annotations. What we applied before stands in the object's managedFields,
so a field that was dropped from the manifest is noticed after a restart too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sluice_kube import errors, fieldsets
from sluice_kube.resources import Key, Manifest, Resource
from sluice_kube.session import MANAGER, Session

# No object ever has it, for etcd's first write makes revision 2. So an apply with it creates, or
# meets 409 when the name is taken. Unlike a POST it leaves an entry of operation Apply in
# managedFields, which holds our fields and not the defaults that the server added.
NO_VERSION = "1"
ATTEMPTS = 3


@dataclass(frozen=True)
class Create:
    """The object does not exist."""


@dataclass(frozen=True)
class Apply:
    """The object is ours and differs."""

    uid: str
    version: str


@dataclass(frozen=True)
class Nothing:
    """The object is as it should be, or on its way out."""


@dataclass(frozen=True)
class Taken:
    """The object is not ours."""

    owner: str


Step: TypeAlias = Create | Apply | Nothing | Taken


class NameTaken(Exception):  # noqa: N818 - named by what happened
    """Somebody else's object bears the name of a child; the message may be shown to a user."""


def needed(desired: Manifest, live: Manifest | None) -> Step:
    """What it takes to make `live`, with its managedFields, what `desired` says.

    Ours is what has the same controller; without a controller, what we applied before.
    """
    if live is None:
        return Create()
    metadata, owned = live["metadata"], _owned(live)
    if owner := _stranger(desired, live, applied_before=owned is not None):
        return Taken(owner)
    if "deletionTimestamp" in metadata or (owned is not None and _as_desired(desired, live, owned)):
        return Nothing()
    return Apply(metadata["uid"], metadata["resourceVersion"])


def _as_desired(desired: Manifest, live: Manifest, owned: fieldsets.Fields) -> bool:
    wanted = {name: part for name, part in desired.items() if name not in fieldsets.IDENTITY}
    metadata = wanted.pop("metadata")
    labels = {name: part for name, part in metadata.items() if name not in ("name", "namespace")}
    if labels:
        wanted["metadata"] = labels
    return fieldsets.same_shape(wanted, owned) and fieldsets.agrees(wanted, live, owned)


def _owned(live: Manifest) -> fieldsets.Fields | None:
    """The fields that we applied, spelt in the object's present version."""
    for entry in live["metadata"].get("managedFields", ()):
        ours = entry["manager"] == MANAGER and entry["operation"] == "Apply"
        if ours and "subresource" not in entry:
            same_version = entry["apiVersion"] == live["apiVersion"]
            return entry["fieldsV1"] if same_version else {".": {}}
    return None


def _stranger(desired: Manifest, live: Manifest, *, applied_before: bool) -> str | None:
    """Whose the live object is, when it is not ours."""
    mine, theirs = _controller(desired), _controller(live)
    if mine.get("uid") != theirs.get("uid"):
        return f"{theirs['kind']} {theirs['name']}" if theirs else "nobody that Sluice knows"
    return None if mine or applied_before else "nobody that Sluice knows"


def _controller(manifest: Manifest) -> Mapping[str, Any]:
    references = manifest["metadata"].get("ownerReferences", ())
    return next((reference for reference in references if reference.get("controller")), {})


async def apply(
    session: Session, resource: Resource, desired: Manifest, live: Manifest | None
) -> Manifest:
    """The object as it then is. `live` may be old: the server is asked when that matters.

    Raises NameTaken, and the ApiError of a write that the server refuses. What the server
    changes in all that is applied (a webhook) costs one request a call, and writes nothing.
    """
    key = Key.of(desired)
    for _ in range(ATTEMPTS):
        step = needed(desired, live)
        if isinstance(step, Taken):
            raise NameTaken(f"{resource.kind} {key} exists and belongs to {step.owner}")
        if live is not None and isinstance(step, Nothing):
            return live
        try:
            return await session.apply(resource, _written(desired, step))
        except errors.Conflict:
            live = await _read(session, resource, key)
    raise errors.Conflict(409, "Conflict", f"{resource.kind} {key} keeps changing")


async def _read(session: Session, resource: Resource, key: Key) -> Manifest | None:
    try:
        return await session.get(resource, key)
    except errors.NotFound:
        return None


def _written(desired: Manifest, step: Step) -> Manifest:
    """The manifest with the precondition of this step."""
    if isinstance(step, Apply):
        condition = {"uid": step.uid, "resourceVersion": step.version}
    else:
        condition = {"resourceVersion": NO_VERSION}
    return {**desired, "metadata": {**desired["metadata"], **condition}}
