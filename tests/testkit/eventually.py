"""Wait for a condition in our own memory, with a deadline and a reason."""

import asyncio
from collections.abc import Callable

import pytest


async def until(
    condition: Callable[[], bool], what: str, seconds: float = 10, *, pause: float = 0.01
) -> None:
    """Looks again after each pause until it holds; fails after the deadline."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(pause)
    except TimeoutError:
        pytest.fail(f"{what}: not within {seconds:g} s")
