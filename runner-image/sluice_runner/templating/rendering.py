"""Inside the sandbox: compile templates, keep the compiled ones, render one against a context."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.environment import Template
from jinja2.runtime import Context

from sluice_core import templates
from sluice_core.template_grammar import TOO_DEEP
from sluice_runner.templating import limits, rewriting, values
from sluice_runner.templating.environment import Budget, Sandbox, streamed
from sluice_runner.templating.limits import Refused

_MISTAKES = (
    TypeError, ValueError, ArithmeticError, LookupError, AttributeError, TemplateError,
)  # fmt: skip


@dataclass(frozen=True)
class _Compiled:
    root: Callable[[Context], Iterator[str]]
    keeps_type: bool


class Kitchen:
    """Renders one template after the other; what is compiled is kept for the next time."""

    def __init__(self) -> None:
        self._sandbox = Sandbox()
        self._compiled: OrderedDict[str, _Compiled] = OrderedDict()
        self._kept_bytes = 0

    def render(
        self, source: str, context: dict[str, Any], room: int = limits.RESULT_BYTES
    ) -> tuple[object, int]:
        """The value and its weight in bytes; Refused for whatever the template does wrong."""
        try:
            value = self._rendered(source, context)
            return value, values.weigh(value, room)
        except UndefinedError as error:
            raise Refused("Undefined", str(error)) from error
        except RecursionError as error:
            raise Refused("TooDeep", TOO_DEEP) from error
        except _MISTAKES as error:
            raise Refused("WrongValue", str(error)) from error

    def _rendered(self, source: str, context: dict[str, Any]) -> object:
        compiled = self._cached(source)
        sandbox = self._sandbox
        sandbox.budget = Budget()
        sandbox.kept = None
        written = streamed(
            compiled.root(Context(sandbox, {**sandbox.globals, **context}, None, {}))
        )
        return sandbox.kept if compiled.keeps_type else written

    def _cached(self, source: str) -> _Compiled:
        found = self._compiled.get(source)
        if found is None:
            found = self._compiled[source] = self._compile(source)
            self._kept_bytes += len(source)
            while self._kept_bytes > limits.CACHE_BYTES:
                oldest, _ = self._compiled.popitem(last=False)
                self._kept_bytes -= len(oldest)
        else:
            self._compiled.move_to_end(source)
        return found

    def _compile(self, source: str) -> _Compiled:
        try:
            tree = templates.parse(source)
            keeps_type = rewriting.is_one_expression(tree)
            tree = rewriting.rewritten(tree)
            tree.set_environment(self._sandbox)
            code = self._sandbox.compile(tree)
        except templates.InvalidTemplate as error:
            problem = error.problems[0]
            raise Refused(problem.kind, f"{problem.message} (line {problem.line})") from error
        except TemplateSyntaxError as error:
            raise Refused("Syntax", f"{error.message} (line {error.lineno})") from error
        except SyntaxError as error:  # of the Python that Jinja writes: too many brackets, or
            raise Refused("TooDeep", TOO_DEEP) from error  # an argument given twice
        template = Template.from_code(self._sandbox, code, self._sandbox.globals)
        return _Compiled(template.root_render_func, keeps_type)
