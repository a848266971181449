"""The Job of a step's container: how it is confined, and what its end means."""

from typing import Any

import pytest
from pydantic import JsonValue

from sluice_core import names, wire
from sluice_operator.run import container
from sluice_operator.run.container import Ended, Stuck, end_of, outcome
from testkit.container_jobs import IMAGE, SITE, a_pod, a_request, a_run, ended, terminated


def a_job(**wanted: Any) -> dict[str, Any]:
    request = a_request(**wanted)
    body = wire.ContainerJob.model_validate(request.body)
    return container.make_job(a_run(), request, body, SITE, "etl-1")


def test_a_job_is_confined_as_the_restricted_standard_wants_it_and_bounded_in_time() -> None:
    job = a_job()

    spec = job["spec"]["template"]["spec"]
    [made] = spec["containers"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert made["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert (job["spec"]["backoffLimit"], spec["restartPolicy"]) == (0, "Never")
    assert (job["spec"]["activeDeadlineSeconds"], spec["activeDeadlineSeconds"]) == (120, 60)
    assert made["resources"] == {"requests": {"cpu": "50m"}, "limits": {"memory": "512Mi"}}


def test_its_pod_is_taken_for_no_runner_and_goes_with_the_run() -> None:
    job = a_job()

    labels = job["spec"]["template"]["metadata"]["labels"]
    [owner] = job["metadata"]["ownerReferences"]
    assert names.LABEL_WORKFLOW not in labels
    assert labels[names.LABEL_CONTAINER_OF] == "etl"
    assert (owner["kind"], owner["uid"], owner["blockOwnerDeletion"]) == (
        "WorkflowRun", "run-1", False,
    )  # fmt: skip


def test_what_a_step_gives_arrives_as_it_is() -> None:
    job = a_job(
        command=["echo", "$(HOME)"],
        args=["$$(A)", "$"],
        env={"A": "$(B)"},
        resources={"limits": {"memory": "1Gi", "cpu": "2"}},
    )

    [made] = job["spec"]["template"]["spec"]["containers"]
    assert made["command"] == ["echo", "$$(HOME)"]  # Kubernetes makes one $ of two
    assert made["args"] == ["$$$$(A)", "$$"]
    assert made["env"] == [{"name": "A", "value": "$$(B)"}]
    assert made["resources"]["limits"] == {"memory": "1Gi", "cpu": "2"}


def test_an_image_runs_only_where_the_plan_lists_it() -> None:
    assert container.refusal(IMAGE, SITE) == ""
    assert "the WorkflowPlan of the namespace must list it" in container.refusal("other:1", SITE)


def test_one_key_means_one_name_until_the_run_is_tried_again() -> None:
    run = a_run()
    first = container.name_of(run, "k", 0)

    again, further = container.name_of(run, "k", 0), container.name_of(run, "k", 1)
    run.retries = 1
    after = container.name_of(run, "k", 0)

    assert first == again
    assert len({first, further, after}) == 3
    assert len(first) <= 63


JOB = a_job()
PULLING = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
LATE = {"type": "Failed", "reason": "DeadlineExceeded", "message": "too long"}
ENDS: dict[str, tuple[dict[str, Any], dict[str, Any] | None, Ended | Stuck | None]] = {
    "it has no pod yet": (JOB, None, None),
    "its pod runs": (JOB, a_pod(JOB, {"running": {}}, phase="Running"), None),
    "it is over, before the Job says so": (
        JOB, a_pod(JOB, terminated(message=" done\n")),
        Ended(exit_code=0, reason="Completed", message="done"),
    ),
    "it failed": (
        ended(JOB, "Failed", reason="BackoffLimitExceeded"), a_pod(JOB, terminated(3)),
        Ended(exit_code=3, reason="Error"),
    ),
    "the Job has failed, and of the pod the end is still to come": (
        ended(JOB, "Failed", reason="BackoffLimitExceeded"), a_pod(JOB, {"running": {}}), None,
    ),
    "its image cannot be had": (
        JOB, a_pod(JOB, PULLING), Stuck("ImagePullBackOff: no such image"),
    ),
    "its image may be had at the next attempt": (
        JOB, a_pod(JOB, {"waiting": {"reason": "ErrImagePull"}}), None,
    ),
    "it took too long, and was stopped": (
        JOB, a_pod(JOB, terminated(137), phase="Failed", reason="DeadlineExceeded"),
        Ended(exit_code=137, reason="DeadlineExceeded"),
    ),
    "it found no node in time": (
        ended(JOB, **LATE), a_pod(JOB, phase="Pending"),
        Ended(reason="DeadlineExceeded", message="too long"),
    ),
    "its node had no room for it": (
        JOB, a_pod(JOB, phase="Failed", reason="Evicted", message="low on memory"),
        Ended(reason="Evicted", message="low on memory"),
    ),
    "its pod was deleted": (
        ended(JOB, "Failed", reason="BackoffLimitExceeded", message="once"), None,
        Ended(reason="BackoffLimitExceeded", message="once"),
    ),
    "its pod is gone, and it was done": (ended(JOB), None, Ended(exit_code=0)),
}  # fmt: skip


@pytest.mark.parametrize(("job", "pod", "end"), ENDS.values(), ids=ENDS)
def test_how_a_container_went(
    job: dict[str, Any], pod: dict[str, Any] | None, end: Ended | Stuck | None
) -> None:
    assert end_of(job, pod) == end


OUTPUTS: dict[str, tuple[str, bytes, JsonValue]] = {
    "nothing": ("", b"", None),
    "JSON in the termination message": ('{"a": 1}', b'{"b": 2}\n', {"a": 1}),
    "a text in the termination message": ("42 files", b"", "42 files"),
    "the last line of the log that is an object": (
        "", b'{"n": 1}\nworking\n{"n": 2}\n{broken\nbye\n', {"n": 2},
    ),
    "a number in the log is no output": ("", b"42\n", None),
    "bytes that are no text": ("", b'\xff\n{"n": 1}\n', {"n": 1}),
}  # fmt: skip


@pytest.mark.parametrize(("message", "log", "output"), OUTPUTS.values(), ids=OUTPUTS)
def test_what_a_container_leaves(message: str, log: bytes, output: JsonValue) -> None:
    made = outcome("etl-1", Ended(exit_code=0, message=message), log)

    assert made.output == output


def test_what_a_failed_container_leaves_is_no_output() -> None:
    made = outcome("etl-1", Ended(exit_code=1), b'{"n": 1}\noh no\n')

    assert (made.output, made.log) == (None, ('{"n": 1}', "oh no"))


def test_of_a_long_log_the_end_is_kept_from_a_whole_line_on() -> None:
    raw = b"".join(b"line %05d\n" % number for number in range(9999))

    made = outcome("etl-1", Ended(exit_code=0), raw)

    assert made.log[-1] == "line 09998"
    assert len(made.log) == container.LOG_LINES
    assert made.truncated


def test_a_line_that_is_longer_than_what_is_kept_is_cut() -> None:
    made = outcome("etl-1", Ended(exit_code=0), b"x" * (2 * container.LOG_BYTES))

    assert [len(line) for line in made.log] == [container.LOG_BYTES]
    assert made.truncated
