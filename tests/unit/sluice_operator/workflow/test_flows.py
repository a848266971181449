"""What runs learn of the decision about their workflow."""

from sluice_core.definition import Definition, digest
from sluice_operator.workflow import flows
from sluice_operator.workflow.observed import Observed
from sluice_operator.workflow.reconcile import reconcile
from testkit.builders import a_step, a_workflow
from testkit.seen import a_pod, observed


def decided(seen: Observed) -> flows.Decided:
    return flows.decided(seen, reconcile(seen))


def test_a_good_workflow_gives_its_version_and_the_bytes_of_it() -> None:
    workflow = a_workflow(settings={"runnerLossLimit": 2})

    told = decided(observed(workflow))

    assert (told.version, told.steps, told.loss_limit) == (1, 1, 2)
    assert told.raw == Definition.of(workflow.spec).encode()
    assert told.digest == digest(told.raw)
    assert (told.invalid, told.failure) == ("", "")


def test_a_wrong_one_says_why() -> None:
    told = decided(observed(a_workflow(steps=[a_step(needs=["none"])])))

    assert "none" in told.invalid
    assert told.version == 0


def test_a_runner_that_does_not_get_up_says_why() -> None:
    told = decided(observed(pods=(a_pod(waiting="ImagePullBackOff"),)))

    assert told.failure.startswith("ImagePullBackOff: ")
