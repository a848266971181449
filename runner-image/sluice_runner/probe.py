"""The templating sandbox as /readyz sees it."""

import asyncio

from sluice_runner.templating.limits import TemplateFailed
from sluice_runner.templating.renderer import Renderer

_PROBE = "{{ 1 + 1 }}"
_AGAIN_SECONDS = 10
_SOON_SECONDS = 0.5


class Probe:
    """Asks the sandbox processes whether they render."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._reason = "the renderer starts"

    def unready(self) -> str:
        """Why they do not, as the last probe found; empty when they do."""
        return self._reason

    async def watch(self) -> None:
        """Probe the processes for ever; one that is only busy is waited for."""
        while True:
            self._reason = await self._probe()
            await asyncio.sleep(_SOON_SECONDS if self._reason else _AGAIN_SECONDS)

    async def _probe(self) -> str:
        try:
            await self._renderer.render(_PROBE, {})
        except (TemplateFailed, OSError, TimeoutError) as error:
            return f"the renderer does not answer: {error}"
        return ""
