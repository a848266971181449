"""Cut the body of a watch into lines, of any length, without decoding them."""

from collections.abc import AsyncIterator

import orjson

from sluice_kube import errors

# The API server writes "type" first, always.
ERROR = b'{"type":"ERROR"'
BOOKMARK = b'{"type":"BOOKMARK"'


async def split(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """One event a line; raises the ApiError that an ERROR event carries."""
    parts: list[bytes] = []
    async for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for line in ended:
            whole = b"".join((*parts, line))
            parts.clear()
            if whole.startswith(ERROR):
                raise errors.from_status(orjson.loads(whole)["object"])
            if whole:
                yield whole
        if rest:
            parts.append(rest)
