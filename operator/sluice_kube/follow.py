"""Watch from now on without a list, handing out raw lines: for who waits for few among many."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import orjson

from sluice_kube import lines, reconnect
from sluice_kube.resources import Resource
from sluice_kube.scope import EVERYTHING, Scope
from sluice_kube.session import Session


@dataclass
class _Place:
    """Where the watch stands: its version, or the last line, decoded only when it is needed."""

    version: str = ""
    line: bytes = b""

    def resume(self) -> str:
        if self.line:
            self.version = orjson.loads(self.line)["object"]["metadata"]["resourceVersion"]
            self.line = b""
        return self.version

    def lose(self) -> None:
        self.version, self.line = "", b""


async def follow(
    session: Session,
    resource: Resource,
    on_line: Callable[[bytes], None],
    on_gap: Callable[[], None],
    scope: Scope = EVERYTHING,
) -> NoReturn:
    """Calls `on_line` for each event `{"type":…,"object":…}` until cancelled.

    `on_gap` is called whenever changes may have been missed, the start included: who waits for an
    object reads it once after that. A connection that merely broke is resumed without a gap; then
    nothing is missed, and lines may come twice.
    """
    place = _Place()

    async def attempt() -> None:
        version = place.resume()
        fresh = not version
        if fresh:
            version = (await session.page(resource, scope, limit=1)).resource_version
        async with session.stream(resource, version, scope) as events:
            place.version = version
            if fresh:
                on_gap()
            async for line in events:
                place.line = line
                if not line.startswith(lines.BOOKMARK):
                    on_line(line)

    await reconnect.forever(resource, attempt, place.lose)
