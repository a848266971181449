"""email.send: what its parameters refuse, and what is left of HTML. No server."""

import base64
from typing import Any

import pytest

from sluice_runner.actions import ACTIONS
from sluice_runner.actions.action import StepFailed
from sluice_runner.actions.email_message import envelopes, sanitised
from sluice_runner.engine import failing
from testkit.contexts import NOON

GIVEN = {"to": "ada@example.com", "text": "hello"}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a header after the subject": ({"subject": "a\r\nBcc: eve@example.com"}, "with.subject"),
    "a line end alone": ({"subject": "a\nb"}, "with.subject"),
    "a separator of lines": ({"subject": "a\u2028b"}, "with.subject"),
    "a header after an address": ({"to": "a@b.example\r\nBcc: c@d.example"}, "with.to.0"),
    "a header in a list": ({"cc": ["ok@b.example", "a@b.example\n"]}, "with.cc.1"),
    "a header after the sender": ({"from": "A <a@b.example>\r\nX: y"}, "with.from"),
    "a header in a reply address": ({"replyTo": "a@b.example\r"}, "with.replyTo.0"),
    "a header in a file's name": (
        {"attachments": [{"name": "a\r\nX: y", "content": "x"}]},
        "with.attachments.0.name",
    ),
    "a header in a media type": (
        {"attachments": [{"name": "a", "content": "x", "contentType": "a/b\r\nX: y"}]},
        "with.attachments.0.contentType",
    ),
    "no address": ({"to": "ada"}, "with.to.0"),
    "nobody": ({"to": []}, "with.to"),
    "a command of SMTP": ({"to": "<a@b.example> SIZE=1"}, "with.to.0"),
    "a name that is none": ({"to": "a@-b.example"}, "with.to.0"),
}


@pytest.mark.parametrize(("given", "place"), REFUSED.values(), ids=REFUSED)
def test_what_would_write_headers_is_refused_by_place(given: dict[str, Any], place: str) -> None:
    with pytest.raises(StepFailed) as refused:
        failing.params(ACTIONS["email.send"], GIVEN | given)

    assert (refused.value.failure, refused.value.reason) == ("Permanent", "InvalidConfig")
    assert f"{place}:" in refused.value.message


def test_attachments_are_ten_mebibytes_together() -> None:
    half = {"base64": base64.b64encode(bytes(5 * 1024**2 + 1)).decode()}
    both = {"attachments": [{"name": name, "content": half} for name in ("a", "b")]}
    params = ACTIONS["email.send"].type.params.model_validate(GIVEN | both)

    with pytest.raises(StepFailed, match="10 MiB"):
        envelopes(params, "b@example.com", "key", NOON)  # type: ignore[arg-type]


HTML = {
    "<p>a<script>b</script></p>": "<p>a</p>",
    '<a href="javascript:x()">a</a>': "<a>a</a>",
    '<img src="https://x.example/a.png" onerror="x()">': '<img src="https://x.example/a.png">',
    "<iframe src=https://x.example></iframe>a": "a",
    "<form action=/><input>a</form>": "a",
    "<object data=x></object><embed src=x>a": "a",
    '<p style="color:red;position:fixed">a</p>': '<p style="color:red">a</p>',
    '<a href="https://x.example/">a</a>': '<a href="https://x.example/">a</a>',
}


@pytest.mark.parametrize(("given", "left"), HTML.items())
def test_html_is_reduced_to_what_is_harmless(given: str, left: str) -> None:
    assert sanitised(given) == left
