"""Where an editor draws steps that nobody has placed: a column a layer, a row a step."""

from collections.abc import Sequence

from sluice_core.api.steps import Step
from sluice_core.graph import Graph

COLUMN, ROW = 240, 96


def positions(steps: Sequence[Step], order: Graph) -> dict[str, tuple[float, float]]:
    """Distance from the left and the top; a step that has a position keeps it.

    A row is chosen near the rows of what is needed, so that few lines cross.
    """
    rows: dict[str, float] = {}
    places: dict[str, tuple[float, float]] = {}
    for column, layer in enumerate(order.layers):
        for row, name in enumerate(sorted(layer, key=lambda name: _wished(name, order, rows))):
            rows[name] = row
            places[name] = (column * COLUMN, row * ROW)
    given = {step.name: step.position for step in steps if step.position is not None}
    return places | {name: (place.left, place.top) for name, place in given.items()}


def _wished(name: str, order: Graph, rows: dict[str, float]) -> float:
    above = [rows[source] for source in order.sources(name)]
    return sum(above) / len(above) if above else 0.0
