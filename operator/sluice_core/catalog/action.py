"""What the catalogue knows of an action: its parameters, ports and manners, but not its code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic.alias_generators import to_camel

from sluice_core.wire import FailureClass

Role = Literal["reads", "transforms", "delivers", "controls"]
InputPort = Literal["ai", "tools"]
OUTPUT = "output"


class Params(BaseModel):
    """A step's `with`, once its templates are rendered; the base of every action's parameters."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


def _no_ports(_: Mapping[str, JsonValue]) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, kw_only=True)
class ActionType:
    """One row of the catalogue.

    `repeatable` says that a second execution does no harm, so that a step whose outcome was lost
    may run again. `named_ports` reads further ports from a step's `with`, whatever that holds;
    the `literal` fields are those that it reads, and take no templates. `accepts` are the input
    ports besides the one for data. `reaches` are the ports on public addresses that it may connect
    to without being named in `egress.allow`: nothing but TLS or SSH is spoken there. A step whose
    action is `paired_with` a role must lead to a step whose action has it. `default` is the
    `with` of a step that gives none.

    Of an action of a user's own, `schema` is what `with` is held to, and a `fault` says why no
    step may use it; a built-in action's `params` have the description.
    """

    name: str
    title: str
    category: str
    role: Role
    params: type[Params]
    sample: dict[str, JsonValue]
    ports: tuple[str, ...] = (OUTPUT,)
    named_ports: Callable[[Mapping[str, JsonValue]], tuple[str, ...]] = _no_ports
    literal: frozenset[str] = frozenset()
    accepts: frozenset[InputPort] = frozenset()
    failures: tuple[FailureClass, ...] = ("Permanent",)
    credentials: tuple[str, ...] = ()
    reaches: tuple[int, ...] = ()
    repeatable: bool = False
    default: Mapping[str, JsonValue] = field(default_factory=dict)
    paired_with: Role | None = None
    timeout_seconds: int | None = None
    schema: Mapping[str, JsonValue] | None = None
    fault: str = ""
    description: str = ""

    @property
    def is_own(self) -> bool:
        """Whether it is a WorkflowAction."""
        return self.schema is not None

    @property
    def json_schema(self) -> dict[str, JsonValue]:
        """The JSON Schema of a step's `with`."""
        if self.schema is not None:
            return dict(self.schema)
        return self.params.model_json_schema(by_alias=True)

    def ports_of(self, config: Mapping[str, JsonValue]) -> tuple[str, ...]:
        """The ports by which a step with this `with` can be left, each once."""
        return tuple(dict.fromkeys((*self.ports, *self.named_ports(config))))
