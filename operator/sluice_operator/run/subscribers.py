"""Which workflows wait for events, by namespace and type. Reads no clock, calls no API."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluice_core import events
from sluice_operator.run.observed import Name


@dataclass(frozen=True, kw_only=True, slots=True)
class Listening:
    """An event trigger, as `sluice_core.events` matches it."""

    name: str
    type: str
    match: Mapping[str, Any]
    filter: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriber:
    """A workflow with the event triggers that are enabled; `schema` is that of its inputs."""

    name: Name
    uid: str
    schema: Mapping[str, Any] | None
    triggers: tuple[Listening, ...]


class Subscribers:
    """Keeps of each workflow what an event needs, and nothing of one that waits for none."""

    def __init__(self) -> None:
        self._known: dict[Name, Subscriber] = {}
        self._waiting: defaultdict[tuple[str, str], set[Name]] = defaultdict(set)

    def see(self, name: Name, manifest: Mapping[str, Any] | None) -> None:
        """A workflow as it is now; None for one that is gone."""
        for type_ in _types(self._known.pop(name, None)):
            waiting = self._waiting[name.namespace, type_]
            waiting.discard(name)
            if not waiting:
                del self._waiting[name.namespace, type_]
        current = _read(name, manifest) if manifest is not None else None
        if current is not None:
            self._known[name] = current
            for type_ in _types(current):
                self._waiting[name.namespace, type_].add(name)

    def answering(
        self, namespace: str, event: Mapping[str, Any]
    ) -> Iterator[tuple[Subscriber, Listening]]:
        """Every trigger of the namespace that the event sets off, in the order of names."""
        match = events.Match(event)
        for name in sorted(self._waiting.get((namespace, event["type"]), ())):
            for trigger in self._known[name].triggers:
                if match.refusal(trigger) is None:
                    yield self._known[name], trigger

    def __contains__(self, wanted: tuple[str, str]) -> bool:
        """Whether anyone in a namespace waits for a type."""
        return wanted in self._waiting


def _types(known: Subscriber | None) -> set[str]:
    return {trigger.type for trigger in known.triggers} if known else set()


def _read(name: Name, manifest: Mapping[str, Any]) -> Subscriber | None:
    meta, spec = manifest["metadata"], manifest.get("spec", {})
    triggers = tuple(
        Listening(
            name=one["name"],
            type=one["event"]["type"],
            match=one["event"].get("match", {}),
            filter=one["event"].get("filter"),
        )
        for one in spec.get("triggers", ())
        if "event" in one and one.get("enabled", True)
    )
    if not triggers or "deletionTimestamp" in meta:
        return None
    return Subscriber(name=name, uid=meta["uid"], schema=spec.get("inputs"), triggers=triggers)
