"""Read an object of a foreign form field by field: whatever the spelling, and nothing unread."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sluice_core.finding import did_you_mean
from sluice_gateway.problems import Fault

T = TypeVar("T")


class Fields:
    """One object of a body. Reading notes faults and goes on, so that all of them are told.

    `trigger_type`, `triggerType` and `TriggerType` are one field; `path` leads to the object.
    """

    def __init__(self, value: Any, path: str, faults: list[Fault]) -> None:
        self.path, self.faults = path, faults
        self._values: dict[str, tuple[str, Any]] = {}
        self._known: list[str] = []
        if not isinstance(value, Mapping):
            faults.append(Fault(path or "body", "must be an object"))
            return
        for spelt, inner in value.items():
            name = _plain(spelt)
            if name in self._values:
                place = f"{path}.{spelt}" if path else spelt
                faults.append(Fault(place, f"is there twice, also as {self._values[name][0]}"))
            self._values[name] = (spelt, inner)

    def fault(self, field: str, message: str, hint: str = "") -> None:
        """Something is wrong with that field."""
        self.faults.append(Fault(self.at(field), message, hint))

    def at(self, field: str) -> str:
        """The path of a field, as the body spells it."""
        spelt = self._values.get(_plain(field), (field,))[0]
        return f"{self.path}.{spelt}" if self.path else spelt

    def has(self, *names: str) -> bool:
        """Whether one of them is given, null or not."""
        return any(_plain(name) in self._values for name in names)

    def peek(self, name: str) -> Any:
        """The value of a field, which stays to be read."""
        return self._values.get(_plain(name), ("", None))[1]

    def take(self, *names: str) -> Any:
        """The value under the first of these names that is given; None when there is none."""
        self._known.extend(names)
        found = [name for name in dict.fromkeys(map(_plain, names)) if name in self._values]
        values = [self._values.pop(name)[1] for name in found]
        return values[0] if values else None

    def text(self, *names: str, longest: int = 250, required: bool = False) -> str | None:
        """A text of at most so many characters."""
        place, value = self._place(names), self.take(*names)
        if value is None:
            if required:
                self.faults.append(Fault(place, "is required"))
            return None
        if not isinstance(value, str) or not value.strip():
            self.faults.append(Fault(place, "must be a text that is not empty"))
            return None
        if len(value) > longest:
            self.faults.append(Fault(place, f"has {len(value)} characters, {longest} at most"))
            return None
        return value

    def label(self, *names: str) -> str | None:
        """What names something: a text, or a number that stands for one."""
        place, value = self._place(names), self.take(*names)
        if value is None:
            return None
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            return str(value)
        self.faults.append(Fault(place, "must be a text or a whole number"))
        return None

    def whole(self, *names: str, low: int = 0, high: int = 2**31) -> int | None:
        """A whole number within bounds."""
        place, value = self._place(names), self.take(*names)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.faults.append(Fault(place, f"must be a whole number from {low} to {high}"))
            return None
        return value

    def flag(self, *names: str) -> bool | None:
        """True or false."""
        place, value = self._place(names), self.take(*names)
        if value is None or isinstance(value, bool):
            return value
        self.faults.append(Fault(place, "must be true or false"))
        return None

    def word(self, *names: str, among: Mapping[str, T]) -> T | None:
        """What stands for one of these words, in whatever case."""
        place, value = self._place(names), self.take(*names)
        if value is None:
            return None
        found = among.get(str(value).lower()) if isinstance(value, str | int) else None
        if found is None:
            hint = did_you_mean(str(value).lower(), among.keys())
            self.faults.append(Fault(place, f"{value!r} is not known here", hint))
        return found

    def texts(self, *names: str) -> tuple[str, ...]:
        """A list of texts, each once."""
        place, found = self._place(names), self.items(*names)
        if not all(isinstance(one, str) and one for one in found):
            self.faults.append(Fault(place, "must be a list of texts"))
            return ()
        return tuple(dict.fromkeys(found))

    def items(self, *names: str) -> Sequence[Any]:
        """A list; empty when there is none."""
        place, value = self._place(names), self.take(*names)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.faults.append(Fault(place, "must be a list"))
            return ()
        return value

    def each(self, *names: str) -> "Iterator[Fields]":
        """The objects of a list."""
        place = self._place(names)
        for index, value in enumerate(self.items(*names)):
            yield Fields(value, f"{place}[{index}]", self.faults)

    def inner(self, *names: str) -> "Fields | None":
        """An object within."""
        place, value = self._place(names), self.take(*names)
        return None if value is None else Fields(value, place, self.faults)

    def mapping(self, *names: str) -> dict[str, Any]:
        """An object that is taken as it is, a copy; empty when there is none."""
        place, value = self._place(names), self.take(*names)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.faults.append(Fault(place, "must be an object"))
            return {}
        return dict(value)

    def rest(self) -> dict[str, Any]:
        """All that was not read, in the body's own spelling."""
        left = dict(self._values.values())
        self._values.clear()
        return left

    def close(self) -> None:
        """What was not read is not known."""
        for spelt in self.rest():
            hint = did_you_mean(spelt, self._known) or "remove it"
            self.fault(spelt, "unknown field", hint)

    def _place(self, names: Sequence[str]) -> str:
        given = (name for name in names if _plain(name) in self._values)
        return self.at(next(given, names[0]))


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
