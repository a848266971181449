"""A credential's Secret: what is missing is named, what changes comes into force, nothing leaks."""

import hashlib
import json
import secrets
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from cluster.waiting import until
from testkit.e2e import kubectl, pods, release, space
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space, condition

LINT = (sys.executable, "-m", "sluice_cli.main", "lint")
KUBELET_SECONDS = 120  # within which a changed Secret is in force
OLD, NEW = (f'{secrets.token_urlsafe(18)}"&/{secrets.token_urlsafe(3)}' for _ in range(2))
SPELT: dict[str, Callable[[str], str]] = {
    "plain": lambda s: s,
    "JSON": lambda s: json.dumps(s)[1:-1],
    "JSON in JSON": lambda s: json.dumps(json.dumps(s))[3:-3],
    "base64": lambda s: b64encode(s.encode()).decode().rstrip("=")[:-1],
    "hex": lambda s: s.encode().hex(),
    "URL": lambda s: quote(s, safe=""),
}


def a_secret(name: str, **values: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values}


def a_credential(name: str, secret: str) -> Manifest:
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "WorkflowCredential",
        "metadata": {"name": name},
        "spec": {"type": "HttpBearer", "secretRef": {"name": secret}},
    }


def calling(name: str, credential: str, host: str, *more: Manifest) -> Manifest:
    """A step that needs nothing, and one that shows who the other side thinks it is."""
    call = a_step("call", "http.get", needs=[], url=f"http://{host}/digest")
    return a_workflow(
        name,
        a_step("other", "log", needs=[], message="goes on working"),
        call | {"credential": credential},
        *more,
        egress={"allow": [f"{host}:80"]},
    )


@pytest.fixture(scope="module")
def made(installed: None) -> Iterator[Space]:
    made = space.make()
    made.apply(*pods.make_echo())
    made.kubectl("wait", "pod", "--all", "--for=condition=Ready", "--timeout=60s")
    yield made
    space.remove(made)


@pytest.fixture(scope="module")
def host(made: Space) -> str:
    return f"echo.{made.namespace}.svc.cluster.local"


def credentials_of(here: Space, workflow: str) -> Manifest:
    return condition(here.workflow(workflow), "Credentials")


def steps(status: Manifest) -> dict[str, Any]:
    return {one["name"]: one for one in status["steps"]}


def seen_by_the_other_side(here: Space, workflow: str) -> str:
    """The digest of the token that a run has sent, or nothing."""
    status = here.ended(here.create_run(workflow))
    call = steps(status)["call"]
    return str(call["output"]["body"]["sha256"]) if call["phase"] == "Succeeded" else ""


def digest(token: str) -> str:
    return hashlib.sha256(f"Bearer {token}".encode()).hexdigest()


def test_a_missing_key_is_named_and_other_steps_go_on(made: Space, host: str) -> None:
    made.apply(a_secret("rotated", token=OLD))
    made.apply(a_credential("late", "late"), a_credential("rotated", "rotated"))
    made.apply(calling("lacking", "late", host), calling("rotating", "rotated", host))

    def is_told(workflow: Manifest) -> bool:
        reasons = {condition(workflow, kind).get("reason") for kind in ("Credentials", "Ready")}
        return reasons == {"CredentialMissing"}

    seen = kubectl.see(made.namespace, "workflows", "lacking", is_told)
    status = made.ended(made.create_run("lacking"))

    said = (
        "Secret late has no key token, or nothing in it, which credential late (HttpBearer) needs"
    )
    assert condition(seen, "Credentials")["message"] == said
    found = steps(status)
    assert found["other"]["phase"] == "Succeeded"
    assert (found["call"]["error"]["reason"], found["call"]["error"]["message"]) == (
        "CredentialMissing",
        said,
    )


def test_the_credential_tells_who_uses_it(made: Space) -> None:
    def is_used(credential: Manifest) -> bool:
        return credential.get("status", {}).get("usedBy") == ["rotating"]

    seen = kubectl.see(made.namespace, "workflowcredentials", "rotated", is_used)

    assert condition(seen, "Ready")["status"] == "True"
    assert condition(seen, "InUse")["status"] == "True"


def test_what_is_mended_and_what_is_rotated_comes_into_force_in_the_same_pod(made: Space) -> None:
    made.ready("rotating")
    before = {name: made.runner(name) for name in ("lacking", "rotating")}
    first = seen_by_the_other_side(made, "rotating")

    made.apply(a_secret("late", token=OLD), a_secret("rotated", token=NEW))
    until(
        "the new token to be sent",
        lambda: seen_by_the_other_side(made, "rotating") == digest(NEW),
        KUBELET_SECONDS,
    )
    until(
        "the workflow to have what it lacked",
        lambda: credentials_of(made, "lacking").get("status") == "True",
        KUBELET_SECONDS,
    )

    assert first == digest(OLD)
    assert seen_by_the_other_side(made, "lacking") == digest(OLD)
    assert condition(made.workflow("lacking"), "Ready")["status"] == "True"
    after = {name: made.runner(name) for name in ("lacking", "rotating")}
    for name, pod in after.items():
        assert pod["metadata"]["uid"] == before[name]["metadata"]["uid"]
        assert [one["restartCount"] for one in pod["status"]["containerStatuses"]] == [0]


def test_a_credential_that_an_edit_names_is_mounted_before_a_run_needs_it(
    made: Space, host: str
) -> None:
    made.deploy(a_workflow("edited", a_step("call", "log", message="x")))

    made.apply(calling("edited", "rotated", host))
    made.see_run(
        made.create_run("edited"),
        lambda run: run.get("status", {}).get("phase") in ("Succeeded", "Failed"),
    )

    assert seen_by_the_other_side(made, "edited") == digest(NEW)


def test_a_step_that_names_none_that_exists_is_told_by_its_place(made: Space, host: str) -> None:
    made.apply(calling("lost", "nobody", host))

    def is_told(workflow: Manifest) -> bool:
        return condition(workflow, "Credentials").get("reason") == "CredentialNotFound"

    seen = kubectl.see(made.namespace, "workflows", "lost", is_told)

    assert (
        "steps[1].credential: there is no WorkflowCredential 'nobody'"
        in (condition(seen, "Credentials")["message"])
    )


def test_nothing_of_a_secret_gets_out_however_it_is_echoed(made: Space, host: str) -> None:
    echo = a_step("echo", "http.get", url=f"http://{host}/echo") | {"credential": "rotated"}
    refused = a_step("refused", "http.get", url=f"http://{host}/refuse") | {
        "credential": "rotated",
        "onFailure": "Continue",
    }
    flow = a_workflow(
        "leaking",
        echo,
        a_step("said", "log", message="the other side said {{ steps.echo.output.body }}"),
        a_step("shaped", "transform", template={"again": "{{ steps.echo.output.body }}"}),
        refused,
        a_step("why", "log", needs=["refused.error"], message="{{ steps.refused.error.message }}"),
        a_step("end", "fail", needs=["why"], message="with {{ steps.echo.output.body.plain }}"),
        egress={"allow": [f"{host}:80"]},
    )
    made.deploy(flow)
    run = made.create_run("leaking")

    status = made.ended(run)

    assert status["conditions"][0]["reason"] == "StepFailed", status
    assert "••••••" in json.dumps(status, ensure_ascii=False)
    everything = dict(places(made, run))
    for place, text in everything.items():
        leaks = [how for how, spell in SPELT.items() for one in (OLD, NEW) if spell(one) in text]
        assert leaks == [], place
    assert "••••••" in everything["the runner's log"]
    assert "••••••" in everything["REST, the run"]


def places(here: Space, run: str) -> Iterator[tuple[str, str]]:
    """Everywhere that a secret might have got to, but the Secret."""
    kinds = (
        "workflows,workflowruns,workflowcredentials,controllerrevisions,configmaps,"
        "deployments,replicasets,pods,events,services,networkpolicies"
    )
    objects = here.kubectl("get", kinds, "-o", "json", "--show-managed-fields")
    yield "objects", json.dumps(json.loads(objects), ensure_ascii=False)
    yield (
        "the runner's log",
        here.kubectl("logs", "-l", "sluice.dev/workflow=leaking", "--tail=-1", "-c", "runner"),
    )
    for name in ("operator", "gateway"):
        selector = f"app.kubernetes.io/component={name}"
        words = ("-n", release.NAMESPACE, "logs", "-l", selector, "--tail=-1")
        yield f"the {name}'s log", kubectl.run(*words)
        for pod in release.component(name):
            proxy = f"/api/v1/namespaces/{release.NAMESPACE}/pods/{pod['metadata']['name']}:8080"
            yield f"the {name}'s metrics", kubectl.run("get", "--raw", f"{proxy}/proxy/metrics")
    yield "REST, the run", json.dumps(here.call(here.api(f"/runs/{run}")).body, ensure_ascii=False)
    yield "REST, its log", json.dumps(here.call(here.api(f"/runs/{run}/logs")).body)


def test_lint_asks_the_cluster_what_is_there(made: Space, host: str, tmp_path: Path) -> None:
    made.apply(a_secret("half", other="x"), a_credential("half", "half"))
    steps = [
        a_step(name, "http.get", url=f"http://{host}/digest") | {"credential": name}
        for name in ("rotated", "half", "nobody")
    ]
    file = tmp_path / "flow.yaml"
    file.write_text(json.dumps(a_workflow("linted", *steps)))

    done = subprocess.run(
        [*LINT, str(file), "--cluster", "-o", "json", "-n", made.namespace],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    found = {one["path"]: (one["type"], one["message"]) for one in json.loads(done.stdout)}
    del found["triggers"]
    assert done.returncode == 2
    assert found.keys() == {"steps[1].credential", "steps[2].credential"}
    assert found["steps[1].credential"][0] == "CredentialMissing"
    assert "Secret half has no key token" in found["steps[1].credential"][1]
    assert found["steps[2].credential"][0] == "UnknownCredential"
    assert NEW not in done.stdout + done.stderr
