"""XLSX: each visible sheet as a table of values; formulas give what they last gave."""

from io import BytesIO

from pydantic import JsonValue
from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from sluice_runner.documents import archive, limits
from sluice_runner.documents.limits import Refused
from sluice_runner.documents.parsed import Budget, Hints, Parsed, lines, plain

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def read(raw: bytes, _: Hints) -> Parsed:
    """The text has the sheets one after the other, each under its name."""
    try:
        with CalamineWorkbook.from_filelike(BytesIO(raw)) as book:
            parsed = _parsed(book)
    except PasswordError as error:
        message = "the workbook is encrypted; give it without a password"
        raise Refused("EncryptedDocument", message) from error
    except (CalamineError, ValueError, OSError) as error:
        raise limits.broken(f"the XLSX cannot be read: {error}") from error
    parsed.metadata.update(archive.properties(raw))
    return parsed


def _parsed(book: CalamineWorkbook) -> Parsed:
    budget, tables, text = Budget(), list[JsonValue](), list[str]()
    for about in book.sheets_metadata:
        if about.typ != SheetTypeEnum.WorkSheet or about.visible != SheetVisibleEnum.Visible:
            continue
        sheet = book.get_sheet_by_name(about.name)
        if sheet.height * sheet.width > limits.CELLS:
            raise limits.too_large(f"more than {limits.CELLS} cells of tables")
        rows = [budget.row([plain(cell) for cell in row]) for row in sheet.to_python()]
        tables.append({"name": about.name, "rows": list[JsonValue](rows)})
        text.append(f"{about.name}\n{lines(rows)}")
    return Parsed(TYPE, "\n\n".join(text), tables=tables, metadata={"sheets": len(tables)})
