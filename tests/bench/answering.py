"""`python -m bench.answering`: an HTTP server in a process of its own; prints its port."""

import asyncio

from testkit.https_server import Answer, serving

BODY = b'{"orders": [' + b'{"id": "o-1", "total": 9.9},' * 40 + b"{}]}"


async def main() -> None:
    """Until it is ended."""
    async with serving(tls=False) as server:
        server.answers["/"] = Answer(headers={"Content-Type": "application/json"}, body=BODY)
        print(server.port, flush=True)
        await asyncio.Event().wait()


asyncio.run(main())
