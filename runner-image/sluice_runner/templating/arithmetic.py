"""Operators that refuse to make what would be too large, before they make it."""

import operator
from collections.abc import Callable

from sluice_core.template_rules import NUMBER_BITS
from sluice_runner.templating import limits, values
from sluice_runner.templating.limits import Refused

_NUMERIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow,
}  # fmt: skip
_NUMBERS = (int, float, bool)
_SEQUENCES = (str, list, tuple)


def apply(sign: str, left: object, right: object) -> object:
    """`left sign right`, as Python has it; no formatting with %, nothing larger than allowed."""
    values.defined(left)
    values.defined(right)
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        return _of_numbers(sign, left, right)  # type: ignore[arg-type]
    if sign == "+" and type(left) in _SEQUENCES and type(left) is type(right):
        return _joined(left, right)
    if sign == "*" and type(left) in _SEQUENCES and type(right) is int:
        return _repeated(left, right)
    if sign == "*" and type(left) is int and type(right) in _SEQUENCES:
        return _repeated(right, left)
    if sign == "%" and type(left) is str:
        raise Refused("Forbidden", "text cannot be formatted with %; join its parts with ~")
    message = f"cannot use {sign} on {values.word_for(left)} and {values.word_for(right)}"
    raise Refused("WrongValue", message)


def _of_numbers(sign: str, left: float, right: float) -> object:
    if sign == "**" and type(left) is int and type(right) is int:
        _judge_power(left, right)
    result = _NUMERIC[sign](left, right)
    if type(result) is complex:
        raise Refused("WrongValue", "the root of a negative number")
    return values.bounded(result)


def _judge_power(base: int, exponent: int) -> None:
    if abs(base) > 1 and (base.bit_length() - 1) * exponent > NUMBER_BITS:
        raise Refused("NumberTooLarge", f"number of more than {NUMBER_BITS} bits")


def _joined(left: object, right: object) -> object:
    _judge_length(left, len(left) + len(right))  # type: ignore[arg-type]
    return values.bounded(left + right)  # type: ignore[operator]


def _repeated(value: object, times: int) -> object:
    _judge_length(value, len(value) * times)  # type: ignore[arg-type]
    return values.bounded(value * times)  # type: ignore[operator]


def _judge_length(value: object, length: int) -> None:
    limit = limits.TEXT_BYTES if type(value) is str else limits.LIST_ITEMS
    if length > limit:
        unit = "bytes of text" if type(value) is str else "items of a list"
        raise Refused("OutputTooLarge", f"more than {limit} {unit}")
