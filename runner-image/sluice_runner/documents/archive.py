"""Office files are ZIP archives: judge one before a parser opens it."""

import zipfile
from io import BytesIO

from lxml import etree
from pydantic import JsonValue

from sluice_runner.documents import limits
from sluice_runner.documents.limits import Refused

WORD, SHEETS = "word/document.xml", "xl/workbook.xml"
_ENCRYPTED = 0x1
_PROPERTIES = "docProps/core.xml"
_NAMES = {
    "title": "title",
    "author": "creator",
    "subject": "subject",
    "created": "created",
    "modified": "modified",
}
_PIECE = 1 << 16


def names(raw: bytes) -> frozenset[str]:
    """What the archive holds; Refused when it is none, encrypted, or too large unpacked."""
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            entries = archive.infolist()
            _judge(entries)
            for entry in entries:
                _unpack(archive, entry)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise limits.broken(f"the ZIP archive is broken: {error}") from error
    return frozenset(entry.filename for entry in entries)


def properties(raw: bytes) -> dict[str, JsonValue]:
    """Title, author and the like of an office file; nothing where it has none that can be read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            root = etree.fromstring(archive.read(_PROPERTIES), parser)
    except (KeyError, etree.LxmlError, zipfile.BadZipFile):
        return {}
    found = {etree.QName(one).localname: one.text for one in root.iterchildren("*")}
    return {ours: found.get(theirs) for ours, theirs in _NAMES.items()}


def _judge(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > limits.ENTRIES:
        raise limits.too_large(f"more than {limits.ENTRIES} files in the archive")
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise Refused("EncryptedDocument", "the archive is encrypted; give it without a password")
    if sum(entry.file_size for entry in entries) > limits.UNPACKED_BYTES:
        raise limits.too_large(f"more than {limits.UNPACKED_BYTES // limits.MIB} MiB unpacked")


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Read it once to its end: sizes that lie and sums that do not match show here."""
    with archive.open(entry) as opened:
        while opened.read(_PIECE):
            pass
