"""Nobody looks at anything while another leads."""

import asyncio

from sluice_operator.looking import Looking


async def test_a_key_is_looked_at_once_the_lease_is_ours() -> None:
    leads, looked = False, asyncio.Event()
    refused = asyncio.Event()
    seen: list[tuple[str, bool]] = []

    async def look(key: str) -> None:
        seen.append((key, leads))
        looked.set()

    def leading() -> bool:
        refused.set()
        return leads

    looking: Looking[str] = Looking(look, leading)
    running = asyncio.ensure_future(looking.run())
    looking.add("a")
    async with asyncio.timeout(10):
        await refused.wait()
        before = list(seen)
        leads = True
        await looked.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert (before, seen) == ([], [("a", True)])
