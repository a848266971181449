"""What each format comes to, read in a real process."""

from typing import Any

import pytest

from sluice_runner.documents.limits import Refused
from sluice_runner.documents.parsed import Hints
from sluice_runner.documents.reader import Documents
from testkit import documents as made

pytestmark = pytest.mark.asyncio(loop_scope="module")

HTML = """<!-- a page --><!DOCTYPE html><html><head><title> A  title </title>
<meta name="Author" content="Ada"><style>p {}</style></head>
<body><h1>Orders</h1><p>Of <b>to</b>day<br>and after<script>alert(1)</script>
<table><tr><th>sku<th>price<tr><td>a<td></table><p>End &amp; all</body></html>"""
ROW = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>sku</t></is></c><c r="B1"><v>3.5</v></c>'
    '<c r="C1" t="b"><v>1</v></c><c r="E1"><f>1+1</f><v>2</v></c></row>'
)
ORDERS = {"rows": [["sku", "price"], ["a", "3"]]}

READ: dict[str, tuple[bytes, Hints, dict[str, Any]]] = {
    "a PDF of two pages": (
        made.a_pdf("Page one", "Page two"),
        Hints(),
        {
            "contentType": "application/pdf",
            "text": "Page one\n\n\nPage two\n",
            "pages": [{"number": 1, "text": "Page one\n"}, {"number": 2, "text": "Page two\n"}],
            "metadata": {"pages": 2, "title": "Invoice 17", "author": "Ada"},
        },
    ),
    "a PDF that only forbids things": (made.an_encrypted_pdf(""), Hints(), {"text": "secret\n"}),
    "a page without text": (made.a_pdf(""), Hints(), {"pages": [{"number": 1, "text": ""}]}),
    "a DOCX, its table in its place": (
        made.a_docx(),
        Hints(),
        {
            "text": "Before\nsku\tprice\na\t3\nAfter",
            "tables": [ORDERS],
            "metadata": {"title": "Order", "author": "Ada", "created": "2026-01-02T03:04:05Z"},
        },
    ),
    "a DOCX with macros, which are ignored": (
        made.a_docx_with(
            "<w:p><w:r><w:t>hi</w:t></w:r></w:p>", main="ms-word.document.macroEnabled"
        ),
        Hints(),
        {"text": "hi"},
    ),
    "an XLSX, without its hidden sheet": (
        made.an_xlsx(ROW),
        Hints(),
        {
            "text": "Orders\nsku\t3.5\tTrue\t\t2.0",
            "tables": [{"name": "Orders", "rows": [["sku", 3.5, True, None, 2.0]]}],
            "metadata": {"sheets": 1, "author": "Ada"},
        },
    ),
    "HTML, as it is seen": (
        HTML.encode(),
        Hints(),
        {
            "contentType": "text/html",
            "text": "Orders\nOf today\nand after\nsku\tprice\na\nEnd & all",
            "tables": [{"rows": [["sku", "price"], ["a", None]]}],
            "metadata": {"title": "A title", "author": "Ada"},
        },
    ),
    "a piece of HTML that says what it is": (
        b"<p>x", Hints(content_type="text/html; charset=utf-8"), {"text": "x"},
    ),
    "CSV by its type": (b"sku,price\na,3\n", Hints("text/csv"), {"tables": [ORDERS]}),
    "CSV with semicolons, by its name": (
        b"sku;price\na;3\n", Hints(name="Orders.CSV"), {"tables": [ORDERS]},
    ),
    "CSV of one column": (b"a\nb\n", Hints("text/csv"), {"tables": [{"rows": [["a"], ["b"]]}]}),
    "text": ("größer\n".encode(), Hints(), {"text": "größer\n", "contentType": "text/plain"}),
    "text in the charset it names": (
        "größer €".encode("cp1252"), Hints("text/plain; charset=windows-1252"),
        {"text": "größer €"},
    ),
    "text in UTF-16": ("größer".encode("utf-16"), Hints(), {"text": "größer"}),
    "text whose name is wrong": (b"no PDF", Hints("application/pdf", "a.pdf"), {"text": "no PDF"}),
    "nothing": (b"", Hints(), {"text": "", "pages": [], "tables": []}),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "hints", "expected"), READ.values(), ids=READ)
async def test_read(
    documents: Documents, raw: bytes, hints: Hints, expected: dict[str, Any]
) -> None:
    parsed = await documents.read(raw, hints)

    about = parsed.get("metadata")
    assert isinstance(about, dict)
    assert expected.pop("metadata", {}).items() <= about.items()
    assert {field: parsed[field] for field in expected} == expected


async def test_whatever_one_document_does_the_next_is_read(documents: Documents) -> None:
    with pytest.raises(Refused):
        await documents.read(made.an_xlsx(made.FAR_CELL), Hints())

    assert (await documents.read(b"x", Hints()))["text"] == "x"
