"""What a run executes: the version, a definition of its own, or what another run executed."""

from typing import Any

import pytest

from sluice_core.definition import Definition, decode
from sluice_operator.run import executed
from sluice_operator.run.executed import NotExecutable
from sluice_operator.run.observed import Pinned, Run, read
from testkit.builders import an_action
from testkit.dispatching import a_manifest


def steps(*actions: str, **fields: Any) -> dict[str, Any]:
    made = [
        {"name": f"s{number}", "action": action, "with": {"message": "x"}, **fields}
        for number, action in enumerate(actions)
    ]
    return {"steps": made}


BASE = Pinned.of(3, Definition.model_validate(steps("log")))


def a_run(earlier: dict[str, Any] | None = None, **spec: Any) -> Run:
    run = read(a_manifest(**spec))
    run.earlier = earlier
    return run


def an_earlier(**changes: Any) -> dict[str, Any]:
    manifest = a_manifest("other", **changes.pop("spec", {}))
    defaults = {"phase": "Failed", "definitionHash": BASE.digest, "revision": 3}
    manifest["status"] = defaults | changes
    return manifest


REFUSED: dict[str, tuple[Run, str, str]] = {
    "an override without steps": (a_run(definition={"steps": []}), "Invalid", "no steps"),
    "an override with an unknown action": (
        a_run(definition=steps("nope")), "Invalid", "nope",
    ),
    "an override with an action that the version does not use": (
        a_run(definition=steps("http.get")), "Invalid", "uses no action 'http.get'",
    ),
    "an override with a credential that the version does not use": (
        a_run(definition=steps("log", credential="mine")), "Invalid", "credential",
    ),
    "an override that is none": (a_run(definition={"steps": 3}), "Invalid", "definition"),
    "a run that is not there": (a_run(resumeFrom="other"), "ResumeRefused", "no run other"),
    "one of another workflow": (
        a_run(an_earlier(spec={"workflow": "w2"}), resumeFrom="other"),
        "ResumeRefused", "is one of workflow w2",
    ),
    "one that goes on": (
        a_run(an_earlier(phase="Running"), resumeFrom="other"), "ResumeRefused", "has not ended",
    ),
    "one that succeeded": (
        a_run(an_earlier(phase="Succeeded"), resumeFrom="other"), "ResumeRefused", "has succeeded",
    ),
    "one that never began": (
        a_run(an_earlier(definitionHash=None), resumeFrom="other"),
        "ResumeRefused", "has never begun",
    ),
    "one of another version": (
        a_run(an_earlier(definitionHash="0" * 64, revision=2), resumeFrom="other"),
        "ResumeRefused", "set spec.revision to 2",
    ),
    "one with other inputs": (
        a_run(an_earlier(spec={"inputs": {"a": 1}}), resumeFrom="other", inputs={"a": 2}),
        "ResumeRefused", "other inputs",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("run", "reason", "part"), REFUSED.values(), ids=REFUSED)
def test_what_must_not_begin(run: Run, reason: str, part: str) -> None:
    with pytest.raises(NotExecutable) as refused:
        executed.of(run, BASE)

    assert refused.value.reason == reason
    assert part in str(refused.value)


def test_a_run_executes_its_version() -> None:
    assert executed.of(a_run(), BASE) is BASE


def test_an_override_has_a_digest_of_its_own_under_the_number_of_the_version() -> None:
    chosen = executed.of(a_run(definition=steps("log", "log")), BASE)

    assert (chosen.version, chosen.steps) == (3, 2)
    assert chosen.digest != BASE.digest


def test_what_was_chosen_stands_when_it_is_asked_about_again() -> None:
    run = a_run(definition=steps("log", "log"))
    chosen = executed.of(run, BASE)

    assert executed.of(run, chosen) == chosen


def test_a_run_that_resumes_another_has_its_inputs() -> None:
    run = a_run(an_earlier(spec={"inputs": {"a": 1}, "entities": ["e"]}), resumeFrom="other")

    assert executed.of(run, BASE) is BASE
    assert (run.inputs, run.entities) == ({"a": 1}, ("e",))


def test_an_override_has_the_workflow_actions_of_its_version_whatever_it_brings() -> None:
    remind, other = (
        an_action("remind").spec,
        an_action("remind", http={"url": "https://e.vil"}).spec,
    )
    version = Definition.model_validate(steps("remind") | {"actions": {"remind": remind}})
    brought = steps("remind", title="mine") | {"actions": {"remind": other.model_dump(mode="json")}}

    chosen = executed.of(a_run(definition=brought), Pinned.of(3, version))

    assert decode(chosen.raw).actions == {"remind": remind.executed}
