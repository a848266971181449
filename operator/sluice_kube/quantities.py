"""Quantities of resources: the API server rewrites 1024Mi as 1Gi and 0.5 as 500m."""

import re
from decimal import Decimal
from typing import Any

QUANTITY = re.compile(r"([+-]?[0-9.]+)(?:([eE][+-]?[0-9]+)|(n|u|m|k|M|G|T|P|E|[KMGTPE]i))?")
SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", 1)},
}


def equal(one: Any, other: Any) -> bool:
    """Whether both are quantities, and of the same amount."""
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    amount = _amount(str(one))
    return amount is not None and amount == _amount(str(other))


def _amount(text: str) -> Decimal | None:
    match = QUANTITY.fullmatch(text)
    if not match or match[1].count(".") > 1 or not any(map(str.isdigit, match[1])):
        return None
    return Decimal(match[1] + (match[2] or "")) * SUFFIXES.get(match[3] or "", Decimal(1))
