"""What a document comes to, and how much of it there may be."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from pydantic import JsonValue

from sluice_runner.documents import limits


@dataclass(frozen=True)
class Hints:
    """What is said about a document; it only tells apart what its bytes do not."""

    content_type: str = ""
    name: str = ""
    max_pages: int = 500


class Budget:
    """Counts what a reader gathers; raises Refused past the limits."""

    def __init__(self) -> None:
        self._characters = 0
        self._cells = 0

    def text(self, piece: str) -> str:
        """The piece, if there is room for it."""
        self._characters += len(piece)
        if self._characters > limits.TEXT_CHARACTERS:
            raise limits.too_large(f"more than {limits.TEXT_CHARACTERS} characters of text")
        return piece

    def row(self, cells: list[JsonValue]) -> list[JsonValue]:
        """The row, if there is room for it."""
        self._cells += len(cells)
        if self._cells > limits.CELLS:
            raise limits.too_large(f"more than {limits.CELLS} cells of tables")
        for cell in cells:
            if isinstance(cell, str):
                self.text(cell)
        return cells


@dataclass
class Parsed:
    """`pages` only where the format has such, `tables` only where they are."""

    content_type: str
    text: str = ""
    pages: list[JsonValue] = field(default_factory=list)
    tables: list[JsonValue] = field(default_factory=list)
    metadata: dict[str, JsonValue] = field(default_factory=dict)

    def as_json(self) -> dict[str, JsonValue]:
        """The output of the step."""
        return {
            "contentType": self.content_type,
            "text": self.text,
            "pages": self.pages,
            "tables": self.tables,
            "metadata": {name: value for name, value in self.metadata.items() if value},
        }


def plain(value: object) -> JsonValue:
    """A cell or a property as JSON; an empty one is null."""
    match value:
        case None | "":
            return None
        case bool() | int() | float() | str():
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case _:
            return str(value)


def lines(rows: list[list[JsonValue]]) -> str:
    """Rows as text: tabs between cells."""
    return "\n".join("\t".join("" if cell is None else str(cell) for cell in row) for row in rows)
