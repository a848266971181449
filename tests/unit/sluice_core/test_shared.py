"""What is equal is kept once."""

from sluice_core.api.workflow import History
from sluice_core.shared import shared


def test_equal_values_become_one() -> None:
    first, second = History.model_validate({}), History.model_validate({})

    assert shared(first) is shared(second)


def test_values_that_differ_stay_themselves() -> None:
    few, none = frozenset({"a"}), frozenset[str]()

    assert (shared(few), shared(none)) == ({"a"}, frozenset())


def test_a_number_is_not_taken_for_what_equals_it() -> None:
    assert (shared(1), shared(True)) == (1, True)
    assert type(shared(True)) is bool
