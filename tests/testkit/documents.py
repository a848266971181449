"""Documents as people make them, and as nobody should."""

import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO

import docx
import pypdf
from pypdf.generic import ArrayObject, DecodedStreamObject, NameObject
from reportlab.pdfgen import canvas

_OPC = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_DOCX = "openxmlformats-officedocument.wordprocessingml.document"
FAR_CELL = (
    '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
)


def a_pdf(*pages: str) -> bytes:
    written = BytesIO()
    drawn = canvas.Canvas(written)
    drawn.setTitle("Invoice 17")
    drawn.setAuthor("Ada")
    for text in pages:
        drawn.drawString(72, 720, text)
        drawn.showPage()
    drawn.save()
    return written.getvalue()


def an_encrypted_pdf(password: str) -> bytes:
    """With an empty password it opens, and only forbids things."""
    writer = pypdf.PdfWriter(clone_from=BytesIO(a_pdf("secret")))
    writer.encrypt(password, "owner", algorithm="AES-256")
    return _written(writer)


def a_pdf_bomb() -> bytes:
    """A page whose content is small, and eighty million spaces."""
    writer = pypdf.PdfWriter(clone_from=BytesIO(a_pdf("x")))
    page, content = writer.pages[0], DecodedStreamObject()
    content.set_data(b"BT (x) Tj ET" + b" " * 80_000_000)
    page[NameObject("/Contents")] = writer._add_object(content.flate_encode())
    return _written(writer)


def a_circular_pdf() -> bytes:
    writer = pypdf.PdfWriter(clone_from=BytesIO(a_pdf("x")))
    pages = writer._root_object.raw_get("/Pages")
    pages.get_object()[NameObject("/Kids")] = ArrayObject([pages])
    return _written(writer)


def a_docx() -> bytes:
    document = docx.Document()
    document.core_properties.author = "Ada"
    document.core_properties.title = "Order"
    document.core_properties.created = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    document.add_paragraph("Before")
    table = document.add_table(2, 2)
    for place, text in (((0, 0), "sku"), ((0, 1), "price"), ((1, 0), "a"), ((1, 1), "3")):
        table.cell(*place).text = text
    document.add_paragraph("After")
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def a_docx_with(body: str, *, main: str = _DOCX, head: str = "") -> bytes:
    """Of a body in WordprocessingML, under the prefix w."""
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{_OPC}/content-types">'
            '<Default Extension="rels" ContentType="application/xml"/>'
            '<Override PartName="/word/document.xml" '
            f'ContentType="application/vnd.{main}.main+xml"/></Types>',
            "_rels/.rels": _relation("word/document.xml"),
            "word/document.xml": f'{head}<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body>'
            "</w:document>",
        }
    )


def an_xlsx(rows: str, **files: str) -> bytes:
    """One sheet `Orders` of rows in SpreadsheetML, and one that is hidden."""
    sheet = f'<worksheet xmlns="{_SHEET}"><sheetData>{rows}</sheetData></worksheet>'
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{_OPC}/content-types"/>',
            "_rels/.rels": _relation("xl/workbook.xml"),
            "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="Orders" sheetId="1" r:id="r1"/>'
            '<sheet name="Notes" sheetId="2" state="hidden" r:id="r2"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_OPC}/relationships">'
            f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{_OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>'
            "</Relationships>",
            "xl/worksheets/sheet1.xml": sheet,
            "xl/worksheets/sheet2.xml": sheet,
            "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{_OPC}/metadata/core-properties" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>Ada</dc:creator>'
            "</cp:coreProperties>",
            **files,
        }
    )


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def damaged(archive: bytes) -> bytes:
    """A byte of the packed data of the last file is another."""
    place = archive.index(b"PK\x01\x02") - 20
    return archive[:place] + bytes([archive[place] ^ 0xFF]) + archive[place + 1 :]


def lying(archive: bytes) -> bytes:
    """The directory says of the first file that it has ten bytes."""
    place = archive.index(b"PK\x01\x02") + 24
    return archive[:place] + (10).to_bytes(4, "little") + archive[place + 4 :]


def locked(archive: bytes) -> bytes:
    """The directory says of the first file that it is encrypted."""
    place = archive.index(b"PK\x01\x02") + 8
    return archive[:place] + bytes([archive[place] | 1]) + archive[place + 1 :]


def _written(writer: pypdf.PdfWriter) -> bytes:
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def _relation(target: str) -> str:
    return (
        f'<Relationships xmlns="{_OPC}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/officeDocument" Target="{target}"/></Relationships>'
    )
