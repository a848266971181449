"""One object in memory where many that are equal would be kept: most workflows are much alike."""

from collections.abc import Hashable
from functools import lru_cache
from typing import TypeVar, cast

MOST = 4096  # of different ones that are remembered

T = TypeVar("T", bound=Hashable)


def shared(value: T) -> T:
    """The first value that was equal to this one; for what is kept for long and never changed."""
    return cast("T", _first(value))


@lru_cache(maxsize=MOST, typed=True)
def _first(value: Hashable) -> Hashable:
    return value
