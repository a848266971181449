"""Filters on lists and objects; each makes its result at once, none is lazy."""

import itertools
from collections.abc import Callable
from typing import Any

import orjson
from jinja2 import pass_context
from jinja2.runtime import Context

from sluice_core import template_rules
from sluice_runner.templating import texts, values
from sluice_runner.templating.limits import ITERATIONS, LIST_ITEMS, Refused

Attribute = str | int | None


def _getter(context: Context, attribute: Attribute, fold: bool = False) -> Callable[[object], Any]:
    """What reads `a.b.0` of an item; with fold, text in small letters for comparing."""
    if type(attribute) not in (str, int, type(None)):
        raise Refused("WrongValue", f"an attribute is text, not {values.word_for(attribute)}")
    keys = [_key(part) for part in str(attribute).split(".")] if attribute is not None else []
    follow: Callable[..., object] = context.environment.follow  # type: ignore[attr-defined]

    def get(item: object) -> object:
        found = follow(item, "item", *keys)
        return found.lower() if fold and type(found) is str else found

    return get


def _key(part: str) -> str | int:
    return int(part) if part.isdecimal() and len(part) < 10 else part


def _sorter(context: Context, attribute: Attribute, fold: bool) -> Callable[[object], Any]:
    if not isinstance(attribute, str) or "," not in attribute:
        get = _getter(context, attribute, fold)
        return lambda item: values.defined(get(item))
    getters = [_getter(context, name.strip(), fold) for name in attribute.split(",")]
    return lambda item: [values.defined(get(item)) for get in getters]


@pass_context
def sort(
    context: Context,
    value: object,
    reverse: bool = False,
    case_sensitive: bool = False,
    attribute: Attribute = None,
) -> list[object]:
    """In order, by an attribute or several between commas."""
    key = _sorter(context, attribute, not case_sensitive)
    return sorted(values.items(value), key=key, reverse=bool(reverse))


def dictsort(
    value: object, case_sensitive: bool = False, by: str = "key", reverse: bool = False
) -> list[tuple[str, object]]:
    """Pairs of an object in the order of their keys, or of their values."""
    position = {"key": 0, "value": 1}[by]

    def key(pair: tuple[str, object]) -> Any:
        chosen = pair[position]
        return chosen.lower() if type(chosen) is str and not case_sensitive else chosen

    return sorted(values.mapping(value).items(), key=key, reverse=bool(reverse))


@pass_context
def groupby(
    context: Context,
    value: object,
    attribute: Attribute,
    default: object = None,
    case_sensitive: bool = False,
) -> list[object]:
    """Pairs of a value of the attribute and the items that have it, in the order of the values."""
    get = _getter(context, attribute, not case_sensitive)

    def key(item: object) -> Any:
        found = get(item)
        if default is not None and context.environment.is_undefined(found):  # type: ignore[attr-defined]
            return default
        return values.defined(found)

    ordered = sorted(values.items(value), key=key)
    return [(name, list(group)) for name, group in itertools.groupby(ordered, key)]


@pass_context
def unique(
    context: Context, value: object, case_sensitive: bool = False, attribute: Attribute = None
) -> list[object]:
    """The first of each; lists and objects are the same if their JSON is."""
    get = _getter(context, attribute, not case_sensitive)
    found: dict[object, object] = {}
    for item in values.items(value):
        found.setdefault(_identity(values.defined(get(item))), item)
    return list(found.values())


def _identity(value: object) -> object:
    if type(value) not in (list, tuple, dict):
        return type(value) is bool, value
    values.weigh(value, LIST_ITEMS)
    return orjson.dumps(value)


def _extreme(choose: Callable[..., object]) -> Callable[..., object]:
    @pass_context
    def extreme(
        context: Context, value: object, case_sensitive: bool = False, attribute: Attribute = None
    ) -> object:
        found = values.items(value)
        if not found:
            return context.environment.undefined("the smallest or largest of an empty list")
        return choose(found, key=_sorter(context, attribute, not case_sensitive))

    return extreme


@pass_context
def total(
    context: Context, value: object, attribute: Attribute = None, start: object = 0
) -> object:
    """The sum of numbers, or of a number of each item."""
    get = _getter(context, attribute)
    return sum((values.number(get(item)) for item in values.items(value)), values.number(start))


@pass_context
def join(context: Context, value: object, d: object = "", attribute: Attribute = None) -> str:
    """One text of all items, with a separator between them."""
    get = _getter(context, attribute)
    return texts.joined([get(item) for item in values.items(value)], d)


@pass_context
def mapped(
    context: Context, value: object, name: str = "", *args: object, **kwargs: object
) -> list[object]:
    """`map('filter', …)` or `map(attribute='a.b', default=…)`; each item costs an iteration."""
    found = _spent(context, value)
    if not name:
        get = _getter(context, kwargs["attribute"])  # type: ignore[arg-type]
        if "default" not in kwargs:
            return [values.defined(get(item)) for item in found]
        is_undefined = context.environment.is_undefined  # type: ignore[attr-defined]
        read = [get(item) for item in found]
        return [kwargs["default"] if is_undefined(item) else item for item in read]
    if name not in template_rules.FILTERS:
        raise Refused("Syntax", f"no filter named '{values.text(name)}'")
    call = context.environment.call_filter
    return [call(name, item, args, kwargs, context=context) for item in found]


def _chooser(wanted: bool, by_attribute: bool) -> Callable[..., list[object]]:
    """select, reject, selectattr and rejectattr are one filter with two switches."""

    @pass_context
    def choose(context: Context, value: object, *args: Any) -> list[object]:
        get = _getter(context, args[0] if by_attribute else None)
        name, *rest = args[by_attribute:] or (None,)
        if name is not None and name not in template_rules.TESTS:
            raise Refused("Syntax", f"no test named '{values.text(name)}'")

        def holds(item: object) -> bool:
            found = get(item)
            if name is None:
                return bool(found)
            return bool(context.environment.call_test(name, found, rest, context=context))

        return [item for item in _spent(context, value) if holds(item) is wanted]

    return choose


def _spent(context: Context, value: object) -> list[object]:
    found = values.items(value)
    context.environment.budget.spend(len(found))  # type: ignore[attr-defined]
    return found


def batch(value: object, linecount: int, fill_with: object = None) -> list[object]:
    """Lists of `linecount` items, the last one filled up if there is something to fill with."""
    size = values.whole(linecount, 1, ITERATIONS)
    found = values.items(value)
    rows = [found[start : start + size] for start in range(0, len(found), size)]
    if rows and fill_with is not None:
        rows[-1] = rows[-1] + [fill_with] * (size - len(rows[-1]))
    return list(rows)


def sliced(value: object, slices: int, fill_with: object = None) -> list[object]:
    """That many lists, as equal in length as can be."""
    count = values.whole(slices, 1, ITERATIONS)
    found = values.items(value)
    short, longer = divmod(len(found), count)
    rows: list[object] = []
    start = 0
    for position in range(count):
        end = start + short + (position < longer)
        filling = [fill_with] if fill_with is not None and longer and position >= longer else []
        rows.append(found[start:end] + filling)
        start = end
    return rows


def _end(position: int) -> Callable[..., object]:
    @pass_context
    def end(context: Context, value: object) -> object:
        found = values.items(value)
        undefined = context.environment.undefined
        return found[position] if found else undefined("the first or last of an empty list")

    return end


FILTERS: dict[str, Callable[..., object]] = {
    "batch": batch,
    "count": lambda value: len(values.items(value)),
    "dictsort": dictsort,
    "first": _end(0),
    "groupby": groupby,
    "items": lambda value: list(values.mapping(value).items()),
    "join": join,
    "keys": lambda value: list(values.mapping(value)),
    "last": _end(-1),
    "length": lambda value: len(values.items(value)),
    "list": values.items,
    "map": mapped,
    "max": _extreme(max),
    "min": _extreme(min),
    "reject": _chooser(wanted=False, by_attribute=False),
    "rejectattr": _chooser(wanted=False, by_attribute=True),
    "reverse": lambda value: (
        value[::-1] if type(value) is str else list(reversed(values.items(value)))
    ),
    "select": _chooser(wanted=True, by_attribute=False),
    "selectattr": _chooser(wanted=True, by_attribute=True),
    "slice": sliced,
    "sort": sort,
    "sum": total,
    "unique": unique,
    "values": lambda value: list(values.mapping(value).values()),
}
