"""What the annotations for stop and start mean together."""

import pytest

from sluice_core import names, verbs

CASES: dict[str, tuple[str | None, str | None, tuple[bool, bool]]] = {
    "nothing was asked": (None, None, (False, False)),
    "a stop": ("2026-01-31T12:00:00Z", None, (True, False)),
    "a start": (None, "2026-01-31T12:00:00Z", (False, True)),
    "a start after a stop": ("2026-01-31T12:00:00Z", "2026-01-31T12:00:01Z", (False, True)),
    "a stop after a start, in another zone": (
        "2026-01-31T13:00:01+01:00", "2026-01-31T12:00:00Z", (True, False),
    ),
    "both at once: it starts": ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z", (False, True)),
    "no time at all": ("yes", None, (False, False)),
}  # fmt: skip


@pytest.mark.parametrize(("stop", "start", "wanted"), CASES.values(), ids=CASES)
def test_verbs(stop: str | None, start: str | None, wanted: tuple[bool, bool]) -> None:
    given = {names.ANNOTATION_STOP: stop, names.ANNOTATION_START: start}

    found = verbs.read({name: text for name, text in given.items() if text is not None})

    assert (found.stopped, found.started) == wanted


def test_an_annotation_that_holds_no_time_is_told_with_the_way_to_write_it() -> None:
    [problem] = verbs.problems({names.ANNOTATION_STOP: "yes", names.ANNOTATION_OWNER: "ada"})

    assert problem.startswith("the annotation sluice.dev/stop-requested-at is ignored")
    assert "2026-01-31T12:00:00Z" in problem
