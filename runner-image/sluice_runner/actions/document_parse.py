"""document.parse: read a document in a process of its own."""

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from sluice_core.catalog import CATALOG
from sluice_core.catalog.documents import ParseParams
from sluice_core.catalog.http import HttpParams
from sluice_runner.actions import content
from sluice_runner.actions.action import Action, Context, Done, StepFailed
from sluice_runner.actions.http_answer import check
from sluice_runner.documents.limits import Refused
from sluice_runner.documents.parsed import Hints


async def run(params: ParseParams, ctx: Context) -> Done:
    """Text, pages, tables and properties."""
    raw, said = await _fetched(params.url, ctx) if params.url else _given(params)
    hints = Hints(
        content_type=params.content_type or said.content_type,
        name=params.name or said.name,
        max_pages=params.max_pages,
    )
    try:
        output = await ctx.documents().read(raw, hints)
    except Refused as refused:
        where = hints.name or "the document"
        raise StepFailed("Permanent", refused.reason, f"{where}: {refused.message}") from refused
    if output["pages"] and not output["text"]:
        ctx.log("warning", "the document has no text; images of text, as in scans, are not read")
    return Done(output=output, result={"bytes": len(raw), "pages": _pages(output["pages"])})


async def _fetched(url: str, ctx: Context) -> tuple[bytes, Hints]:
    from sluice_runner.actions.http_failure import failures_of  # noqa: PLC0415 - needs httpx

    with failures_of("GET", url):
        answer = await ctx.http().get(url)
    check(answer, "GET", HttpParams(url=url), ctx.now())
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    return answer.content, Hints(answer.headers.get("content-type", ""), name)


def _given(params: ParseParams) -> tuple[bytes, Hints]:
    value = params.content
    name = value.get("name") if isinstance(value, dict) else None
    if not isinstance(value, str) and not (isinstance(value, dict) and "base64" in value):
        message = "with.content: give a text, or an object with base64"
        raise StepFailed("Permanent", "InvalidConfig", message)
    said = content.content_type(value) if isinstance(value, dict) else ""
    hints = Hints(said, name if isinstance(name, str) else "")
    return content.to_bytes(value, "content"), hints


def _pages(pages: object) -> int | None:
    return len(pages) if isinstance(pages, list) and pages else None


ACTION = Action(CATALOG["document.parse"], run)
