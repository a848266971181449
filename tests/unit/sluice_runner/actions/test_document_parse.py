"""document.parse: where a document may come from, and what the step says of one that is bad."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from pydantic import JsonValue, ValidationError

from sluice_core.catalog import CATALOG
from sluice_runner.actions.action import Done, StepFailed
from sluice_runner.documents.reader import Documents
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from testkit import documents as made
from testkit.contexts import a_context, call
from testkit.https_server import Answer, Server, serving
from testkit.runs import World, a_constant, a_job

pytestmark = pytest.mark.asyncio(loop_scope="module")

PDF = {"base64": b64encode(made.a_pdf("Hello")).decode(), "contentType": "application/pdf"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def documents() -> AsyncIterator[Documents]:
    started = Documents()
    yield started
    started.end()


@pytest_asyncio.fixture(loop_scope="module")
async def server() -> AsyncIterator[Server]:
    async with serving() as running:
        yield running


async def parse(documents: Documents, server: Server | None = None, **given: Any) -> Done:
    trust = server.trust if server else None
    async with client(Guard(Egress(("127.0.0.0/8",))), trust) as http:
        http.timeout = 1
        context = a_context(http=lambda: http, documents=lambda: documents)
        return await call("document.parse", context, **given)


GIVEN: dict[str, tuple[dict[str, Any], str, str]] = {
    "bytes of a step": ({"content": PDF}, "application/pdf", "Hello\n"),
    "a text": ({"content": "sku,price"}, "text/plain", "sku,price"),
    "a text and its name": ({"content": "a,b\n", "name": "x.csv"}, "text/csv", "a,b\n"),
    "a text and its type": (
        {"content": "<p>x", "contentType": "text/html"}, "text/html", "x",
    ),
    "bytes with a name of their own": (
        {"content": {"base64": "YSxiCg==", "name": "x.csv"}}, "text/csv", "a,b\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "kind", "text"), GIVEN.values(), ids=GIVEN)
async def test_what_is_given(
    documents: Documents, given: dict[str, Any], kind: str, text: str
) -> None:
    done = await parse(documents, **given)

    assert isinstance(done.output, dict)
    assert (done.output["contentType"], done.output["text"]) == (kind, text)


async def test_a_url_gives_bytes_and_says_what_they_are(
    documents: Documents, server: Server
) -> None:
    body = "größer".encode("latin-1")
    server.answers["/a.csv"] = Answer(200, {"Content-Type": "text/plain; charset=latin-1"}, body)

    done = await parse(documents, server, url=server.url("/a.csv?x=1"))

    assert isinstance(done.output, dict)
    assert (done.output["contentType"], done.output["text"]) == ("text/csv", "größer")
    assert done.result == {"bytes": 6, "pages": None}


URLS: dict[str, tuple[Answer, str, str]] = {
    "not there": (Answer(404), "Permanent", "Http404"),
    "away for a while": (Answer(503), "Transient", "Http503"),
    "too many": (Answer(429, {"Retry-After": "5"}), "RateLimited", "Http429"),
    "cut": (Answer(hang_up=True), "Transient", "ConnectionFailed"),
    "never answered": (Answer(silent=True), "Timeout", "Timeout"),
    "too large": (Answer(body=bytes(11 * 1024**2)), "Permanent", "BodyRefused"),
    "an image": (Answer(body=b"\x89PNG\r\n\x1a\n\0"), "Permanent", "UnsupportedDocument"),
}


@pytest.mark.parametrize(("answer", "kind", "reason"), URLS.values(), ids=URLS)
async def test_a_url_that_gives_nothing(
    documents: Documents, server: Server, answer: Answer, kind: str, reason: str
) -> None:
    server.answers["/x.pdf"] = answer

    with pytest.raises(StepFailed) as failed:
        await parse(documents, server, url=server.url("/x.pdf"))

    assert (failed.value.failure, failed.value.reason) == (kind, reason)


async def test_a_bad_document_is_told_by_its_name(documents: Documents) -> None:
    with pytest.raises(StepFailed, match=r"^invoice\.pdf: the PDF is encrypted") as failed:
        await parse(
            documents,
            content={"base64": b64encode(made.an_encrypted_pdf("x")).decode()},
            name="invoice.pdf",
        )

    assert (failed.value.failure, failed.value.reason) == ("Permanent", "EncryptedDocument")


NONE: dict[str, JsonValue] = {"a number": 7, "an object of something else": {"rows": []}}


@pytest.mark.parametrize("content", NONE.values(), ids=NONE)
async def test_what_is_no_document(documents: Documents, content: JsonValue) -> None:
    with pytest.raises(StepFailed, match="give a text, or an object with base64"):
        await parse(documents, content=content)


async def test_a_scan_is_told_in_the_log(documents: Documents) -> None:
    said: list[str] = []
    context = a_context(documents=lambda: documents, log=lambda _, text: said.append(text))
    page = {"base64": b64encode(made.a_pdf("")).decode()}

    await call("document.parse", context, content=page)

    assert said == ["the document has no text; images of text, as in scans, are not read"]


async def test_a_step_that_says_nothing_reads_the_document_of_its_data(
    documents: Documents,
) -> None:
    job = a_job(
        a_constant("mail", {"subject": "x", "document": PDF}),
        {"name": "parse", "action": "document.parse"},
    )

    end = await World().run(job, documents=lambda: documents)

    assert isinstance(end.output, dict)
    assert end.output["text"] == "Hello\n"


async def test_many_documents_wait_for_each_other(documents: Documents) -> None:
    done = await asyncio.gather(*(parse(documents, content=PDF) for _ in range(8)))

    assert {str(one.output) for one in done} == {str(done[0].output)}


async def test_one_source_is_needed_and_only_one() -> None:
    for given in ({}, {"url": "https://example.com/a", "content": "x"}):
        with pytest.raises(ValidationError, match="give url or content, and not both"):
            CATALOG["document.parse"].params.model_validate(given)
