"""DOCX: paragraphs and tables in the order in which they stand; macros are not looked at."""

from collections.abc import Iterator
from io import BytesIO
from typing import cast

from docx.document import Document
from docx.opc.constants import CONTENT_TYPE
from docx.opc.exceptions import OpcError
from docx.opc.part import PartFactory
from docx.package import Package
from docx.parts.document import DocumentPart
from docx.table import Table, _Cell
from lxml.etree import ErrorTypes, LxmlError, XMLSyntaxError
from pydantic import JsonValue

from sluice_runner.documents import archive, limits
from sluice_runner.documents.parsed import Budget, Hints, Parsed, lines, plain

TYPE = CONTENT_TYPE.WML_DOCUMENT_MAIN.removesuffix(".main+xml")
_MISTAKES = (
    OpcError, LxmlError, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError,
)  # fmt: skip
# Depth, length and what entities make of it; memory, which libxml2 does not tell from the unknown.
_PARSER_LIMITS = frozenset(
    {
        ErrorTypes.ERR_OK,
        ErrorTypes.ERR_NO_MEMORY,
        ErrorTypes.ERR_RESOURCE_LIMIT,
        ErrorTypes.ERR_ENTITY_LOOP,
    }
)

for _type in ("ms-word.document.macroEnabled", "ms-word.template.macroEnabledTemplate"):
    PartFactory.part_type_for[f"application/vnd.{_type}.main+xml"] = DocumentPart


def read(raw: bytes, _: Hints) -> Parsed:
    """The text has each table where it stands, with tabs between its cells."""
    try:
        part = Package.open(BytesIO(raw)).main_document_part
        parsed = _parsed(cast("DocumentPart", part).document)
    except XMLSyntaxError as error:
        raise _of_xml(error) from error
    except _MISTAKES as error:
        raise limits.broken(f"the DOCX cannot be read: {error}") from error
    parsed.metadata.update(archive.properties(raw))
    return parsed


def _of_xml(error: XMLSyntaxError) -> limits.Refused:
    if error.code in _PARSER_LIMITS:
        return limits.too_large(f"the DOCX runs into a limit: {error.msg}")
    return limits.broken(f"the DOCX cannot be read: {error.msg}")


def _parsed(document: Document) -> Parsed:
    budget, tables = Budget(), list[JsonValue]()
    text = list[str]()
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            rows = [budget.row(row) for row in _rows(block)]
            tables.append({"rows": list[JsonValue](rows)})
            text.append(lines(rows))
        else:
            text.append(budget.text(block.text))
    return Parsed(TYPE, "\n".join(text), tables=tables)


def _rows(table: Table) -> Iterator[list[JsonValue]]:
    for row in table.rows:
        yield [plain(_text(cell)) for cell in row.cells]


def _text(cell: _Cell, depth: int = 0) -> str:
    """With the text of tables inside it."""
    if depth > limits.DEPTH:
        raise limits.too_large(f"more than {limits.DEPTH} tables inside each other")
    blocks = cell.iter_inner_content()
    return "\n".join(
        "\n".join(_text(inner, depth + 1) for row in block.rows for inner in row.cells)
        if isinstance(block, Table)
        else block.text
        for block in blocks
    )
