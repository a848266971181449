import pytest

from sluice_core import lineage

TEN = [f"w{number}" for number in range(1, 11)]

CASES = {
    "a first child": ([], "a", "b", None),
    "the tenth run": (TEN[:8], TEN[8], TEN[9], None),
    "itself": ([], "a", "a", "workflows run each other: a → a"),
    "one from further up": (["a", "b"], "c", "a", "workflows run each other: a → b → c → a"),
    "the eleventh run": (
        TEN[:9],
        TEN[9],
        "w11",
        "more than 10 runs inside each other: " + " → ".join([*TEN, "w11"]),
    ),
}


@pytest.mark.parametrize(("ancestors", "parent", "child", "said"), CASES.values(), ids=CASES)
def test_which_workflow_may_run_which(
    ancestors: list[str], parent: str, child: str, said: str | None
) -> None:
    assert lineage.refusal(ancestors, parent, child) == said
