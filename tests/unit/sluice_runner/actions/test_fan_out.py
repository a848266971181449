"""Several messages of one step: what was sent is told, and never sent again."""

import pytest
from pydantic import JsonValue

from sluice_runner.actions.action import StepFailed
from sluice_runner.actions.fan_out import each
from testkit.contexts import a_context

AWAY = StepFailed("Transient", "Http503", "it is away")
NOT_A_NUMBER = StepFailed("Permanent", "Twilio21211", "no such number")
NOT_ACCEPTED = StepFailed("Permanent", "CredentialRefused", "wrong token")
SLOWLY = StepFailed("RateLimited", "Http429", "too many", 2.5)
LATER = StepFailed("RateLimited", "Http429", "too many", 3600)


class Vendor:
    """Answers each message with what is next; keeps what it was asked, and the pauses."""

    def __init__(self, *answers: StepFailed | None) -> None:
        self.answers, self.asked, self.pauses = list(answers), [], []
        self.asked: list[str] = []
        self.pauses: list[float] = []

    async def send(self, parcel: str) -> JsonValue:
        self.asked.append(parcel)
        if (answer := self.answers.pop(0)) is not None:
            raise answer
        return {"to": parcel}

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def failure(self, *parcels: str) -> StepFailed:
        with pytest.raises(StepFailed) as caught:
            await each(parcels, self.send, str, a_context(sleep=self.sleep))
        return caught.value


async def test_all_are_told_in_their_order() -> None:
    vendor = Vendor(None, None)

    done = await each(("a", "b"), vendor.send, str, a_context())

    assert done.output == {"sent": 2, "messages": [{"to": "a"}, {"to": "b"}]}


async def test_nothing_to_send_is_a_success() -> None:
    done = await each((), Vendor().send, str, a_context())

    assert done.output == {"sent": 0, "messages": []}


BEFORE_ANY = {"away": AWAY, "rate limited": SLOWLY, "not accepted": NOT_ACCEPTED}


@pytest.mark.parametrize("first", BEFORE_ANY.values(), ids=BEFORE_ANY)
async def test_while_nothing_is_sent_the_step_fails_as_the_first_message(first: StepFailed) -> None:
    vendor = Vendor(first)

    failed = await vendor.failure("a", "b")

    assert failed is first
    assert (vendor.asked, vendor.pauses) == (["a"], [])


async def test_a_recipient_that_cannot_be_reached_keeps_no_other_from_it() -> None:
    vendor = Vendor(None, NOT_A_NUMBER, None)

    failed = await vendor.failure("a", "b", "c")

    assert vendor.asked == ["a", "b", "c"]
    assert (failed.failure, failed.reason) == ("Permanent", "PartlySent")
    assert failed.message == (
        "2 of 3 were sent, and the step does not send them again; b: no such number"
    )


async def test_no_recipient_could_be_reached() -> None:
    failed = await Vendor(NOT_A_NUMBER, NOT_A_NUMBER).failure("a", "b")

    assert (failed.failure, failed.reason) == ("Permanent", "Twilio21211")
    assert failed.message.startswith("0 of 2 were sent")


async def test_a_vendor_that_goes_away_in_the_middle_is_not_asked_again() -> None:
    vendor = Vendor(None, AWAY)

    failed = await vendor.failure("a", "b", "c")

    assert vendor.asked == ["a", "b"]
    assert (failed.failure, failed.reason) == ("Permanent", "PartlySent")
    assert failed.message.endswith("b: it is away; 1 were not tried")


async def test_a_pause_in_the_middle_is_waited_for() -> None:
    vendor = Vendor(None, SLOWLY, SLOWLY, None)

    done = await each(("a", "b"), vendor.send, str, a_context(sleep=vendor.sleep))

    assert done.output == {"sent": 2, "messages": [{"to": "a"}, {"to": "b"}]}
    assert vendor.pauses == [2.5, 2.5]


TOO_LONG = {"a pause of an hour": (LATER,), "a pause without an end": (SLOWLY,) * 4}


@pytest.mark.parametrize("answers", TOO_LONG.values(), ids=TOO_LONG)
async def test_a_pause_that_is_too_long(answers: tuple[StepFailed, ...]) -> None:
    vendor = Vendor(None, *answers)

    failed = await vendor.failure("a", "b")

    assert failed.reason == "PartlySent"
    assert len(vendor.pauses) == len(answers) - 1
