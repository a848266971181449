"""HTML: what a reader would see, and its tables; nothing is fetched, no script is run."""

from collections.abc import Iterator

from lxml import html
from lxml.etree import LxmlError
from pydantic import JsonValue

from sluice_runner.documents import kinds, limits
from sluice_runner.documents.parsed import Budget, Hints, Parsed, plain

TYPE = "text/html"
_UNSEEN = frozenset({"head", "noscript", "script", "style", "template", "title"})
_INLINE = frozenset(
    {
        "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i",
        "img", "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub",
        "sup", "time", "tt", "u", "var", "wbr",
    }
)  # fmt: skip


def read(raw: bytes, hints: Hints) -> Parsed:
    """The text has a line for each block, with tabs between the cells of tables."""
    source = kinds.text_of(raw, hints)
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True)
    try:
        root = html.document_fromstring(source.encode(errors="replace"), parser=parser)
    except (LxmlError, ValueError) as error:
        raise limits.broken(f"the HTML cannot be read: {error}") from error
    _check_depth(parser)
    budget = Budget()
    title = root.findtext(".//title")
    return Parsed(
        TYPE,
        _joined(budget.text(piece) for piece in _pieces(root)),
        tables=[{"rows": _rows(table, budget)} for table in root.iter("table")],
        metadata={
            "title": plain(" ".join(title.split()) if title else None),
            "author": plain(_meta(root, "author")),
        },
    )


def _check_depth(parser: html.HTMLParser) -> None:
    """libxml2 goes on without what is too deep for it, and only its log tells."""
    if any("xcessive depth" in entry.message for entry in parser.error_log):
        raise limits.too_large("elements of the HTML are more than 256 deep inside each other")


def _pieces(root: html.HtmlElement) -> Iterator[str]:
    """Words, tabs and line feeds, in order; walked without recursion."""
    pending: list[tuple[html.HtmlElement | str, bool]] = [(root, True)]
    while pending:
        current, begins = pending.pop()
        if isinstance(current, str):
            yield current
        elif not isinstance(current.tag, str):
            continue
        elif begins:
            yield from _opened(current, pending)
        else:
            yield _after(current)


def _opened(
    element: html.HtmlElement, pending: list[tuple[html.HtmlElement | str, bool]]
) -> Iterator[str]:
    if element.tag in _UNSEEN:
        return
    if element.tag not in _INLINE and element.tag not in ("td", "th", "br"):
        yield "\n"
    if element.text:
        yield _words(element.text)
    pending.append((element, False))
    for child in reversed(element):
        if child.tail:
            pending.append((_words(child.tail), True))
        pending.append((child, True))


def _after(element: html.HtmlElement) -> str:
    if element.tag in ("td", "th"):
        return "\t"
    return "" if element.tag in _INLINE else "\n"


def _words(text: str) -> str:
    """White space as a browser shows it: one space, whatever it was."""
    between = " ".join(text.split())
    before = " " if text[:1].isspace() else ""
    after = " " if between and text[-1:].isspace() else ""
    return f"{before}{between}{after}"


def _joined(pieces: Iterator[str]) -> str:
    text = "".join(pieces)
    kept = (" ".join(line.split(" ")).strip() for line in text.split("\n"))
    return "\n".join(line for line in kept if line)


def _rows(table: html.HtmlElement, budget: Budget) -> list[JsonValue]:
    return [
        budget.row(
            [plain(" ".join(cell.text_content().split())) for cell in row.iterchildren("td", "th")]
        )
        for row in table.iter("tr")
    ]


def _meta(root: html.HtmlElement, name: str) -> str | None:
    for meta in root.iter("meta"):
        if (meta.get("name") or "").lower() == name:
            return str(meta.get("content", ""))
    return None
