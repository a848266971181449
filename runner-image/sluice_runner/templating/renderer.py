"""What the engine uses: render the templates inside a step's values, in one trip to a sandbox."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

import orjson
from pydantic import JsonValue

from sluice_core.template_rules import is_template
from sluice_runner.templating import limits
from sluice_runner.templating.limits import Kind, TemplateFailed
from sluice_runner.templating.pool import Pool

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class _Template:
    path: Path
    source: str


@dataclass(frozen=True)
class _Answer:
    """What a sandbox says: the values, or position, kind and message of the first failure."""

    rendered: list[JsonValue] = field(default_factory=list)
    refused: tuple[int, Kind, str] | None = None


class Renderer:
    """Renders in a pool of sandbox processes; use as an async context manager."""

    def __init__(
        self, fast: int = 3, slow: int = 5, time_seconds: float = limits.TIME_SECONDS
    ) -> None:
        self._pool = Pool(fast, slow, time_seconds)

    async def __aenter__(self) -> Self:
        self._pool.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._pool.end()

    def of(self, owner: str) -> "Owned":
        """This renderer as one run has it: beside others, however much it has rendered."""
        return Owned(self, owner)

    async def render(
        self,
        value: JsonValue,
        context: Mapping[str, JsonValue],
        root: str = "with",
        owner: str = "",
    ) -> JsonValue:
        """The value with every template in it rendered; what is no template stays as it is.

        A text that is one expression and nothing else takes the expression's value and type.
        Raises TemplateFailed, whose path starts with root. Context: JSON values only, and best no
        more than the templates read, since all of it makes the trip.
        """
        templates: list[_Template] = []
        _collect(value, (), templates)
        if not templates:
            return value
        job = _job(templates, context, root)
        answer = await self._ask(job, owner, _where(templates, root))
        if answer.refused:
            position, kind, message = answer.refused
            raise TemplateFailed(kind, _spelt(root, templates[position].path), message)
        return _replaced(value, iter(answer.rendered))

    async def _ask(self, job: bytes, owner: str, where: str) -> _Answer:
        try:
            return _Answer(**orjson.loads(await self._pool.ask(job, owner)))
        except TimeoutError as error:
            raise TemplateFailed("TimeLimit", where, str(error)) from error
        except (EOFError, ConnectionError) as error:
            raise TemplateFailed("ProcessDied", where, "the sandbox process died") from error


@dataclass(frozen=True)
class Owned:
    """A renderer whose renders have one owner."""

    renderer: Renderer
    owner: str

    async def render(
        self, value: JsonValue, context: Mapping[str, JsonValue], root: str = "with"
    ) -> JsonValue:
        """As the renderer does."""
        return await self.renderer.render(value, context, root, self.owner)


def _job(templates: list[_Template], context: Mapping[str, JsonValue], root: str) -> bytes:
    sources = [template.source for template in templates]
    try:
        job = orjson.dumps([sources, dict(context)])
    except TypeError as error:  # orjson.JSONEncodeError
        raise TemplateFailed("NotJson", _where(templates, root), f"context: {error}") from error
    if len(job) > limits.INPUT_BYTES:
        message = f"templates and their data are larger than {limits.INPUT_BYTES} bytes"
        raise TemplateFailed("InputTooLarge", _where(templates, root), message)
    return job


def _where(templates: list[_Template], root: str) -> str:
    """The field, where there is one template alone."""
    return _spelt(root, templates[0].path if len(templates) == 1 else ())


def _collect(value: JsonValue, path: Path, found: list[_Template]) -> None:
    if isinstance(value, str):
        if is_template(value):
            found.append(_Template(path, value))
    elif isinstance(value, dict):
        for key, item in value.items():
            _collect(item, (*path, key), found)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _collect(item, (*path, index), found)


def _replaced(value: JsonValue, rendered: Iterator[JsonValue]) -> JsonValue:
    """A copy with templates replaced, met in the order in which they were collected."""
    if isinstance(value, str):
        return next(rendered) if is_template(value) else value
    if isinstance(value, dict):
        return {key: _replaced(item, rendered) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, rendered) for item in value]
    return value


def _spelt(root: str, path: Path) -> str:
    return root + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
