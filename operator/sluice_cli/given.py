"""What the command line's --inputs says: JSON, or @FILE with JSON in it."""

import json
from pathlib import Path

from pydantic import JsonValue

from sluice_cli.documents import Unreadable


def read_inputs(text: str) -> dict[str, JsonValue]:
    """The inputs of a run; raises Unreadable, saying what is wrong where."""
    source = "--inputs"
    if text.startswith("@"):
        source = text[1:]
        try:
            text = Path(source).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Unreadable(f"{source}: {error}") from error
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{source}: no JSON: {error}") from error
    if not isinstance(value, dict):
        raise Unreadable(f'{source}: the inputs are an object, such as {{"day": "monday"}}')
    return value
