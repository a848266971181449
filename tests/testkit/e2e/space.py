"""A namespace of a test's own, with someone who may trigger and something that counts."""

import json
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cluster.waiting import until
from testkit.e2e import asking, kubectl, pods
from testkit.e2e.asking import Answer, Request
from testkit.e2e.kubectl import Manifest

PLAN = "e2e"
NO_SUCH_IMAGE = "localhost/no-such-runner:1"
TERMINAL = ("Succeeded", "Failed", "Cancelled")
GATEWAY = "http://sluice-gateway.sluice-system"


@dataclass(frozen=True)
class Space:
    """Verbs in one namespace."""

    namespace: str

    # -- objects

    def kubectl(self, *words: str, stdin: str = "") -> str:
        """Any kubectl command here."""
        return kubectl.run("-n", self.namespace, *words, stdin=stdin)

    def apply(self, *objects: Manifest) -> None:
        """`kubectl apply`."""
        kubectl.apply(self.namespace, *objects)

    def deploy(self, *workflows: Manifest, seconds: float = 60) -> None:
        """Apply workflows, and wait until they are Ready."""
        self.apply(*workflows)
        for workflow in workflows:
            self.ready(workflow["metadata"]["name"], seconds)

    def ready(self, workflow: str, seconds: float = 60) -> None:
        """Wait until the workflow is Ready as it is now."""
        kubectl.see(self.namespace, "workflows", workflow, _is_ready, seconds)

    def workflow(self, name: str) -> Manifest:
        """The workflow as it is."""
        return kubectl.read("-n", self.namespace, f"workflow.sluice.dev/{name}")

    def runner(self, workflow: str) -> Manifest:
        """The one runner pod that lives."""
        found = kubectl.items("-n", self.namespace, "pods", "-l", f"sluice.dev/workflow={workflow}")
        [pod] = [one for one in found if "deletionTimestamp" not in one["metadata"]]
        return pod

    # -- runs

    def create_run(self, workflow: str, **spec: Any) -> str:
        """`kubectl create` of a run; its name."""
        manifest = {
            "apiVersion": "sluice.dev/v1alpha1",
            "kind": "WorkflowRun",
            "metadata": {"generateName": f"{workflow}-"},
            "spec": {"workflow": workflow, **spec},
        }
        return kubectl.create(self.namespace, manifest)

    def run(self, name: str) -> Manifest:
        """The run as it is."""
        return kubectl.read("-n", self.namespace, f"workflowrun.sluice.dev/{name}")

    def see_run(
        self, name: str, holds: Callable[[Manifest], bool], seconds: float = 60
    ) -> Manifest:
        """Wait for a state of a run."""
        return kubectl.see(self.namespace, "workflowruns", name, holds, seconds)

    def ended(self, name: str, seconds: float = 60) -> Manifest:
        """Wait for the end of a run; its status."""
        status: Manifest = self.see_run(name, _has_ended, seconds)["status"]
        return status

    # -- the pods that take part

    def call(
        self,
        url: str,
        body: Any = None,
        *,
        method: str = "",
        token: str = "gateway",
        client: str = "client",
        seconds: float = asking.SECONDS,
        **headers: str,
    ) -> Answer:
        """An HTTP request from the pod `client`."""
        meant = method or ("GET" if body is None else "POST")
        request = Request(meant, url, body, headers, token, seconds)
        [answer] = asking.at_once(self.namespace, request, client=client)
        return answer

    def trigger(self, workflow: str, inputs: Any = None, **options: Any) -> Answer:
        """POST to the workflow's Service, and wait for the result."""
        body = {"inputs": inputs or {}, "sync": True}
        url = f"http://workflow-{workflow}.{self.namespace}.svc/trigger"
        return self.call(url, body, **options)

    def trigger_many(self, workflow: str, inputs: list[Any], *, at_once: int) -> list[Any]:
        """The results of so many triggers, in their order; fails when any was not answered 2xx."""
        said = {
            "url": f"http://workflow-{workflow}.{self.namespace}.svc/trigger",
            "bodies": [{"inputs": one, "sync": True} for one in inputs],
            "at_once": at_once,
            "seconds": 120,
        }
        words = ("exec", "-i", "client", "--", pods.PYTHON, "-c", pods.CALL_MANY)
        answers: list[Any] = json.loads(self.kubectl(*words, stdin=json.dumps(said)))
        return answers

    def ask(self, workflow: str, verb: str) -> None:
        """Stop or start it by its annotation, as of now."""
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        annotation = f"sluice.dev/{verb}-requested-at={now}"
        self.kubectl("annotate", f"workflow.sluice.dev/{workflow}", annotation, "--overwrite")

    def is_at(self, workflow: str, deployment: str, seconds: float = 60) -> Manifest:
        """Wait until the workflow's deploymentStatus is that."""

        def holds(it: Manifest) -> bool:
            return bool(it.get("status", {}).get("deploymentStatus") == deployment)

        return kubectl.see(self.namespace, "workflows", workflow, holds, seconds)

    def pods(self, workflow: str) -> list[Manifest]:
        """Its runner's pods, leaving ones too."""
        selector = f"sluice.dev/workflow={workflow}"
        return kubectl.items("-n", self.namespace, "pods", "-l", selector)

    def events(self, workflow: str) -> list[str]:
        """Reasons of the Events of a workflow, the oldest first."""
        found = kubectl.items("-n", self.namespace, "events.v1.events.k8s.io")
        ours = [one for one in found if one["regarding"]["name"] == workflow]
        return [one["reason"] for one in sorted(ours, key=lambda one: str(one["eventTime"]))]

    def api(self, path: str) -> str:
        """A URL of the gateway in this namespace."""
        return f"{GATEWAY}/api/v1/namespaces/{self.namespace}{path}"

    def recorder(self) -> str:
        """The URL of the recorder, as a runner calls it."""
        return f"http://recorder.{self.namespace}.svc.cluster.local"

    def posted(self) -> Counter[str]:
        """How often the recorder was posted to, by path."""
        lines = self.kubectl("logs", "recorder").splitlines()
        return Counter(json.loads(line)["path"] for line in lines)

    def see_post(self, path: str, seconds: float = 60) -> None:
        """Wait until the recorder was posted to at that path."""
        until(f"a POST to {path}", lambda: self.posted()[path] > 0, seconds)


def make_plan() -> Manifest:
    """Permits any egress, an image that does not exist, and one of small tools."""
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "WorkflowPlan",
        "metadata": {"name": PLAN},
        "spec": {"images": [NO_SUCH_IMAGE, pods.images()["tools"]]},
    }


def make(*, client: bool = True, recorder: bool = False) -> Space:
    """A new namespace with the plan `e2e`, in which `caller` may edit and trigger workflows."""
    space = Space(f"e2e-{uuid.uuid4().hex[:8]}")
    labels = {"sluice.dev/plan": PLAN}
    metadata = {"name": space.namespace, "labels": labels}
    space.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, *_caller())
    wanted = [
        *([pods.make_client()] if client else []),
        *(pods.make_recorder() if recorder else []),
    ]
    if wanted:
        space.apply(*wanted)
        space.kubectl("wait", "pod", "--all", "--for=condition=Ready", "--timeout=60s")
    return space


def remove(space: Space) -> None:
    """Begin to delete the namespace; nobody waits for it."""
    kubectl.run("delete", "namespace", space.namespace, "--wait=false")


def _caller() -> list[Manifest]:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "caller"}}
    subject = {"kind": "ServiceAccount", "name": "caller"}
    bindings = [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": role},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": role,
            },
            "subjects": [subject],
        }
        for role in ("sluice-view", "sluice-edit")
    ]
    return [account, *bindings]


def condition(manifest: Manifest, kind: str) -> Manifest:
    """The condition of that type, {} if there is none."""
    found = manifest.get("status", {}).get("conditions", [])
    return next((one for one in found if one["type"] == kind), {})


def is_running(run: Manifest) -> bool:
    """Whether a runner works on the run."""
    return bool(run.get("status", {}).get("phase") == "Running")


def _is_ready(workflow: Manifest) -> bool:
    shown = condition(workflow, "Ready")
    current = shown.get("observedGeneration") == workflow["metadata"]["generation"]
    return bool(current and shown.get("status") == "True")


def _has_ended(run: Manifest) -> bool:
    return run.get("status", {}).get("phase") in TERMINAL
