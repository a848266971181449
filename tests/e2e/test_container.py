"""A step runs a container: confined, its output taken, its failure told, its end with its run."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster import layout
from cluster.waiting import until
from testkit.e2e import kubectl, pods, release
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import NO_SUCH_IMAGE, Space, is_running

EXAMPLE = Path(layout.ROOT) / "examples" / "actions" / "container.yaml"
SCRIPT = {"type": "object", "properties": {"script": {"type": "string"}}}
GONE_SECONDS = 30.0  # a shell that ignores SIGTERM has 5, and the kubelet its own pace


def a_container(name: str = "work", image: str = "", **config: Any) -> Manifest:
    """A step that runs a script of the input."""
    command = ["sh", "-c", "{{ inputs.script }}"]
    image = image or pods.images()["tools"]
    return a_step(name, "container", image=image, command=command, **config)


@pytest.fixture(scope="module", autouse=True)
def _deployed(here: Space) -> None:
    here.deploy(a_workflow("tool", a_container(), inputs=SCRIPT))


def run(here: Space, script: str) -> Manifest:
    name = here.create_run("tool", inputs={"script": script})
    return here.ended(name)


def error_of(status: Manifest) -> Manifest:
    [step] = status["steps"]
    error: Manifest = step["error"]
    return error


def jobs(here: Space) -> list[Manifest]:
    return kubectl.items("-n", here.namespace, "jobs", "-l", "sluice.dev/container-of")


def the_job(here: Space, run_name: str) -> Manifest:
    def made() -> list[Manifest]:
        found = jobs(here)
        owner = [one["metadata"]["ownerReferences"][0]["name"] for one in found]
        return [one for one, name in zip(found, owner, strict=True) if name == run_name]

    until("its Job", lambda: bool(made()), 30)
    return made()[0]


def see_its_pod_run(here: Space, job: Manifest) -> None:
    words = ("pods", "-l", f"job-name={job['metadata']['name']}")

    def runs() -> bool:
        found = kubectl.items("-n", here.namespace, *words)
        return any(one["status"].get("phase") == "Running" for one in found)

    until("its pod", runs, 30)


def test_the_example_gives_what_it_says(here: Space) -> None:
    text = EXAMPLE.read_text()
    [workflow] = yaml.safe_load_all(text)
    [step] = workflow["spec"]["steps"]
    step["with"]["image"] = pods.images()["tools"]
    here.deploy(workflow)

    name = here.create_run("count-words", inputs={"words": "to be or not to be"})
    status = here.ended(name)

    [given] = re.findall(r"^#   gives: (.*)$", text, re.MULTILINE)
    assert status["output"] == yaml.safe_load(given), status


def test_the_last_line_of_json_is_its_output_too_and_its_log_is_kept(here: Space) -> None:
    status = run(here, """echo '{"n": 1}'; echo '{"n": 2}'; echo done""")

    assert (status["phase"], status["output"]) == ("Succeeded", {"n": 2})
    runner = here.runner("tool")["metadata"]["name"]
    assert '"message":"done"' in here.kubectl("logs", runner).replace('": "', '":"')


def test_it_is_nobody_writes_nowhere_and_has_no_token(here: Space) -> None:
    found = run(
        here,
        "touch /x 2>/dev/null; touch /tmp/x; "
        """echo "{\\"user\\": $(id -u), \\"files\\": \\"$(ls -d /x /tmp/x 2>/dev/null)\\", """
        """\\"token\\": \\"$(ls /var/run/secrets 2>/dev/null)\\"}" """,
    )

    assert found["output"] == {"user": 65532, "files": "/tmp/x", "token": ""}


def test_an_exit_code_fails_the_step_with_its_last_words(here: Space) -> None:
    # On one stream: nobody orders what comes by two.
    status = run(here, "{ echo starting; echo 'no such table'; } >&2; exit 3")

    error = error_of(status)
    assert (status["phase"], error["reason"]) == ("Failed", "ContainerFailed")
    assert "exit code 3: no such table" in error["message"]


def test_an_image_that_cannot_be_had_fails_the_step_in_the_kubelets_words(here: Space) -> None:
    here.deploy(a_workflow("missing", a_container(image=NO_SUCH_IMAGE), inputs=SCRIPT))

    status = here.ended(here.create_run("missing", inputs={"script": "true"}))

    error = error_of(status)
    assert error["reason"] == "ContainerFailed"
    assert NO_SUCH_IMAGE in error["message"]


def test_an_image_that_the_plan_does_not_list_is_refused(here: Space) -> None:
    here.apply(a_workflow("fixed", a_container(image="docker.io/library/busybox:1.37")))
    here.deploy(a_workflow("open", a_container(image="{{ inputs.image }}")))

    refused = kubectl.see(
        here.namespace,
        "workflows",
        "fixed",
        lambda it: "images" in str(it.get("status", {}).get("conditions", "")),
    )
    status = here.ended(here.create_run("open", inputs={"image": "other:1", "script": "true"}))

    assert "PlanLimitExceeded" in str(refused["status"]["conditions"])
    assert error_of(status)["reason"] == "ImageNotPermitted"


def test_cancelling_the_run_ends_the_container(here: Space) -> None:
    name = here.create_run("tool", inputs={"script": "sleep 300"})
    job = the_job(here, name)
    see_its_pod_run(here, job)

    patch = '{"spec":{"cancel":true}}'
    here.kubectl("patch", f"workflowrun.sluice.dev/{name}", "--type=merge", "-p", patch)
    status = here.ended(name, 10)

    assert status["phase"] == "Cancelled"
    words = ("wait", f"job/{job['metadata']['name']}", "--for=delete")
    here.kubectl(*words, f"--timeout={GONE_SECONDS:g}s")
    pods_left = ("pods", "-l", f"job-name={job['metadata']['name']}")
    until("no pod", lambda: not kubectl.items("-n", here.namespace, *pods_left), GONE_SECONDS)


def test_its_time_is_bounded_and_what_it_wrote_is_told(here: Space) -> None:
    slow = a_container(timeoutSeconds=3)
    here.deploy(a_workflow("slow", slow, inputs=SCRIPT))

    name = here.create_run("slow", inputs={"script": "echo half way; exec sleep 300"})
    status = here.ended(name)

    error = error_of(status)
    assert error["reason"] == "ContainerTimeout", error
    assert (error["failure"], "half way" in error["message"]) == ("Timeout", True)


def test_a_new_leader_adopts_the_container_of_the_one_before(here: Space) -> None:
    script = """i=0; while [ $i -lt 80 ] && [ ! -f /tmp/x ]; do i=$((i+1)); sleep 0.1; done
    echo '{"slept": true}'"""
    name = here.create_run("tool", inputs={"script": script})
    job = the_job(here, name)
    see_its_pod_run(here, job)

    began = time.monotonic()
    kubectl.run(
        "-n", release.NAMESPACE, "delete", "pod", release.leader(), "--grace-period=0", "--force"
    )
    status = here.ended(name, 60)

    mine = [one for one in jobs(here) if one["metadata"]["ownerReferences"][0]["name"] == name]
    assert (status["phase"], status["output"]) == ("Succeeded", {"slept": True})
    assert status["attempt"] == 1
    assert [one["metadata"]["uid"] for one in mine] == [job["metadata"]["uid"]]
    assert time.monotonic() - began < 60
    release.available()


def test_a_run_that_is_deleted_takes_its_container_along(here: Space) -> None:
    name = here.create_run("tool", inputs={"script": "sleep 300"})
    here.see_run(name, is_running)
    job = the_job(here, name)

    here.kubectl("delete", f"workflowrun.sluice.dev/{name}", "--wait=false")

    words = ("wait", f"job/{job['metadata']['name']}", "--for=delete")
    here.kubectl(*words, f"--timeout={GONE_SECONDS:g}s")


def test_a_step_that_is_given_up_ends_its_container_while_the_run_goes_on(here: Space) -> None:
    impatient = a_container() | {"timeoutSeconds": 3, "onFailure": "Continue"}
    after = a_step("after", "wait", needs=["work"], seconds=120)
    here.deploy(a_workflow("impatient", impatient, after, inputs=SCRIPT))

    name = here.create_run("impatient", inputs={"script": "sleep 300"})
    job = the_job(here, name)

    words = ("wait", f"job/{job['metadata']['name']}", "--for=delete")
    here.kubectl(*words, f"--timeout={GONE_SECONDS:g}s")
    assert is_running(here.run(name))
    here.kubectl("delete", f"workflowrun.sluice.dev/{name}", "--wait=false")


# As with most network plugins, a policy is in force a moment after the pod has begun.
LOOK = """
n=0
while [ $n -lt 6 ]; do
  timeout 2 wget -q -O - {url} > /dev/null && open=true || open=false
  n=$((n + 1))
  sleep 0.5
done
echo "{{\\"open\\": $open}}"
"""


def test_it_gets_where_the_runner_gets_and_nowhere_else(recorded: Space) -> None:
    host = recorded.recorder().removeprefix("http://")
    recorded.deploy(
        a_workflow("let", a_container(), inputs=SCRIPT, egress={"allow": [f"{host}:80"]}),
        a_workflow("shut", a_container(), inputs=SCRIPT),
    )
    given = {"script": LOOK.format(url=f"http://{host}/")}

    runs = {name: recorded.create_run(name, inputs=given) for name in ("let", "shut")}
    found = {name: recorded.ended(run)["output"] for name, run in runs.items()}

    assert found == {"let": {"open": True}, "shut": {"open": False}}
