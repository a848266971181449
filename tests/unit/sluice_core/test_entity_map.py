"""Which entities are through, as bits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_core import entity_map

NAMES = st.lists(st.text(max_size=3), max_size=40)


@given(NAMES, st.data())
def test_what_is_written_is_read(entities: list[str], data: st.DataObject) -> None:
    done = data.draw(st.sets(st.sampled_from(entities))) if entities else set()

    text = entity_map.encode(entities, done)

    assert set(entity_map.decode(entities, text)) == done


STRANGE = {
    "nothing": "",
    "no base64": "?",
    "base64 of another length": "A",
    "letters of another script": "ä",
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_a_text_of_somebody_else_s_says_nothing(text: str) -> None:
    assert list(entity_map.decode(["a", "b"], text)) == []


def test_bits_beyond_the_entities_say_nothing() -> None:
    assert list(entity_map.decode(["a", "b"], "////")) == ["a", "b"]
