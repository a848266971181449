from sluice_core import graph, layout
from testkit.runs import a_constant, a_definition


def test_a_column_for_each_layer_and_a_row_for_each_step() -> None:
    definition = a_definition(
        a_constant("a", 1),
        a_constant("b", 1, needs=["a"]),
        a_constant("c", 1, needs=["a"]),
        a_constant("d", 1, needs=["b", "c"]),
    )

    places = layout.positions(definition.steps, graph.build(definition.steps))

    assert places == {
        "a": (0, 0),
        "b": (layout.COLUMN, 0),
        "c": (layout.COLUMN, layout.ROW),
        "d": (2 * layout.COLUMN, 0),
    }


def test_rows_follow_what_is_needed_so_that_lines_do_not_cross() -> None:
    definition = a_definition(
        a_constant("a", 1, needs=[]),
        a_constant("b", 1, needs=[]),
        a_constant("below-b", 1, needs=["b"]),
        a_constant("below-a", 1, needs=["a"]),
    )

    places = layout.positions(definition.steps, graph.build(definition.steps))

    assert places["below-a"][1] == places["a"][1]
    assert places["below-b"][1] == places["b"][1]


def test_a_step_that_was_placed_stays() -> None:
    definition = a_definition(a_constant("a", 1, position={"left": 7, "top": -3}))

    places = layout.positions(definition.steps, graph.build(definition.steps))

    assert places == {"a": (7, -3)}
