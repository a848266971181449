"""What a template may hold: JSON's values, bounded in size, depth and spelling."""

import math

import orjson
from jinja2 import Undefined

from sluice_core.template_rules import NUMBER_BITS
from sluice_runner.templating import limits
from sluice_runner.templating.limits import Refused

_WORDS = {str: "text", int: "a number", float: "a number", bool: "true or false",
          list: "a list", tuple: "a list", dict: "an object", type(None): "null"}  # fmt: skip
_SMALL = 8  # what a number or an empty list weighs, so that counting them ends in time


def word_for(value: object) -> str:
    """What people call the type of a value."""
    return _WORDS.get(type(value), "something that is not data")


def defined(value: object) -> object:
    """The value; jinja2's UndefinedError, which names the variable, where there is none."""
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()  # noqa: SLF001 - jinja2 has no public spelling
    return value


def bounded(value: object) -> object:
    """The value that an operator or a filter has made; Refused if it is larger than allowed."""
    kind = type(value)
    if kind is str:
        _bounded_text(value)  # type: ignore[arg-type]
    elif kind is int:
        if value.bit_length() > NUMBER_BITS:  # type: ignore[attr-defined]
            raise Refused("NumberTooLarge", f"number of more than {NUMBER_BITS} bits")
    elif kind in (list, tuple, dict) and len(value) > limits.LIST_ITEMS:  # type: ignore[arg-type]
        raise Refused("OutputTooLarge", f"list of more than {limits.LIST_ITEMS} items")
    return value


def _bounded_text(value: str) -> None:
    size = len(value)
    if not value.isascii() and size * 4 > limits.TEXT_BYTES:
        size = len(value.encode(errors="surrogatepass"))
    if size > limits.TEXT_BYTES:
        raise Refused("OutputTooLarge", f"text longer than {limits.TEXT_BYTES} bytes")


def text(value: object) -> str:
    """A value as text: text as it is, all else as JSON."""
    if type(value) is str:
        return value
    defined(value)
    weigh(value, limits.TEXT_BYTES)
    return str(bounded(orjson.dumps(value).decode()))


def number(value: object) -> int | float:
    """The value, which has to be a number."""
    if type(value) in (int, float, bool):
        return value  # type: ignore[return-value]
    raise Refused("WrongValue", f"expected a number, not {word_for(defined(value))}")


def whole(value: object, low: int, high: int) -> int:
    """The value, which has to be an integer from low to high."""
    if type(value) is int and low <= value <= high:
        return value
    raise Refused("WrongValue", f"expected a whole number from {low} to {high}")


def items(value: object) -> list[object]:
    """The items of a list, the keys of an object, the characters of a text."""
    if type(value) is list:
        return value
    if type(value) in (tuple, dict, str):
        return list(value)  # type: ignore[call-overload,no-any-return]
    raise Refused("WrongValue", f"expected a list, not {word_for(defined(value))}")


def mapping(value: object) -> dict[str, object]:
    """The value, which has to be an object."""
    if type(value) is dict:
        return value
    raise Refused("WrongValue", f"expected an object, not {word_for(defined(value))}")


def weigh(value: object, limit: int) -> int:
    """About how many bytes the value takes as JSON; Refused if more than limit, or not JSON.

    Counts what is contained twice twice: two lists of each other's copies, forty times over, are
    small in memory and endless in writing.
    """
    weight = 0
    pending = [(value, 0)]
    while pending:
        current, depth = pending.pop()
        weight += _weight(current)
        if type(current) is dict:
            weight += sum(map(_key_weight, current))
        if weight > limit:
            raise Refused("OutputTooLarge", f"value larger than {limit} bytes")
        if depth > limits.VALUE_DEPTH:
            raise Refused("TooDeep", f"value nested deeper than {limits.VALUE_DEPTH} levels")
        if type(current) is dict:
            pending.extend([(item, depth + 1) for item in current.values()])
        elif type(current) in (list, tuple):
            pending.extend([(item, depth + 1) for item in current])  # type: ignore[attr-defined]
    return weight


def _weight(value: object) -> int:
    kind = type(value)
    if kind is str:
        return _text_weight(value)  # type: ignore[arg-type]
    if kind is float and not math.isfinite(value):  # type: ignore[arg-type]
        raise Refused("NotJson", "a number that is infinite or not a number")
    if kind is int and not -(2**63) <= value < 2**64:  # type: ignore[operator]
        raise Refused("NumberTooLarge", f"number of more than {NUMBER_BITS} bits")
    if kind not in _WORDS:
        raise Refused("NotJson", f"{word_for(defined(value))} cannot be written")
    return _SMALL


def _key_weight(key: object) -> int:
    if type(key) is not str:
        raise Refused("NotJson", f"the key of an object has to be text, not {word_for(key)}")
    return _text_weight(key)


def _text_weight(value: str) -> int:
    if value.isascii():
        return len(value) + 2
    try:
        return len(value.encode()) + 2
    except UnicodeEncodeError:
        raise Refused("NotJson", "text with half of a surrogate pair") from None
