"""What a workflow tells of the credentials that its steps name."""

from typing import Any

import pytest

from sluice_core import mounts, names
from sluice_core.conditions import find
from sluice_core.wire import Readiness
from sluice_operator.workflow.observed import Manifest, Revision
from sluice_operator.workflow.reconcile import Desired, reconcile
from testkit.builders import a_credential, a_step, a_workflow
from testkit.seen import a_pod, observed

API = a_credential("api", secretRef={"name": "api-token"}).spec
MAIL = a_credential("mail", type="Smtp", config={"host": "mail.example.com"}).spec
CALL = a_step("call", "http.get", credential="api", **{"with": {"url": "https://x.example"}})
FLOW = a_workflow(steps=[a_step(), CALL], lifecycle={"policy": "AlwaysOn"})


def a_runner(uid: str = "pod", **mounted: Any) -> Manifest:
    pod = a_pod(uid, ready=True)
    given = {name: mounts.of(spec) for name, spec in mounted.items()}
    env = [{"name": mounts.VARIABLE, "value": mounts.encode(given)}]
    pod["spec"] = {"containers": [{"name": names.RUNNER_CONTAINER, "env": env}]}
    return pod


def answers(**says: Any) -> dict[str, Readiness]:
    return {"pod": Readiness(ready=True, slots=1, **says)}


def told(desired: Desired, kind: str = "Credentials") -> tuple[str, str, str]:
    found = find(desired.status["conditions"], kind)
    assert found is not None
    return found["status"], found["reason"], found["message"]


RIGHT = {"pods": (a_runner(api=API),), "credentials": {"api": API}}
TOLD: dict[str, tuple[dict[str, Any], tuple[str, str, str]]] = {
    "every key is there": (
        RIGHT | {"answers": answers()},
        ("True", "Available", "every key that is needed has a value"),
    ),
    "nobody was asked yet": (
        RIGHT,
        (
            "Unknown",
            "NotChecked",
            "no runner is up that could see whether the Secrets have the keys",
        ),
    ),
    "asleep": (
        {"credentials": {"api": API}},
        (
            "Unknown",
            "NotChecked",
            "no runner is up that could see whether the Secrets have the keys",
        ),
    ),
    "what another pod says, that has not what it should": (
        {
            "pods": (a_runner(api=MAIL),),
            "credentials": {"api": API},
            "answers": answers(missing=("api/password",)),
        },
        (
            "Unknown",
            "NotChecked",
            "no runner is up that could see whether the Secrets have the keys",
        ),
    ),
    "a key is missing": (
        RIGHT | {"answers": answers(missing=("api/token",))},
        (
            "False",
            "CredentialMissing",
            (
                "Secret api-token has no key token, or nothing in it, "
                "which credential api (HttpBearer) needs"
            ),
        ),
    ),
    "a value cannot be used": (
        RIGHT | {"answers": answers(invalid=("api/token: is shorter than 4 characters",))},
        (
            "False",
            "CredentialInvalid",
            "Secret api-token, key token, credential api: is shorter than 4 characters",
        ),
    ),
    "there is no such credential": (
        {"credentials": {"ap": API}},
        (
            "False",
            "CredentialNotFound",
            "steps[1].credential: there is no WorkflowCredential 'api' in this namespace",
        ),
    ),
    "one of another type": (
        {"credentials": {"api": MAIL}},
        (
            "False",
            "CredentialWrong",
            (
                "steps[1].credential: 'api' is of type Smtp, which http.get does not take; "
                "it takes HttpBearer, HttpBasic, HttpApiKey, Webhook"
            ),
        ),
    ),
}


@pytest.mark.parametrize(("seen", "said"), TOLD.values(), ids=TOLD)
def test_what_is_told(seen: dict[str, Any], said: tuple[str, str, str]) -> None:
    desired = reconcile(observed(FLOW, **seen))

    assert told(desired) == said
    assert told(desired, "Valid")[0] == "True"


def test_a_workflow_that_lacks_a_key_is_not_ready_though_its_runner_is_up() -> None:
    desired = reconcile(observed(FLOW, **RIGHT, answers=answers(missing=("api/token",))))

    status, reason, message = told(desired, "Ready")
    assert (status, reason) == ("False", "CredentialMissing")
    assert "Secret api-token has no key token" in message


def test_a_workflow_without_credentials_tells_nothing_of_them() -> None:
    desired = reconcile(observed())

    assert find(desired.status["conditions"], "Credentials") is None


def test_what_a_credential_gives_is_not_missed_in_the_step() -> None:
    hook = a_credential("api", type="Webhook", config={"defaults": {"json": {}}}).spec
    step = a_step("call", "http.post", credential="api", **{"with": {}})

    without = reconcile(observed(a_workflow(steps=[step])))
    with_it = reconcile(observed(a_workflow(steps=[step]), credentials={"api": hook}))

    assert "MissingConfig" in [one["type"] for one in without.status["warnings"]]
    assert "MissingConfig" not in [one["type"] for one in with_it.status["warnings"]]


def test_what_a_version_of_an_unfinished_run_names_stays_mounted() -> None:
    old = Revision(number=1, digest="x", credentials=frozenset({"mail"}))
    known = {"api": API, "mail": MAIL}

    kept = reconcile(observed(FLOW, credentials=known, revisions=(old,), pinned=frozenset({1})))
    done = reconcile(observed(FLOW, credentials=known, revisions=(old,), pinned=frozenset()))

    assert kept.mounted == {"api": mounts.of(API), "mail": mounts.of(MAIL)}
    assert done.mounted == {"api": mounts.of(API)}


def test_one_that_does_not_exist_is_not_mounted_and_that_is_known() -> None:
    desired = reconcile(observed(FLOW))

    [deployment] = [one for one in desired.objects if one["kind"] == "Deployment"]
    volumes = deployment["spec"]["template"]["spec"]["volumes"]
    assert desired.mounted == {"api": None}
    assert [one["name"] for one in volumes] == ["keys", "tmp"]


@pytest.mark.parametrize("seen", [TOLD["every key is there"][0], TOLD["a key is missing"][0]])
def test_a_new_leader_tells_what_was_told_until_it_has_asked_the_runner(
    seen: dict[str, Any],
) -> None:
    first = reconcile(observed(FLOW, **seen))
    manifest = {"status": first.status}

    awaiting = reconcile(observed(FLOW, **seen | {"answers": {}}, manifest=manifest))
    asleep = reconcile(observed(FLOW, **seen | {"answers": {}, "pods": ()}, manifest=manifest))

    assert told(awaiting) == told(first)
    assert told(asleep)[1] == "NotChecked"
