"""Workflows that run workflows: how deep they may go, and that none comes back to itself."""

from collections.abc import Sequence

DEPTH = 10
"""Runs inside each other, the outermost included."""


def refusal(ancestors: Sequence[str], parent: str, child: str) -> str | None:
    """Why a run of `parent` may not start `child`; None where it may.

    `ancestors` are the workflows of the runs above the parent, the outermost first.
    """
    chain = [*ancestors, parent, child]
    said = " → ".join(chain)
    if child in chain[:-1]:
        return f"workflows run each other: {said}"
    if len(chain) > DEPTH:
        return f"more than {DEPTH} runs inside each other: {said}"
    return None
