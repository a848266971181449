"""Names of objects from what people call them."""

import re
import unicodedata
from collections.abc import Iterator

from sluice_core import names

LONGEST = 50
TRIES = 20
RESERVED = frozenset(
    {
        "action-catalog",
        "credentials",
        "discover",
        "events",
        "integrations",
        "runs",
        "stats",
        "templates",
    }
)
"""Path segments beside a workflow's name, which are none for that reason."""

_OTHERS = re.compile(r"[^a-z0-9]+")


def slug(title: str, kind: str = "workflow") -> str:
    """A DNS label of at most 50 characters; `kind` where nothing of the title is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    made = _OTHERS.sub("-", plain).strip("-")[:LONGEST].strip("-") or kind
    return f"{made}-{kind}" if made in RESERVED else made


def candidates(title: str, kind: str = "workflow") -> Iterator[str]:
    """Names to try, one after the other, as long as they are taken."""
    first = slug(title, kind)
    yield first
    for number in range(2, TRIES):
        yield f"{first[: LONGEST - 3].strip('-')}-{number}"


def keyed(title: str, *key: str, kind: str = "workflow") -> str:
    """The one name of an object that must be made once."""
    short = slug(title, kind)[: LONGEST - 13].strip("-")
    return names.keyed_run(short, *key)
