"""The figures, as a table for people and as bench/results.json for programs."""

from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

RESULTS = Path(__file__).parents[2] / "bench" / "results.json"


@dataclass(frozen=True)
class Figure:
    """`budget` is "" where there is none; otherwise as in "<= 2" or ">= 0.7"."""

    name: str
    value: float
    unit: str
    budget: str = ""

    @property
    def within(self) -> bool | None:
        """Whether the budget is kept."""
        if not self.budget:
            return None
        relation, limit = self.budget.split()
        return self.value <= float(limit) if relation == "<=" else self.value >= float(limit)


def table(figures: list[Figure]) -> str:
    """A line a figure."""
    lines = [f"{'figure':<32}{'value':>10}  {'unit':<12}{'budget':<10}within"]
    for one in figures:
        within = {None: "", True: "yes", False: "NO"}[one.within]
        lines.append(f"{one.name:<32}{one.value:>10.2f}  {one.unit:<12}{one.budget:<10}{within}")
    return "\n".join(lines)


def write(figures: list[Figure]) -> None:
    """Put them into the results file, in place of those of their names."""
    RESULTS.parent.mkdir(exist_ok=True)
    before = orjson.loads(RESULTS.read_bytes()) if RESULTS.exists() else []
    known = {one["name"]: one for one in before}
    known |= {one.name: asdict(one) | {"within": one.within} for one in figures}
    plain = list(known.values())
    RESULTS.write_bytes(orjson.dumps(plain, option=orjson.OPT_INDENT_2))
