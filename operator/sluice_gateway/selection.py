"""Which workflows of a list are meant, in which order, and which part of them."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sluice_gateway.limits import PAGE_DEFAULT, PAGE_MAX
from sluice_gateway.problems import Fault, not_valid

SORTS = ("name", "id", "status", "createdAt", "updatedAt", "lastRunAt")
Summary = Mapping[str, Any]


class Wanted(BaseModel):
    """What a caller asks for; `following` is from the page before, and goes before `offset`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Literal["draft", "active", "paused", "archived"] | None = None
    tag: str | None = Field(None, max_length=63, description="Those that have this tag.")
    search: str | None = Field(None, max_length=253, description="In name, id and description.")
    sort: str = Field("name", max_length=64, description="A field, with :desc behind it or not.")
    limit: int = Field(PAGE_DEFAULT, ge=1, le=PAGE_MAX, description="The most to answer.")
    offset: int = Field(0, ge=0, le=1_000_000, description="How many to leave out first.")
    following: str = Field(
        "", alias="continue", pattern=r"^[0-9]{0,7}$", description="From the page before."
    )

    @property
    def begins(self) -> int:
        """How many are left out."""
        return int(self.following) if self.following else self.offset


def page(summaries: Iterable[Summary], wanted: Wanted) -> dict[str, Any]:
    """How many there are in all, and those of the page; raises Problem 422 for an odd order.

    They come in the order of their names.
    """
    found = [one for one in summaries if _is_meant(one, wanted)]
    field, _, direction = wanted.sort.partition(":")
    if field not in SORTS or direction not in ("", "asc", "desc"):
        fault = Fault("sort", f"'{wanted.sort}' is no order", f"one of {', '.join(SORTS)}, :desc")
        raise not_valid([fault])
    if field != "name":
        found.sort(key=lambda one: (str(one[field] or "").lower(), one["id"]))
    if direction == "desc":
        found.reverse()
    after = wanted.begins + wanted.limit
    shown: dict[str, Any] = {
        "count": len(found),
        "limit": wanted.limit,
        "offset": wanted.begins,
        "workflows": found[wanted.begins : after],
    }
    if after < len(found):
        shown["continue"] = str(after)
    return shown


def counts(summaries: Iterable[Summary]) -> dict[str, int]:
    """How many there are in each state."""
    made = {"total": 0, "active": 0, "paused": 0, "draft": 0, "archived": 0}
    for one in summaries:
        made["total"] += 1
        made[one["status"]] += 1
    return made


def _is_meant(one: Summary, wanted: Wanted) -> bool:
    if wanted.status is not None and one["status"] != wanted.status:
        return False
    if wanted.tag is not None and wanted.tag not in one["tags"]:
        return False
    if wanted.search is None:
        return True
    text = f"{one['name']}\n{one['id']}\n{one['description']}".lower()
    return wanted.search.lower() in text
