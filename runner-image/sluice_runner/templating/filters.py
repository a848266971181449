"""Every filter and test by name, each wrapped so that neither goes in nor comes out too much."""

import functools
from collections.abc import Callable

from jinja2 import Undefined

from sluice_runner.templating import lists, scalars, texts, values

_TAKES_UNDEFINED = ("d", "default")


def _guarded(function: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(function)  # which carries over that it wants the context
    def guarded(*args: object, **kwargs: object) -> object:
        for value in (*args, *kwargs.values()):
            if isinstance(value, Undefined):
                values.defined(value)
        return values.bounded(function(*args, **kwargs))

    return guarded


_ALL = {**texts.FILTERS, **lists.FILTERS, **scalars.FILTERS}

FILTERS: dict[str, Callable[..., object]] = {
    name: function if name in _TAKES_UNDEFINED else _guarded(function)
    for name, function in _ALL.items()
}

TESTS = scalars.TESTS
