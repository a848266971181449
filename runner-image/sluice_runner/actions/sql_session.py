"""What a connection to a database can do, whichever it is."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from sluice_core import plain

RESULT_BYTES = 32 * plain.MIB


@dataclass(frozen=True, kw_only=True)
class Result:
    """`rows` is None of a statement that gives none; `count` are those it gave or changed."""

    rows: list[dict[str, JsonValue]] | None
    count: int
    truncated: bool = False


class SqlSession(Protocol):
    """A connection that runs one statement at a time, each in a transaction of its own."""

    async def usable(self) -> bool:
        """Whether the server is still there."""

    async def close(self) -> None:
        """End it, and what runs on it."""

    async def query(self, query: str, parameters: dict[str, JsonValue], max_rows: int) -> Result:
        """Raises StepFailed for what the server refuses, OSError when it is gone."""
