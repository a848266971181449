"""The workflows of a namespace from memory: in order, and as they are now."""

from typing import Any

from sluice_gateway.flows import Flows, cut
from sluice_kube.resources import Key, Manifest


class Memory(dict[Key, Manifest]):
    """As an informer keeps them; `looks` counts how often all of them were gone through."""

    changes = 0
    looks = 0

    def items(self) -> Any:
        self.looks += 1
        return super().items()

    def put(self, namespace: str, name: str, **spec: Any) -> None:
        metadata = {"namespace": namespace, "name": name, "uid": name, "resourceVersion": "1"}
        steps = [{"name": "say", "action": "log", "with": {"message": "hello"}}]
        self[Key(namespace, name)] = cut({"metadata": metadata, "spec": {"steps": steps} | spec})
        self.changes += 1


async def nobody(_: Key) -> Manifest:
    raise AssertionError("memory is asked, not the API server")


def names(flows: Flows, namespace: str) -> list[str]:
    return [one.name for one in flows.of(namespace)]


def test_they_come_in_the_order_of_their_titles_of_one_namespace_alone() -> None:
    memory = Memory()
    memory.put("shop", "b", title="zebra")
    memory.put("shop", "a", title="Ant")
    memory.put("shop", "c")
    memory.put("other", "d")

    assert names(Flows(memory, nobody), "shop") == ["a", "c", "b"]


def test_they_are_gone_through_once_as_long_as_nothing_changes() -> None:
    memory = Memory()
    memory.put("shop", "a")
    flows = Flows(memory, nobody)

    found = [names(flows, "shop") for _ in range(3)]

    assert (found, memory.looks) == ([["a"]] * 3, 1)


def test_after_a_change_they_are_as_they_are_then() -> None:
    memory = Memory()
    memory.put("shop", "b")
    flows = Flows(memory, nobody)
    before = names(flows, "shop")

    memory.put("shop", "a")
    after = names(flows, "shop")
    memory.pop(Key("shop", "b"))
    memory.changes += 1

    assert (before, after, names(flows, "shop")) == (["b"], ["a", "b"], ["a"])
