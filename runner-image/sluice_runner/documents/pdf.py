"""PDF: the text of each page."""

from io import BytesIO

from pydantic import JsonValue
from pypdf import PdfReader
from pypdf.errors import (
    DependencyError,
    FileNotDecryptedError,
    LimitReachedError,
    PyPdfError,
    WrongPasswordError,
)

from sluice_runner.documents import limits
from sluice_runner.documents.limits import Refused
from sluice_runner.documents.parsed import Budget, Hints, Parsed, plain

TYPE = "application/pdf"
# What its readers raise for bytes that make no sense, besides its own errors.
_MISTAKES = (
    PyPdfError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, OSError,
    NotImplementedError, AssertionError,
)  # fmt: skip
_ENCRYPTED = "the PDF is encrypted; give it without a password"


def read(raw: bytes, hints: Hints) -> Parsed:
    """A page without text, such as a scan, gives an empty one. pypdf bounds what it unpacks."""
    try:
        reader = _opened(raw)
        count = len(reader.pages)
        if count > hints.max_pages:
            raise limits.too_large(f"{count} pages; with.maxPages is {hints.max_pages}")
        return _parsed(reader, count)
    except (FileNotDecryptedError, WrongPasswordError, DependencyError) as error:
        raise Refused("EncryptedDocument", _ENCRYPTED) from error
    except LimitReachedError as error:
        raise limits.too_large(
            f"the PDF goes beyond what is read, such as 75 MB a stream: {error}"
        ) from error
    except _MISTAKES as error:
        raise limits.broken(f"the PDF cannot be read: {error}") from error


def _opened(raw: bytes) -> PdfReader:
    """One that only forbids printing and the like opens without a password."""
    reader = PdfReader(BytesIO(raw))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Refused("EncryptedDocument", _ENCRYPTED)
    return reader


def _parsed(reader: PdfReader, count: int) -> Parsed:
    budget = Budget()
    texts = [budget.text(page.extract_text()) for page in reader.pages]
    pages: list[JsonValue] = [
        {"number": number, "text": text} for number, text in enumerate(texts, 1)
    ]
    info = reader.metadata
    metadata: dict[str, JsonValue] = {"pages": count}
    if info is not None:
        metadata |= {
            "title": plain(info.title),
            "author": plain(info.author),
            "subject": plain(info.subject),
            "created": plain(info.creation_date),
            "modified": plain(info.modification_date),
        }
    return Parsed(TYPE, "\n\n".join(texts), pages=pages, metadata=metadata)
