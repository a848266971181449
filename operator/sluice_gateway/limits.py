"""What one request may take: bounds that hold for every caller."""

from dataclasses import dataclass

RUN_BYTES = 128 * 1024  # inputs, definition and entities of a run together

CALLER_REQUESTS = 500  # of one token, at once

PAGE_DEFAULT = 20
PAGE_MAX = 500


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`sync_seconds` is how long a caller may wait for a run's end."""

    body_bytes: int = 1 << 20
    mail_bytes: int = 15 << 20
    body_seconds: float = 30
    sync_seconds: float = 300
