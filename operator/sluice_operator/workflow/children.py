"""The children of every workflow, as the watches have brought them."""

from sluice_core.packed import Packed
from sluice_operator.workflow.observed import Child, Manifest


class Children:
    """By the uid of the workflow: few of each, but of many, for which a tuple is smallest."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[Packed, ...]] = {}

    def put(self, owner: str, child: Packed, *, exists: bool) -> None:
        """A child as it is now, or was when it was deleted."""
        same = (child.kind, child.name)
        others = (one for one in self._of.get(owner, ()) if (one.kind, one.name) != same)
        kept = (*others, child) if exists else tuple(others)
        if kept:
            self._of[owner] = kept
        else:
            self._of.pop(owner, None)

    def of(self, owner: str) -> dict[Child, Manifest]:
        """All children of one workflow, as they were read from the API server."""
        return {Child(one.kind, one.name): one.unpack() for one in self._of.get(owner, ())}
