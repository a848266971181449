"""What the catalogue knows of an action: its parameters, ports and manners, but not its code."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic.alias_generators import to_camel

from sluice_core.wire import FailureClass

Role = Literal["reads", "transforms", "delivers", "controls"]
OUTPUT = "output"


class Params(BaseModel):
    """A step's `with`, once its templates are rendered; the base of every action's parameters."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


@dataclass(frozen=True, kw_only=True)
class ActionType:
    """One row of the catalogue.

    `repeatable` says that a second execution does no harm, so that a step whose outcome was lost
    may run again. `open_ports` means that the step's own parameters name further ports.
    """

    name: str
    title: str
    category: str
    role: Role
    params: type[Params]
    sample: dict[str, JsonValue]
    ports: tuple[str, ...] = (OUTPUT,)
    open_ports: bool = False
    failures: tuple[FailureClass, ...] = ("Permanent",)
    credentials: tuple[str, ...] = ()
    repeatable: bool = False
