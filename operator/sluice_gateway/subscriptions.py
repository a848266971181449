"""Which workflows wait for events of a type: an index over the informer's memory."""

from collections import defaultdict

from sluice_gateway.flows import Flow
from sluice_gateway.listening import Subscription, of_kind
from sluice_kube.resources import Key, Manifest


class Subscriptions:
    """`changed` is what an informer of workflows calls, whose objects `flows.cut` made."""

    def __init__(self) -> None:
        self._flows: defaultdict[tuple[str, str], dict[str, Flow]] = defaultdict(dict)

    def changed(self, _key: Key, old: Manifest | None, new: Manifest | None) -> None:
        """A workflow appeared, is another one, or is gone."""
        for flow, type_ in _waiting(old):
            waiting = self._flows[flow.namespace, type_]
            waiting.pop(flow.name, None)
            if not waiting:
                del self._flows[flow.namespace, type_]
        for flow, type_ in _waiting(new):
            self._flows[flow.namespace, type_][flow.name] = flow

    def of(self, namespace: str, type_: str) -> list[Flow]:
        """The workflows of the namespace that have a trigger for that type, by name."""
        found = self._flows.get((namespace, type_), {})
        return [found[name] for name in sorted(found)]


def _waiting(manifest: Manifest | None) -> list[tuple[Flow, str]]:
    flow: Flow | None = manifest["flow"] if manifest else None
    if flow is None:
        return []
    types = {one.type for one in of_kind(flow.listeners, Subscription)}
    return [(flow, type_) for type_ in types]
