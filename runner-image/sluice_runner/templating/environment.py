"""The Jinja environment of the sandbox: data only, every operator and call accounted for."""

from collections.abc import Callable, Iterable
from types import FunctionType, MethodType
from typing import Any

from jinja2 import StrictUndefined, Undefined, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from sluice_core import template_rules
from sluice_runner.templating import arithmetic, filters, limits, texts, values
from sluice_runner.templating.limits import Refused

_ABSENT = object()


class Budget:
    """Loop iterations that one template has left."""

    def __init__(self) -> None:
        self.left = limits.ITERATIONS

    def spend(self, count: int) -> None:
        """Take that many iterations; Refused when there are not so many left."""
        self.left -= count
        if self.left < 0:
            raise Refused("LoopLimit", f"more than {limits.ITERATIONS} loop iterations")


@pass_context  # which also keeps Jinja from computing constants while it compiles
def _written(_context: Context, value: object) -> str:
    return values.text(value)


def _range(*bounds: int) -> list[int]:
    numbers = range(*bounds)
    if len(numbers) > limits.ITERATIONS:
        raise Refused("LoopLimit", f"range of more than {limits.ITERATIONS} numbers")
    return list(numbers)


def _dict(**items: object) -> dict[str, object]:
    return items


def _namespace(**items: object) -> Namespace:
    return Namespace(**items)


class Sandbox(ImmutableSandboxedEnvironment):
    """Renders trees that `rewriting` has prepared."""

    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)

    def __init__(self) -> None:
        super().__init__(
            autoescape=False,
            cache_size=0,
            finalize=_written,
            keep_trailing_newline=True,
            optimized=False,
            undefined=StrictUndefined,
        )
        self.filters = filters.FILTERS
        self.tests = dict(filters.TESTS)
        self.globals = {"range": _range, "dict": _dict, "namespace": _namespace}
        self.concat = texts.joined  # type: ignore[assignment]
        self.budget = Budget()
        self.kept: object = None
        self._callable = {*self.globals.values(), self.follow, self.method, self.each,
                          self.joined, self.keep}  # fmt: skip

    def call(self, _context: Context, function: Any, /, *args: object, **kwargs: object) -> object:
        """Call one of our own functions; data cannot be called."""
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        if not isinstance(function, FunctionType | MethodType) or function not in self._callable:
            raise Refused("Forbidden", f"{values.word_for(function)} cannot be called")
        return function(*args, **kwargs)

    def call_binop(self, _context: Context, operator: str, left: object, right: object) -> object:
        """Operators have their limits."""
        return arithmetic.apply(operator, left, right)

    def getattr(self, obj: object, attribute: str) -> object:
        """Keys of data; never an attribute of a Python object."""
        return self.follow(obj, values.word_for(obj), attribute)

    def getitem(self, obj: object, argument: object) -> object:
        """Keys of data; never an attribute of a Python object."""
        return self.follow(obj, values.word_for(obj), argument)

    def is_undefined(self, value: object) -> bool:
        """True for what stands in the place of missing data."""
        return isinstance(value, Undefined)

    def follow(self, value: object, label: str, *keys: object) -> object:
        """The value at the end of a path; undefined, by the path's name, where there is none."""
        for position, key in enumerate(keys):
            if isinstance(value, Undefined):
                return value
            value = _step(value, key)
            if value is _ABSENT:
                path = label + "".join(map(_spelt, keys[: position + 1]))
                return self.undefined(f"'{path}' is undefined", name=path)
        return value

    def method(self, value: object, name: str, *args: object, **kwargs: object) -> object:
        """Call a method of data, of those allowed for its type."""
        if type(value) is dict and name in _OBJECT_METHODS:
            return _OBJECT_METHODS[name](value, *args, **kwargs)
        if type(value) is str and name in texts.METHODS:
            return values.bounded(texts.METHODS[name](value, *args, **kwargs))
        if isinstance(value, LoopContext) and name in ("cycle", "changed"):
            return getattr(value, name)(*args)
        raise Refused("Forbidden", f"{values.word_for(values.defined(value))} has no {name}()")

    def each(self, value: object) -> list[object]:
        """The items of a loop, paid for."""
        found = values.items(value)
        self.budget.spend(len(found))
        return found

    def joined(self, *parts: object) -> str:
        """The operator ~."""
        return str(values.bounded(texts.joined(list(parts))))

    def keep(self, value: object) -> str:
        """Take the value of a template that is one expression, with its type."""
        self.kept = values.defined(value)
        return ""


def _step(value: object, key: object) -> object:
    kind = type(value)
    if kind is dict:
        return value.get(key, _ABSENT)  # type: ignore[attr-defined]
    if kind in (list, tuple, str):
        inside = type(key) is int and -len(value) <= key < len(value)  # type: ignore[arg-type]
        return value[key] if inside else _ABSENT  # type: ignore[index]
    if kind is LoopContext and key in template_rules.LOOP_FIELDS:
        return getattr(value, str(key))
    if kind is Namespace and type(key) is str and not key.startswith("_"):
        return getattr(value, key, _ABSENT)
    return _ABSENT


def _spelt(key: object) -> str:
    return f".{key}" if type(key) is str and key.isidentifier() else f"[{values.text(key)}]"


_OBJECT_METHODS: dict[str, Callable[..., object]] = {
    "get": lambda value, key, default=None: value.get(key, default),
    "items": lambda value: list(value.items()),
    "keys": list,
    "values": lambda value: list(value.values()),
}


def streamed(pieces: Iterable[str]) -> str:
    """What a template writes, stopped as soon as it is too long."""
    written: list[str] = []
    length = 0
    for piece in pieces:
        written.append(piece)
        length += len(piece)
        if length > limits.TEXT_BYTES:
            break
    result = "".join(written)
    if length > limits.TEXT_BYTES or len(result.encode(errors="replace")) > limits.TEXT_BYTES:
        raise Refused("OutputTooLarge", f"output larger than {limits.TEXT_BYTES} bytes")
    return result
