"""Numbers of versions are never used again, whatever is pruned in between."""

from hypothesis import given
from hypothesis import strategies as st

from sluice_operator.workflow import versions
from sluice_operator.workflow.observed import Revision
from testkit.builders import a_workflow

EDITS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 4)), min_size=1, max_size=30)


@given(EDITS)
def test_a_number_stands_for_one_definition_for_ever(edits: list[tuple[str, int]]) -> None:
    kept: list[Revision] = []
    meaning: dict[int, str] = {}
    shown: int | None = None

    for digest, limit in edits:
        version = versions.current(digest, kept, shown)
        assert version.is_new != (version.number in meaning)
        assert meaning.setdefault(version.number, digest) == digest
        if version.is_new:
            kept.append(Revision(number=version.number, digest=digest))
        shown = version.number
        going = versions.surplus(kept, limit=limit, pinned=set())
        kept = [one for one in kept if one not in going]
        assert kept[-1].number == version.number


@given(st.sets(st.integers(1, 50)), st.integers(1, 10), st.sets(st.integers(1, 50), max_size=5))
def test_the_newest_and_the_pinned_stay(numbers: set[int], limit: int, pinned: set[int]) -> None:
    revisions = [Revision(number=number, digest="x") for number in numbers]

    going = {one.number for one in versions.surplus(revisions, limit=limit, pinned=pinned)}

    newest = sorted(numbers, reverse=True)[: 1 + limit]
    assert going.isdisjoint(newest)
    assert going == numbers - set(newest) - pinned


def test_a_revision_holds_the_bytes_that_its_digest_covers() -> None:
    made = versions.make_revision(a_workflow(), 3, b'{"steps":[]}', "abc")

    assert (made["revision"], made["data"]) == (3, {"steps": []})
    assert made["metadata"]["name"] == "workflow-daily-etl-v3"
    assert versions.read_revision(made) == Revision(number=3, digest="abc")


def test_a_version_with_a_tag_stays_and_takes_nobodys_place() -> None:
    revisions = [Revision(number=number, digest="x", tagged=number < 3) for number in range(1, 8)]

    going = versions.surplus(revisions, limit=2, pinned=frozenset())

    assert [one.number for one in going] == [4, 3]


def test_nothing_goes_before_the_unfinished_runs_are_known() -> None:
    revisions = [Revision(number=number, digest="x") for number in range(1, 8)]

    assert versions.surplus(revisions, limit=1, pinned=None) == []


def test_a_tag_is_an_annotation() -> None:
    made = versions.make_revision(a_workflow(), 3, b'{"steps":[]}', "abc")
    made["metadata"]["annotations"]["sluice.dev/version-tag"] = "stable"

    assert versions.read_revision(made).tagged
