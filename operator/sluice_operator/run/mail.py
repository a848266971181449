"""The letters of one run, from the first that is due to the last that has arrived."""

from dataclasses import dataclass, field
from typing import Any

from sluice_operator.run import letters
from sluice_operator.run.letters import Letter
from sluice_operator.run.observed import Name, Run


@dataclass
class Mail:
    """By id of the letter.

    `is_over` once the end of the run is stored, and with it what was due then; `is_left` when the
    run is not among the undecided any more. `live` is the run as dispatch knows it. `in_flight`
    are letters that an attempt is made at, `written` is what the status has of all of them.
    """

    name: Name
    uid: str
    workflow: Name
    letters: dict[str, Letter] = field(default_factory=dict)
    live: Run | None = None
    is_over: bool = False
    is_left: bool = False
    in_flight: set[str] = field(default_factory=set)
    written: list[dict[str, Any]] = field(default_factory=list)
    is_writing: bool = False

    @property
    def shown(self) -> list[dict[str, Any]]:
        """What the status has to say."""
        return [one.shown for one in self.letters.values()]

    @property
    def is_settled(self) -> bool:
        """Whether nothing is due any more."""
        return all(one.state != "Pending" for one in self.letters.values())

    @property
    def is_done(self) -> bool:
        """Whether nobody has to think of it any more."""
        return self.is_settled and (self.is_over or self.is_left)

    def waiting(self) -> list[Letter]:
        """Those that are to be tried; the end of a run is told once it is stored."""
        return [
            one
            for one in self.letters.values()
            if one.state == "Pending"
            and one.id not in self.in_flight
            and (self.is_over or one.event not in letters.ENDS)
        ]

    def show(self) -> None:
        """Have the next status of the run say how far they are."""
        if self.live is not None:
            self.live.notifications = tuple(self.shown)
