"""Kill what carries runs, at random and under load, and count what came of every accepted run."""

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from cluster import layout, place
from cluster.commands import run
from testkit.e2e import kubectl, pods, release
from testkit.e2e.flows import a_post, a_step, a_workflow
from testkit.e2e.killing import crash, kill_pod
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import TERMINAL, Space

WORKFLOW = "stormy"
STEP_SECONDS = 1
BETWEEN_SECONDS = (0.5, 3.0)
SETTLED_SECONDS = 240.0

# Triggers with a key each, and tries until each is answered 2xx; prints the run's name. Ends when
# it is asked to, with what it has begun.
LOAD = """
import json, signal, sys, threading, time, urllib.request

url, prefix = sys.argv[1], sys.argv[2]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
over, printing = threading.Event(), threading.Lock()
signal.signal(signal.SIGTERM, lambda *_: over.set())

def accepted(number):
    body = json.dumps({"inputs": {"n": f"{prefix}-{number}"}}).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": f"{prefix}-{number}",
        "Authorization": "Bearer " + open("/var/run/tokens/gateway").read(),
    }
    while True:
        try:
            request = urllib.request.Request(url, body, headers, method="POST")
            with opener.open(request, timeout=15) as answer:
                return json.load(answer)["execution_id"]
        except (OSError, ValueError):
            time.sleep(0.3)

def work(first, step):
    number = first
    while not over.is_set():
        run = accepted(number)
        with printing:
            print(json.dumps({"n": f"{prefix}-{number}", "run": run}), flush=True)
        number += step
        over.wait(0.4)

workers = [threading.Thread(target=work, args=(n, 3)) for n in range(3)]
for worker in workers:
    worker.start()
while any(worker.is_alive() for worker in workers):
    time.sleep(0.1)
"""
STOP = "import os, signal; os.kill(1, signal.SIGTERM)"


@dataclass
class Outcome:
    """`repeated` are steps whose end was stored before a kill and that were carried out again."""

    kills: int = 0
    accepted: int = 0
    finished: int = 0
    lost: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    phases: dict[str, int] = field(default_factory=dict)
    killed: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> str:
        """Numbers in place of names."""
        shown: dict[str, Any] = asdict(self)
        shown |= {"lost": len(self.lost), "repeated": len(self.repeated)}
        return json.dumps(shown, indent=1)


def a_stormy_workflow(recorder: str) -> Manifest:
    """Two posts with a pause between them; the recorder tells the runs and steps apart."""
    host = recorder.removeprefix("http://")
    return a_workflow(
        WORKFLOW,
        a_post("before", f"{recorder}/{{{{ inputs.n }}}}"),
        a_step("pause", "wait", seconds=STEP_SECONDS),
        a_post("after", f"{recorder}/{{{{ inputs.n }}}}"),
        egress={"allow": [f"{host}:80"]},
        replicas=2,
        settings={"runnerLossLimit": 100},
        history={"successfulRuns": 1000, "failedRuns": 1000},
    )


def play(space: Space, kills: int, seed: int) -> Outcome:
    """So many kills under load, and then rest until every accepted run has ended."""
    chance = random.Random(seed)
    outcome = Outcome()
    weapons = arsenal(space)
    known: dict[str, int] = {}
    with Load(space, f"s{seed}") as load:
        for _ in range(kills):
            time.sleep(chance.uniform(*BETWEEN_SECONDS))
            known |= finished_steps(space)
            name = chance.choice(sorted(weapons))
            print(f"chaos: {name}", flush=True)
            weapons[name]()
            outcome.kills += 1
            outcome.killed[name] = outcome.killed.get(name, 0) + 1
    release.available()
    judge(space, load.accepted, known, outcome)
    return outcome


class Load:
    """A pod of callers, for as long as the block lasts; `accepted` then tells runs by input.

    Not by `kubectl exec`, which ends with the API server.
    """

    def __init__(self, space: Space, prefix: str) -> None:
        url = f"http://workflow-{WORKFLOW}.{space.namespace}.svc/trigger"
        self._space = space
        self._pod = pods.make_client("load", program=(LOAD, url, prefix))
        self.accepted: dict[str, str] = {}

    def __enter__(self) -> "Load":
        self._space.apply(self._pod)
        kubectl.wait(self._space.namespace, "pod/load", "condition=Ready")
        return self

    def __exit__(self, *_: object) -> None:
        self._space.kubectl("exec", "load", "--", pods.PYTHON, "-c", STOP)
        kubectl.wait(self._space.namespace, "pod/load", "jsonpath={.status.phase}=Succeeded", 120)
        lines = self._space.kubectl("logs", "load").splitlines()
        self.accepted = {told["n"]: told["run"] for told in map(json.loads, lines)}


def arsenal(space: Space) -> dict[str, Callable[[], None]]:
    """What can be killed here, and how: as when a node loses power, or a process its memory."""
    found: dict[str, Callable[[], None]] = {
        "leader": lambda: _kill_of_release(release.leader),
        "gateway": lambda: _kill_of_release(lambda: _some("gateway")),
        "runner": lambda: _kill_a_runner(space),
        "runner's process": lambda: _crash_a_runner(space),
    }
    if place.here() == "own":  # nobody else's cluster is taken down
        found["API server"] = lambda: _restart("apiserver")
        found["etcd"] = lambda: _restart("etcd")
    return found


def finished_steps(space: Space) -> dict[str, int]:
    """How often each step has posted, of those whose end is in a run's status."""
    try:
        runs = kubectl.items("-n", space.namespace, "workflowruns.sluice.dev")
        posted = space.posted()
    except kubectl.Refused:  # nobody answers: nothing is known, and nothing is claimed
        return {}
    return {
        path: posted[path]
        for one in runs
        for step in one.get("status", {}).get("steps", ())
        if step["phase"] == "Succeeded"
        and (path := f"/{one['spec'].get('inputs', {}).get('n')}/{step['name']}") in posted
    }


def judge(space: Space, accepted: dict[str, str], known: dict[str, int], outcome: Outcome) -> None:
    """Wait until all have ended, and count."""
    deadline = time.monotonic() + SETTLED_SECONDS
    while True:
        found = {
            one["metadata"]["name"]: one.get("status", {}).get("phase")
            for one in kubectl.items("-n", space.namespace, "workflowruns.sluice.dev")
        }
        left = [name for name in accepted.values() if found.get(name) not in TERMINAL]
        if not left or time.monotonic() > deadline:
            break
        time.sleep(1)
    posted = space.posted()
    outcome.accepted = len(accepted)
    outcome.lost = left
    outcome.finished = len(accepted) - len(left)
    outcome.phases = dict(Counter(str(found.get(name)) for name in accepted.values()))
    outcome.repeated = [path for path, times in known.items() if posted[path] > times]


def _kill_of_release(choose: Callable[[], str]) -> None:
    release.available()
    kill_pod(release.NAMESPACE, choose())


def _some(component: str) -> str:
    name: str = release.component(component)[0]["metadata"]["name"]
    return name


def _runners(space: Space) -> list[str]:
    alive = (pod for pod in space.pods(WORKFLOW) if "deletionTimestamp" not in pod["metadata"])
    return [pod["metadata"]["name"] for pod in alive if pod["status"].get("phase") == "Running"]


def _kill_a_runner(space: Space) -> None:
    for name in _runners(space)[:1]:
        kill_pod(space.namespace, name)


def _crash_a_runner(space: Space) -> None:
    for name in _runners(space)[:1]:
        crash(space, name)


def _restart(component: str) -> None:
    tests = str(layout.ROOT / "tests")
    run(sys.executable, "-m", "cluster", "restart", component, env={"PYTHONPATH": tests})
