"""Definitions by the hash of their bytes: parsed once, kept while there is room or need."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

LIMIT_BYTES = 32 * 1024 * 1024

DefinitionT = TypeVar("DefinitionT")


class WrongHash(ValueError):  # noqa: N818 - a reason, as in the answer
    """What arrived is not what its name says."""


@dataclass
class _Entry(Generic[DefinitionT]):
    definition: DefinitionT
    size: int
    users: int = 0


class Definitions(Generic[DefinitionT]):
    """Least recently used ones go first; one that a run is working on never goes."""

    def __init__(self, parse: Callable[[bytes], DefinitionT], limit: int = LIMIT_BYTES) -> None:
        self._parse = parse
        self._limit = limit
        self._entries: OrderedDict[str, _Entry[DefinitionT]] = OrderedDict()
        self._size = 0

    def put(self, sha256: str, raw: bytes) -> None:
        """Raises WrongHash, and what `parse` raises."""
        if hashlib.sha256(raw).hexdigest() != sha256:
            raise WrongHash(f"the hash of what arrived is not {sha256}")
        if sha256 in self._entries:
            self._entries.move_to_end(sha256)
            return
        self._entries[sha256] = _Entry(self._parse(raw), len(raw))
        self._size += len(raw)
        self._make_room(spare=sha256)

    def take(self, sha256: str) -> DefinitionT | None:
        """The definition for one run, to be given back with `release`; None when unknown."""
        entry = self._entries.get(sha256)
        if entry is None:
            return None
        entry.users += 1
        self._entries.move_to_end(sha256)
        return entry.definition

    def release(self, sha256: str) -> None:
        """One run needs it no more."""
        self._entries[sha256].users -= 1
        self._make_room(spare=sha256)

    def _make_room(self, spare: str) -> None:
        if self._size <= self._limit:
            return
        unused = [name for name, e in self._entries.items() if not e.users and name != spare]
        for name in unused:
            self._size -= self._entries.pop(name).size
            if self._size <= self._limit:
                return
