"""What decisions about resource triggers depend on: the triggers, and how far each of them is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sluice_core import conditions, names
from sluice_core.api.triggers import ChangeType, ResourceChange
from sluice_core.api.workflow import Workflow

Manifest: TypeAlias = dict[str, Any]


class Kind(NamedTuple):
    """A kind as manifests name it."""

    api_version: str
    kind: str

    def __str__(self) -> str:
        return f"{self.api_version} {self.kind}"


class Mark(NamedTuple):
    """How far a trigger is: changes up to `version` are done with, objects created before `time`.

    Without a version nothing is remembered: what there is now is none of its business.
    """

    last: datetime | None = None
    version: int | None = None
    time: datetime | None = None


@dataclass(frozen=True)
class Trigger:
    """One resource trigger, and its place in `spec.triggers`."""

    place: int
    enabled: bool
    spec: ResourceChange

    @property
    def kind(self) -> Kind:
        """Of the objects."""
        return Kind(self.spec.api_version, self.spec.kind)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The resource triggers of a workflow, by name; one that is not active watches nothing.

    `account` is the ServiceAccount that has to be allowed to watch.
    """

    namespace: str
    name: str
    uid: str
    account: str
    active: bool
    triggers: Mapping[str, Trigger]

    @property
    def live(self) -> dict[str, Trigger]:
        """Those that set runs off."""
        return {name: one for name, one in self.triggers.items() if self.active and one.enabled}


@dataclass(frozen=True)
class Change:
    """What became of an object, of which `about` has the metadata."""

    change: ChangeType
    about: Manifest

    @property
    def version(self) -> int:
        """Changes are made runs of in its order."""
        return version(self.about)


def read(workflow: Workflow, *, valid: bool) -> Seen:
    """What of a workflow is about objects."""
    meta, spec = workflow.metadata, workflow.spec
    return Seen(
        namespace=meta.namespace,
        name=meta.name,
        uid=meta.uid,
        account=spec.runner.service_account_name or names.runner(meta.name),
        active=valid and spec.state == "Active" and spec.replicas > 0,
        triggers={
            one.name: Trigger(place, one.enabled, one.resource)
            for place, one in enumerate(spec.triggers)
            if one.resource is not None
        },
    )


def version(about: Mapping[str, Any]) -> int:
    """A resourceVersion is a number, larger ones are later (KEP-5504); 0 for what is none."""
    text: str = about["metadata"]["resourceVersion"]
    return int(text) if text.isdecimal() else 0


def marks(status: Mapping[str, Any]) -> dict[str, Mark]:
    """How far triggers are that have a watermark, as a status tells it."""
    return {
        one["name"]: Mark(
            _time(one.get("lastTime")), int(one["watermark"]), _time(one.get("watermarkTime"))
        )
        for one in status.get("triggers", ())
        if one.get("watermark", "").isdecimal()
    }


def entries(kept: Mapping[str, Mark]) -> Iterable[Manifest]:
    """The same, for `status.triggers`."""
    for name, mark in kept.items():
        made: Manifest = {}
        if mark.last is not None:
            made["lastTime"] = conditions.seconds(mark.last)
        if mark.version is not None:
            made["watermark"] = str(mark.version)
        if mark.time is not None:
            made["watermarkTime"] = conditions.seconds(mark.time)
        if made:
            yield {"name": name} | made


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
