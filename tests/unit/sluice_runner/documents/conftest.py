"""One reader for the tests of a module; its processes end with it."""

from collections.abc import AsyncIterator

import pytest_asyncio

from sluice_runner.documents.reader import Documents


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def documents() -> AsyncIterator[Documents]:
    started = Documents()
    yield started
    started.end()
