"""Which workflows name which credential in a step, from what the watch has brought of them."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from sluice_core.shared import shared

Manifest: TypeAlias = dict[str, Any]


class Name(NamedTuple):
    """A namespace and a name in it."""

    namespace: str
    name: str


class Users:
    """An index both ways; a workflow that was never seen is not known to use nothing."""

    def __init__(self) -> None:
        self._of: defaultdict[Name, set[str]] = defaultdict(set)
        self._by: dict[Name, frozenset[str]] = {}

    def see(self, workflow: Name, manifest: Manifest | None) -> set[Name]:
        """A workflow as it is now; answers the credentials that it uses and did not, or did."""
        before = self._by.get(workflow, frozenset())
        after = frozenset(_named(manifest)) if manifest is not None else frozenset()
        self._by[workflow] = shared(after)
        if manifest is None:
            del self._by[workflow]
        for name in after - before:
            self._of[Name(workflow.namespace, name)].add(workflow.name)
        for name in before - after:
            self._drop(Name(workflow.namespace, name), workflow.name)
        return {Name(workflow.namespace, name) for name in before ^ after}

    def of(self, credential: Name) -> frozenset[str]:
        """The workflows that use it."""
        return frozenset(self._of.get(credential, ()))

    def has_seen(self, workflow: Name) -> bool:
        """Whether it is known what the workflow uses."""
        return workflow in self._by

    def _drop(self, credential: Name, workflow: str) -> None:
        self._of[credential].discard(workflow)
        if not self._of[credential]:
            del self._of[credential]


def _named(manifest: Manifest) -> Iterator[str]:
    """Whatever else is wrong with the workflow."""
    steps = manifest.get("spec", {}).get("steps")
    for step in steps if isinstance(steps, list) else ():
        name = step.get("credential") if isinstance(step, dict) else None
        if isinstance(name, str):
            yield name
