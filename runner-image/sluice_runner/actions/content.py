"""Bytes that a step is given: a text, what another step calls binary, or any value as JSON."""

from base64 import b64decode

import orjson
from pydantic import JsonValue

from sluice_core.catalog.files import LARGEST
from sluice_runner.actions.action import StepFailed


def to_bytes(value: JsonValue, field: str) -> bytes:
    """A text in UTF-8, `{base64: ...}` decoded, anything else as JSON.

    Raises StepFailed for base64 that is none; `field` is where in `with` the value stands.
    """
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict) and isinstance(text := value.get("base64"), str):
        try:
            return b64decode(text, validate=True)
        except ValueError as error:
            message = f"with.{field}.base64 is not base64 (RFC 4648)"
            raise StepFailed("Permanent", "InvalidConfig", message) from error
    return orjson.dumps(value)


def within_limit(value: JsonValue, field: str) -> bytes:
    """As `to_bytes`, at most LARGEST of them; raises StepFailed."""
    body = to_bytes(value, field)
    if len(body) > LARGEST:
        message = f"with.{field} has {len(body):,} bytes, of which {LARGEST:,} can be sent"
        raise StepFailed("Permanent", "TooLarge", message)
    return body


def content_type(value: JsonValue) -> str:
    """What the value says that it is, or what its form suggests."""
    if isinstance(value, str):
        return "text/plain; charset=utf-8"
    if isinstance(value, dict) and "base64" in value:
        named = value.get("contentType")
        return named if isinstance(named, str) and named else "application/octet-stream"
    return "application/json"
