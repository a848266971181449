"""Which format a document has: its bytes say so, and a name or type only tells texts apart."""

import codecs
import re
from typing import Literal

from sluice_runner.documents import archive
from sluice_runner.documents.limits import Refused
from sluice_runner.documents.parsed import Hints

Kind = Literal["pdf", "docx", "xlsx", "html", "csv", "text"]

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Office before 2007, and what is encrypted since
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_HTML = re.compile(r"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_HTML_BEGINS = 4096  # characters within which HTML shows itself
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KNOWN = "known are PDF, DOCX, XLSX, HTML, CSV and text"


def kind_of(raw: bytes, hints: Hints) -> Kind:
    """Refused for a format that is not read here."""
    if b"%PDF-" in raw[:1024]:
        return "pdf"
    if raw.startswith(_ZIP):
        return _office(raw)
    if raw.startswith(_OLE):
        raise _old_office(raw)
    return _text(text_of(raw, hints), hints)


def text_of(raw: bytes, hints: Hints) -> str:
    """Text by its mark, by the charset that is said, or in UTF-8; Refused for what is none."""
    marked = (name for mark, name in _MARKS if raw.startswith(mark))
    said = _CHARSET.search(hints.content_type)
    charset = next(marked, said[1] if said else "utf-8")
    try:
        text = raw.decode(charset)
    except (LookupError, ValueError) as error:
        raise _unsupported(f"no known format, and no text in {charset}") from error
    if "\0" in text:
        raise _unsupported("no known format, and no text")
    return text


def _office(raw: bytes) -> Kind:
    names = archive.names(raw)
    if archive.WORD in names:
        return "docx"
    if archive.SHEETS in names:
        return "xlsx"
    raise _unsupported("a ZIP archive that is neither DOCX nor XLSX")


def _old_office(raw: bytes) -> Refused:
    if _ENCRYPTED in raw:
        message = "the document is encrypted; give it without a password"
        return Refused("EncryptedDocument", message)
    return _unsupported("an Office file of before 2007; save it as DOCX or XLSX")


def _text(text: str, hints: Hints) -> Kind:
    said, name = hints.content_type.lower(), hints.name.lower()
    looks = text.lstrip().startswith("<") and _HTML.search(text, 0, _HTML_BEGINS)
    if looks or said.startswith(("text/html", "application/xhtml")):
        return "html"
    if said.startswith("text/csv") or name.endswith(".csv"):
        return "csv"
    return "text"


def _unsupported(what: str) -> Refused:
    return Refused("UnsupportedDocument", f"{what}; {_KNOWN}")
