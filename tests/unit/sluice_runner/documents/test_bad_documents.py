"""A corpus of documents that give nothing, each with its reason; and what no document gets to."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sluice_runner.documents.limits import Reason, Refused
from sluice_runner.documents.parsed import Hints
from sluice_runner.documents.reader import Documents
from testkit import documents as made
from testkit.eventually import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
SECRET = Path("/etc/hostname")
SECRET_TEXT = SECRET.read_text().strip()
XXE = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{SECRET}">]>'
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY e "lol">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 50}">' for a, b in ("ef", "fg", "gh", "hi", "ij"))
    + "]>"
)
LOUD = b"\0" * 80_000_000


def said(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def tables(depth: int) -> str:
    inside = said("x")
    for _ in range(depth):
        inside = f"<w:tbl><w:tr><w:tc>{inside}</w:tc></w:tr></w:tbl>{said('')}"
    return inside


BAD: dict[str, tuple[Callable[[], bytes], Reason, str]] = {
    "a PDF behind a password": (
        lambda: made.an_encrypted_pdf("x"),
        "EncryptedDocument",
        "without a pass",
    ),
    "a PDF cut in the middle": (
        lambda: made.a_pdf("x")[:300],
        "BrokenDocument",
        "the PDF cannot be read",
    ),
    "a PDF cut at its end": (
        lambda: made.a_pdf("x")[:-60],
        "BrokenDocument",
        "the PDF cannot be read",
    ),
    "a PDF in name alone": (lambda: b"%PDF-1.7\nhello", "BrokenDocument", "the PDF cannot be read"),
    "a PDF whose pages are each other's parents": (
        made.a_circular_pdf,
        "BrokenDocument",
        "the PDF cannot be read",
    ),
    "a PDF that unpacks without end": (made.a_pdf_bomb, "DocumentTooLarge", "75 MB"),
    "a PDF of too many pages": (
        lambda: made.a_pdf(*["x"] * 4),
        "DocumentTooLarge",
        "4 pages; with.maxPages is 3",
    ),
    "a DOCX cut in the middle": (
        lambda: made.a_docx()[:2000],
        "BrokenDocument",
        "ZIP archive is broken",
    ),
    "a DOCX with a byte changed": (
        lambda: made.damaged(made.a_docx()),
        "BrokenDocument",
        "archive is brok",
    ),
    "a DOCX whose XML is none": (
        lambda: made.a_docx_with("<w:p>"),
        "BrokenDocument",
        "tag mismatch",
    ),
    "a DOCX without a type": (
        lambda: made.zipped({"word/document.xml": "<x/>"}),
        "BrokenDocument",
        "the DOCX cannot be read",
    ),
    "a DOCX of many laughs": (
        lambda: made.a_docx_with(said("&j;"), head=LAUGHS),
        "DocumentTooLarge",
        "amplification",
    ),
    "a DOCX of tables in tables": (
        lambda: made.a_docx_with(tables(90)),
        "DocumentTooLarge",
        "depth",
    ),
    "a DOCX of one endless word": (
        lambda: made.a_docx_with(said("x" * 11_000_000)),
        "DocumentTooLarge",
        "too long",
    ),
    "a DOCX of much text": (
        lambda: made.a_docx_with(said("x" * 900_000) * 5),
        "DocumentTooLarge",
        "4000000 characters",
    ),
    "a DOCX of a million paragraphs": (
        lambda: made.a_docx_with(said("") * 1_000_000),
        "DocumentTooLarge",
        "",
    ),
    "an XLSX with a cell far away": (
        lambda: made.an_xlsx(made.FAR_CELL),
        "DocumentTooLarge",
        "160 MiB",
    ),
    "an XLSX of too many cells": (
        lambda: made.an_xlsx(
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="999"><c r="ZZ999"><v>1</v></c></row>'
        ),
        "DocumentTooLarge",
        "200000 cells",
    ),
    "an XLSX whose XML is none": (
        lambda: made.an_xlsx("<row"),
        "BrokenDocument",
        "XLSX cannot be read",
    ),
    "an XLSX without its sheets": (
        lambda: made.zipped({"xl/workbook.xml": "<workbook/>"}),
        "BrokenDocument",
        "XLSX cannot be read",
    ),
    "an encrypted DOCX or XLSX": (
        lambda: OLE + "EncryptedPackage".encode("utf-16-le"),
        "EncryptedDocument",
        "without a password",
    ),
    "an office file of before 2007": (
        lambda: OLE,
        "UnsupportedDocument",
        "save it as DOCX or XLSX",
    ),
    "a zip bomb": (
        lambda: made.zipped({"word/document.xml": LOUD}),
        "DocumentTooLarge",
        "64 MiB unpacked",
    ),
    "a zip bomb that lies about its size": (
        lambda: made.lying(made.zipped({"word/document.xml": LOUD})),
        "BrokenDocument",
        "archive is broken",
    ),
    "an archive of too many files": (
        lambda: made.zipped({f"{number}": "" for number in range(10_001)}),
        "DocumentTooLarge",
        "more than 10000 files",
    ),
    "an archive behind a password": (
        lambda: made.locked(made.a_docx()),
        "EncryptedDocument",
        "the archive is encrypted",
    ),
    "an archive of something else": (
        lambda: made.zipped({"a.txt": "x"}),
        "UnsupportedDocument",
        "neither DOCX nor XLSX",
    ),
    "an image": (
        lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "UnsupportedDocument",
        "known are PDF, DOCX",
    ),
    "a program": (lambda: b"\x7fELF\x02\x01\x01\0\0", "UnsupportedDocument", "known are PDF, DOCX"),
    "text in no charset": (
        lambda: "é".encode("latin-1"),
        "UnsupportedDocument",
        "no text in utf-8",
    ),
    "HTML of boxes in boxes": (
        lambda: b"<html>" + b"<div>" * 100_000,
        "DocumentTooLarge",
        "256 deep inside each other",
    ),
    "HTML of much text": (
        lambda: b"<html>" + b"a " * 3_000_000,
        "DocumentTooLarge",
        "4000000 characters",
    ),
    "more than may be given": (
        lambda: bytes(10 * 1024**2 + 1),
        "DocumentTooLarge",
        "more than 10 MiB",
    ),
}


@pytest.mark.parametrize(("make", "reason", "said"), BAD.values(), ids=BAD)
async def test_bad(
    documents: Documents, make: Callable[[], bytes], reason: Reason, said: str
) -> None:
    with pytest.raises(Refused) as refused:
        await documents.read(make(), Hints(max_pages=3))

    assert refused.value.reason == reason
    assert said in refused.value.message


OUTSIDE = {
    "DOCX": made.a_docx_with(said("x&e;"), head=XXE),
    "XLSX": made.an_xlsx(
        '<row r="1"><c r="A1" t="s"><v>0</v></c></row>',
        **{"xl/sharedStrings.xml": f"{XXE}<sst><si><t>&e;</t></si></sst>"},
    ),
    "HTML": f"{XXE}<html><p>&e;".encode(),
}


@pytest.mark.parametrize("raw", OUTSIDE.values(), ids=OUTSIDE)
async def test_no_entity_brings_in_a_file(documents: Documents, raw: bytes) -> None:
    try:
        given = str(await documents.read(raw, Hints()))
    except Refused as refused:
        given = refused.message

    assert SECRET_TEXT not in given


async def test_a_document_that_takes_too_long_is_given_up() -> None:
    hasty = Documents(wall_seconds=0.001)

    with pytest.raises(Refused, match=r"takes longer than 0\.001 s"):
        await hasty.read(made.a_pdf(*["x"] * 200), Hints())

    hasty.end()


async def test_a_reader_ends_with_the_step_that_wanted_it() -> None:
    before, reader = children(os.getpid()), Documents()
    await reader.read(b"x", Hints())
    [zygote] = children(os.getpid()) - before
    reading = asyncio.create_task(reader.read(made.a_pdf(*["x"] * 400), Hints()))
    await until(lambda: len(children(zygote)) == 1, "a reader is at work")

    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    await until(lambda: children(zygote) == set(), "the reader is gone")
    reader.end()


def children(pid: int) -> set[int]:
    """Processes that are alive, and not merely waiting for somebody to ask how they ended."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child) for child in listed if " Z " not in Path(f"/proc/{child}/stat").read_text()}
