import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_core import names

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
LONGEST = "w" * 50
PARTS = st.lists(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00")),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize(
    "name",
    [
        names.runner(LONGEST),
        names.keyed_run(LONGEST, "uid", "key"),
        names.runner("a"),
    ],
)
def test_a_name_for_the_longest_workflow_is_a_dns_label(name: str) -> None:
    assert LABEL.fullmatch(name)


def test_a_revision_is_the_name_of_an_object() -> None:
    assert names.revision("etl", 12) == "workflow-etl-v12"
    assert max(map(len, (names.revision(LONGEST, 10**9), names.keys_config_map(LONGEST)))) < 253


@given(PARTS, PARTS)
def test_runs_have_one_name_for_one_key_and_other_names_for_others(
    one: list[str], other: list[str]
) -> None:
    same = names.keyed_run("etl", *one) == names.keyed_run("etl", *other)

    assert same is (one == other)


def test_the_workflow_of_a_service_is_found_again() -> None:
    assert names.workflow_of_service(names.runner("etl")) == "etl"
    assert names.workflow_of_service("kubernetes") is None


def test_who_a_token_is_for_and_where_a_trigger_is() -> None:
    assert names.runner_audience("w", "p") != names.runner_audience("p", "w")
    assert names.trigger_host("etl", "shop", "cluster.local") == (
        "workflow-etl.shop.svc.cluster.local"
    )
    assert names.selector("etl") == "sluice.dev/workflow=etl"
