"""Read a request's body within bounds of size, time and form."""

import asyncio
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from sluice_gateway import strict_json
from sluice_gateway.limits import Limits
from sluice_gateway.problems import Problem, of_validation

Body = TypeVar("Body", bound=BaseModel)

# What is left of an unread body must not be taken for the next request.
_HANG_UP = {"Connection": "close"}


async def read(request: Request, model: type[Body], limits: Limits) -> Body:
    """The body as `model`; an empty one counts as `{}`.

    Raises Problem 400, 408, 413, 415 or 422.
    """
    text = await raw(request, limits)
    if text:  # clients that send none may declare anything
        check_type(request.headers)
    try:
        value = strict_json.loads(text or b"{}")
    except strict_json.NotJsonError as error:
        detail = f"the body is not JSON as this API takes it: {error}"
        raise Problem(400, "NotJson", detail) from error
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise of_validation(error.errors(include_url=False, include_context=False)) from error


def check_type(headers: Headers) -> None:
    """Raises Problem 415 for a body that is declared as something else than JSON."""
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media and media != "application/json" and not media.endswith("+json"):
        raise Problem(
            415,
            "UnsupportedMediaType",
            f"the body must be JSON, not {media}: send the header Content-Type: application/json",
        )


async def raw(request: Request, limits: Limits, most: int = 0) -> bytes:
    """The body as it came, of `most` bytes, or of as many as are usual.

    Raises Problem 400, 408 or 413.
    """
    most = most or limits.body_bytes
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise _too_large(most)
                parts.append(part)
    except TimeoutError as error:
        detail = f"the body did not arrive within {limits.body_seconds:g} seconds"
        raise Problem(408, "RequestTimeout", detail, headers=_HANG_UP) from error
    except ClientDisconnect as error:
        raise Problem(400, "Incomplete", "the body ended too early", headers=_HANG_UP) from error
    return b"".join(parts)


def _too_large(most: int) -> Problem:
    """Without hanging up: a client that sends to the end would be reset, and read no answer.

    What it still sends is thrown away, for as long as `sluice_gateway.heads` lets it.
    """
    return Problem(413, "TooLarge", f"the body is larger than {most} bytes")
