"""The templating sandbox as the engine and /readyz see it."""

import asyncio
from collections.abc import Mapping

from pydantic import JsonValue

from sluice_runner.engine.job import TemplateFailed
from sluice_runner.templating import renderer as templating

_PROBE = "{{ 1 + 1 }}"
_AGAIN_SECONDS = 10
_SOON_SECONDS = 0.5


class Sandbox:
    """Renders for the engine; `unready` says why it cannot, or nothing."""

    def __init__(self, renderer: templating.Renderer) -> None:
        self._renderer = renderer
        self._reason = "the renderer starts"

    def unready(self) -> str:
        """What the last probe found."""
        return self._reason

    async def render(
        self, value: JsonValue, context: Mapping[str, JsonValue], root: str
    ) -> JsonValue:
        """Raises the engine's TemplateFailed."""
        try:
            return await self._renderer.render(value, dict(context), root)
        except templating.TemplateFailed as failed:
            raise TemplateFailed(failed.kind, failed.path, failed.message) from failed

    async def watch(self) -> None:
        """Probe the processes for ever; one that is only busy is waited for."""
        while True:
            self._reason = await self._probe()
            await asyncio.sleep(_SOON_SECONDS if self._reason else _AGAIN_SECONDS)

    async def _probe(self) -> str:
        try:
            await self._renderer.render(_PROBE, {})
        except (templating.TemplateFailed, OSError, TimeoutError) as error:
            return f"the renderer does not answer: {error}"
        return ""
