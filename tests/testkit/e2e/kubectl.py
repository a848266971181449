"""kubectl as a user has it: apply, wait with a deadline, watch, and read what it says."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

Manifest = dict[str, Any]

OURS = "/apis/sluice.dev/v1alpha1"
PATHS = {
    "workflows": OURS,
    "workflowruns": OURS,
    "workflowcredentials": OURS,
    "pods": "/api/v1",
    "deployments": "/apis/apps/v1",
    "jobs": "/apis/batch/v1",
    "leases": "/apis/coordination.k8s.io/v1",
}
SECONDS = 60.0


class Refused(AssertionError):  # noqa: N818 - what kubectl was told, which a test may want
    """kubectl ended with an error; the message is what it printed."""


def run(*words: str, stdin: str = "", seconds: float = 120) -> str:
    """What kubectl printed; raises Refused with its complaint."""
    done = subprocess.run(
        ["kubectl", *words],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    if done.returncode:
        raise Refused(f"kubectl {' '.join(words)[:300]}: {done.stderr or done.stdout}")
    return done.stdout


def works(*words: str) -> bool:
    """Whether kubectl did it."""
    try:
        run(*words)
    except Refused:
        return False
    return True


def read(*words: str) -> Manifest:
    """`kubectl get …` as data."""
    found: Manifest = json.loads(run("get", *words, "-o", "json"))
    return found


def items(*words: str) -> list[Manifest]:
    """`kubectl get …` of a list."""
    found: list[Manifest] = read(*words)["items"]
    return found


def apply(namespace: str, *objects: Manifest) -> None:
    """`kubectl apply` of all of them at once."""
    run("-n", namespace, "apply", "-f", "-", stdin=a_list(objects))


def create(namespace: str, manifest: Manifest) -> str:
    """`kubectl create`; the name of what was made."""
    words = ("-n", namespace, "create", "-f", "-", "-o", "jsonpath={.metadata.name}")
    return run(*words, stdin=json.dumps(manifest))


def a_list(objects: tuple[Manifest, ...]) -> str:
    """Manifests as one that kubectl reads."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def wait(namespace: str, subject: str, condition: str, seconds: float = SECONDS) -> None:
    """`kubectl wait --for=…`; what the object shows is in the complaint."""
    try:
        run("-n", namespace, "wait", subject, f"--for={condition}", f"--timeout={seconds:g}s")
    except Refused as error:
        shown = run("-n", namespace, "get", subject, "-o", "yaml", "--ignore-not-found")
        raise Refused(f"{error}\n{shown}") from None


def changes(namespace: str, plural: str, name: str, seconds: float) -> Iterator[Manifest]:
    """The object as it is, and each time that it changes; the watch survives a restart."""
    deadline = time.monotonic() + seconds
    path = f"{PATHS[plural]}/namespaces/{namespace}/{plural}"
    while (left := deadline - time.monotonic()) > 0:
        query = f"watch=1&fieldSelector=metadata.name={name}&timeoutSeconds={max(1, int(left))}"
        with subprocess.Popen(
            ["kubectl", "get", "--raw", f"{path}?{query}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as watch:
            try:
                for line in watch.stdout or ():
                    event = json.loads(line)
                    if event["type"] != "ERROR":
                        yield event["object"]
            finally:
                watch.kill()


def see(
    namespace: str,
    plural: str,
    name: str,
    holds: Callable[[Manifest], bool],
    seconds: float = SECONDS,
) -> Manifest:
    """The first state of the object of which it holds."""
    last: Manifest = {}
    for seen in changes(namespace, plural, name, seconds):
        if holds(seen):
            return seen
        last = seen
    raise AssertionError(
        f"{plural} {namespace}/{name} was not so within {seconds:g} s; it last was\n"
        + json.dumps(last.get("status"), indent=1)[:6000]
    )
