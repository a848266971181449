"""Keeps secrets in: whatever leaves the process has them replaced, however they are spelt."""

from sluice_runner.redaction.redactor import MASK, Redactor
from sluice_runner.redaction.stream import RedactedStream

__all__ = ["MASK", "RedactedStream", "Redactor"]
