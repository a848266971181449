"""What it costs to look for secrets in what a step tells."""

import secrets
import statistics
import time
from typing import Any

from bench.report import Figure
from sluice_core import wire
from sluice_runner.redaction import Redactor

SECRETS = 10
ROWS = 240  # 16 KiB as JSON
ROUNDS = 200


def figures() -> list[Figure]:
    """Ten secrets of forty characters; an output without one of them, and one with."""
    redactor = Redactor()
    known = [secrets.token_urlsafe(30) for _ in range(SECRETS)]
    redactor.learn(known)
    clean, echoing = _step("lorem ipsum dolor sit amet"), _step(known[0])
    return [
        Figure("redaction_16k_us", _microseconds(redactor, clean), "us"),
        Figure("redaction_16k_echoed_us", _microseconds(redactor, echoing), "us"),
    ]


def _step(note: str) -> wire.StepFinished:
    rows: list[Any] = [{"id": n, "name": f"customer {n}", "note": "x" * 26} for n in range(ROWS)]
    rows[ROWS // 2]["note"] = note
    return wire.StepFinished(
        step="a", phase="Succeeded", started=1, duration_ms=1, output={"rows": rows}
    )


def _microseconds(redactor: Redactor, what: wire.StepFinished) -> float:
    """The median."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        redactor.happening(what)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1e6
