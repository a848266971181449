"""Collect rows up to a number and a size, in portions that fit in memory. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from pydantic import JsonValue

from sluice_core import plain
from sluice_runner.actions.action import StepFailed
from sluice_runner.actions.sql_session import RESULT_BYTES, Result
from sluice_runner.actions.sql_values import rows_of

FIRST, MOST = 50, 5000
PORTION_BYTES = 4 * plain.MIB


class Rows:
    """Ask for `wanted` rows and `add` them, until it wants none or there are no more."""

    def __init__(self, names: Sequence[str], max_rows: int) -> None:
        self._names = names
        self._max = max_rows
        self._rows: list[dict[str, JsonValue]] = []
        self._bytes = 0

    def wanted(self) -> int:
        """How many to fetch next: one more than is allowed, to know whether there are more."""
        left = self._max + 1 - len(self._rows)
        if not self._rows:
            return min(left, FIRST)
        average = self._bytes // len(self._rows) + 1
        return min(left, MOST, max(1, PORTION_BYTES // average))

    def add(self, found: Sequence[Sequence[Any]]) -> None:
        """Raises StepFailed when all rows together are too large."""
        made = rows_of(self._names, found)
        self._bytes += len(orjson.dumps(made))
        if self._bytes > RESULT_BYTES:
            limit = RESULT_BYTES // plain.MIB
            message = f"the rows are larger than {limit} MiB: select less, or lower with.maxRows"
            raise StepFailed("Permanent", "ResultTooLarge", message)
        self._rows += made

    def result(self) -> Result:
        """All of them, without the one too many."""
        kept = self._rows[: self._max]
        return Result(rows=kept, count=len(kept), truncated=len(self._rows) > self._max)


def columns(names: Iterable[str]) -> tuple[str, ...]:
    """The names of the columns; StepFailed where one would hide another."""
    listed = tuple(names)
    if twice := sorted({name for name in listed if listed.count(name) > 1}):
        message = f"two columns are named {twice[0]}: give one of them another name with AS"
        raise StepFailed("Permanent", "ColumnsCollide", message)
    return listed
