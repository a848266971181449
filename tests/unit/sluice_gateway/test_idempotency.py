"""Equal requests have one run, other requests have another."""

import pytest

from sluice_gateway import idempotency
from sluice_gateway.idempotency import Claim
from sluice_gateway.problems import Problem
from sluice_gateway.schemas.triggers import TriggerForm

SCOPE = ("uid-1", "TriggerForm", "alice")
FORM = TriggerForm(inputs={"a": 1, "b": 2})


def a_claim(
    key: str | None = "k", scope: tuple[str, ...] = SCOPE, form: TriggerForm = FORM
) -> Claim:
    return idempotency.claim("etl", *scope, key=key, body=form.model_dump())


def test_the_same_request_claims_the_same_name() -> None:
    assert a_claim() == a_claim()


OTHERS = {
    "another key": a_claim(key="l"),
    "another caller": a_claim(scope=("uid-1", "TriggerForm", "bob")),
    "another trigger": a_claim(scope=("uid-1", "RunForm", "alice")),
    "a workflow made anew under the same name": a_claim(scope=("uid-2", "TriggerForm", "alice")),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_other_requests_claim_other_names(other: Claim) -> None:
    assert other.name != a_claim().name
    assert other.key_hash != a_claim().key_hash


def test_the_order_of_keys_makes_no_other_body() -> None:
    turned = TriggerForm(inputs={"b": 2, "a": 1})

    assert a_claim(form=turned) == a_claim()


def test_without_a_key_each_request_has_a_name_of_its_own() -> None:
    names = {a_claim(key=None).name for _ in range(100)}

    assert len(names) == 100
    assert all(name.startswith("etl-") and len(name) == 14 for name in names)


KEYS = {
    "empty": "",
    "with a line break": "a\nb",
    "with a space at the end": "a ",
    "not ASCII": "schlüssel",
    "256 long": "k" * 256,
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_keys_that_cannot_be(key: str) -> None:
    with pytest.raises(Problem) as caught:
        a_claim(key=key)

    assert (caught.value.status, caught.value.faults[0].path) == (400, "Idempotency-Key")


EXISTING = {
    "of the same request: fine": (a_claim(), None),
    "of the same key, with another body": (a_claim(form=TriggerForm()), 422),
    "of another key, by a collision": (a_claim(key="l"), 409),
    "of a request without a key": (a_claim(key=None), 409),
}


@pytest.mark.parametrize(("earlier", "status"), EXISTING.values(), ids=EXISTING)
def test_a_run_that_exists_already(earlier: Claim, status: int | None) -> None:
    existing = {"spec": {"keyHash": earlier.key_hash, "bodyHash": earlier.body_hash}}

    if status is None:
        idempotency.check_same(a_claim(), existing)
        return
    with pytest.raises(Problem) as caught:
        idempotency.check_same(a_claim(), existing)

    assert caught.value.status == status
