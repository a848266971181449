"""Decide what `up` does with what an earlier one left. Looks at nothing itself."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Decision = Literal["make", "reuse", "remake"]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is on the machine."""

    state: bool
    """The state folder is there."""
    made_of: str
    """The key of the sources that the running cluster was made of; empty when it never came up."""
    alive: Collection[str]
    """Names of the recorded processes that still run."""


def decide(found: Found, *, sources: str, wanted: Collection[str]) -> Decision:
    """A cluster that lacks a process is made anew: 15 s, and no half-broken state to explain."""
    if not found.state:
        return "make"
    if found.made_of == sources and set(wanted) <= set(found.alive):
        return "reuse"
    return "remake"
