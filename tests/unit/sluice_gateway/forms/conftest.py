"""One renderer for the tests of a module; its processes end with it."""

from collections.abc import AsyncIterator

import pytest_asyncio

from sluice_runner.templating.renderer import Renderer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def renderer() -> AsyncIterator[Renderer]:
    async with Renderer() as started:
        yield started
