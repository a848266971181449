"""Read a small document of each kind once: what readers import on first use has to be there."""

import contextlib
import encodings
import pkgutil
import zipfile
from importlib import import_module
from io import BytesIO

import pypdf

from sluice_runner.documents.child import READERS
from sluice_runner.documents.kinds import Kind
from sluice_runner.documents.limits import Refused
from sluice_runner.documents.parsed import Hints

_HEAD = '<?xml version="1.0"?>'
_OPC = "http://schemas.openxmlformats.org/package/2006"
_REFERS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_RELS = "application/vnd.openxmlformats-package.relationships+xml"
_DOCX = {
    "[Content_Types].xml": f'<Types xmlns="{_OPC}/content-types">'
    f'<Default Extension="rels" ContentType="{_RELS}"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_TYPES}"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_OPC}/relationships"><Relationship Id="r1" '
    f'Type="{_REFERS}/officeDocument" Target="word/document.xml"/></Relationships>',
    "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body><w:p><w:r><w:t>x</w:t></w:r></w:p>'
    "<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>"
    "</w:body></w:document>",
}


def up() -> None:
    """What a sample is refused for does not matter."""
    for package in (encodings, pypdf):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            with contextlib.suppress(ImportError):  # some are for Windows alone
                import_module(module.name)
    samples: dict[Kind, bytes] = {
        "pdf": _pdf(),
        "docx": _zipped(_DOCX),
        "xlsx": _zipped(_DOCX),
        "html": b"<table><tr><td>x",
        "csv": b"a,b\n1,2\n",
        "text": b"x",
    }
    for kind, sample in samples.items():
        with contextlib.suppress(Refused):
            READERS[kind](sample, Hints())


def _pdf() -> bytes:
    writer, written = pypdf.PdfWriter(), BytesIO()
    writer.add_blank_page(width=72, height=72)
    writer.add_metadata({"/Title": "x", "/CreationDate": "D:20260101000000Z"})
    writer.encrypt("", "x", algorithm="AES-256")
    writer.write(written)
    return written.getvalue()


def _zipped(files: dict[str, str]) -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, _HEAD + text)
    return written.getvalue()
