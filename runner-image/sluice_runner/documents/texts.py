"""CSV, and text as it is."""

import csv

from pydantic import JsonValue

from sluice_runner.documents import kinds, limits
from sluice_runner.documents.parsed import Budget, Hints, Parsed, plain

_DELIMITERS = ",;\t|"
_SAMPLE = 8192


def read(raw: bytes, hints: Hints) -> Parsed:
    """Text in the charset that it names, or in UTF-8."""
    text = Budget().text(kinds.text_of(raw, hints))
    return Parsed("text/plain", text, metadata={"lines": text.count("\n") + 1})


def read_csv(raw: bytes, hints: Hints) -> Parsed:
    """One table, of texts; the delimiter is the one of , ; tab and | that fits."""
    text, budget = kinds.text_of(raw, hints), Budget()
    try:
        dialect: csv.Dialect | type[csv.Dialect] = csv.Sniffer().sniff(text[:_SAMPLE], _DELIMITERS)
    except csv.Error:
        dialect = csv.excel  # a single column
    try:
        parsed = csv.reader(text.splitlines(keepends=True), dialect)
        rows = [budget.row([plain(cell) for cell in row]) for row in parsed]
    except csv.Error as error:
        raise limits.broken(f"the CSV cannot be read: {error}") from error
    listed: list[JsonValue] = [list[JsonValue](row) for row in rows]
    return Parsed("text/csv", text, tables=[{"rows": listed}], metadata={"rows": len(rows)})
