"""Signatures as the specification publishes them."""

import pytest

from sluice_core import standard_webhooks

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'


@pytest.mark.parametrize("secret", [SECRET, SECRET.removeprefix("whsec_")])
def test_the_published_example(secret: str) -> None:
    made = standard_webhooks.headers(secret, ID, 1614265330, BODY)

    assert made == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("secret", ["whsec_not base64!", "whsec_c2hvcnQ=", "hush"])
def test_a_secret_of_another_form_is_refused_without_being_told(secret: str) -> None:
    with pytest.raises(standard_webhooks.UnusableSecret) as refused:
        standard_webhooks.headers(secret, ID, 1, BODY)

    assert secret.removeprefix("whsec_") not in str(refused.value)


def test_an_id_is_the_same_for_each_repetition_and_another_for_another_step() -> None:
    first, again, other = (standard_webhooks.message_id(key) for key in ("u/a", "u/a", "u/b"))

    assert first == again != other
    assert "." not in first
