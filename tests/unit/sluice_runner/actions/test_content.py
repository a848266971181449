"""What becomes of a value where an action needs bytes."""

from typing import Any

import pytest

from sluice_runner.actions import content
from sluice_runner.actions.action import StepFailed

CASES: dict[str, tuple[Any, bytes, str]] = {
    "a text is itself, in UTF-8": ("grüß", "grüß".encode(), "text/plain; charset=utf-8"),
    "what is called base64 is decoded": (
        {"base64": "AAE=", "contentType": "image/png"},
        b"\x00\x01",
        "image/png",
    ),
    "bytes of no type are bytes": ({"base64": "AAE="}, b"\x00\x01", "application/octet-stream"),
    "an object is JSON": ({"a": [1, None]}, b'{"a":[1,null]}', "application/json"),
    "null is JSON too": (None, b"null", "application/json"),
}


@pytest.mark.parametrize(("value", "given", "kind"), CASES.values(), ids=CASES)
def test_content(value: Any, given: bytes, kind: str) -> None:
    assert (content.to_bytes(value, "body"), content.content_type(value)) == (given, kind)


def test_base64_that_is_none_is_told_by_its_place() -> None:
    with pytest.raises(StepFailed, match=r"with\.body\.base64") as failed:
        content.to_bytes({"base64": "nö"}, "body")

    assert failed.value.failure == "Permanent"
