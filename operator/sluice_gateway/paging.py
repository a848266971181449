"""Pages of a list of which a caller must not see all: what is hidden is not told by a token."""

from collections.abc import Awaitable, Callable

from sluice_gateway.limits import PAGE_MAX
from sluice_kube.resources import Manifest
from sluice_kube.session import Page

Ask = Callable[[int, str], Awaitable[Page]]
IsShown = Callable[[Manifest], bool]


async def shown(
    ask: Ask, is_shown: IsShown, wanted: int, following: str
) -> tuple[list[Manifest], str]:
    """At most `wanted` objects, all shown, and the token of those after them, or "".

    A token of the API server holds the name of the last object before it. So the one that is
    answered comes after an object that is shown: a batch that ends the page is shown as a whole.
    """
    found: list[Manifest] = []
    while True:
        page = await ask(wanted - len(found), following)
        visible = [one for one in page.items if is_shown(one)]
        found += visible
        following = page.following
        if not following or len(found) >= wanted:
            return found, following
        if not visible:
            following, ended = await _past_hidden(ask, is_shown, following)
            if ended:
                return found, ""


async def _past_hidden(ask: Ask, is_shown: IsShown, following: str) -> tuple[str, bool]:
    """The token behind those that are hidden and come next, and whether nothing comes then."""
    page = await ask(PAGE_MAX, following)
    hidden = next((at for at, one in enumerate(page.items) if is_shown(one)), len(page.items))
    if hidden == len(page.items):
        return page.following, not page.following
    if not hidden:
        return following, False
    stretch = await ask(hidden, following)
    return stretch.following, not stretch.following
