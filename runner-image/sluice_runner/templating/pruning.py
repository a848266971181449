"""Send a sandbox only the part of the context that its templates can name."""

import re

from pydantic import JsonValue

_STEP = re.compile(r"\bsteps\s*(?:\.\s*(\w+)|\[\s*(?:'([^'\\]*)'|\"([^\"\\]*)\")\s*\]|(\b))")


def needed(context: dict[str, JsonValue], sources: list[str]) -> dict[str, JsonValue]:
    """The entries whose names occur in a source; of `steps`, those that are named outright.

    Reads text, not syntax: it may keep what is not needed, and never drops what is.
    """
    text = "\n".join(sources)
    kept = {name: value for name, value in context.items() if name in text}
    steps = kept.get("steps")
    if isinstance(steps, dict):
        names = _named_steps(text)
        if names is not None:
            kept["steps"] = {name: steps[name] for name in names if name in steps}
    return kept


def _named_steps(text: str) -> set[str] | None:
    """None where some use of `steps` leaves open which step is meant."""
    names: set[str] = set()
    for dotted, single, double, bare in _STEP.findall(text):
        name = dotted or single or double
        if not name or bare:
            return None
        names.add(name)
    return names
