"""A runner for which there is no room, or that is refused, says why; mended, waiting runs go on."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from testkit.e2e import kubectl, pods, space
from testkit.e2e.flows import a_greeting
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space, condition

ON_DEMAND = {"policy": "OnDemand"}


@pytest.fixture
def alone(installed: None) -> Iterator[Space]:
    """A namespace without any pod."""
    made = space.make(client=False)
    yield made
    space.remove(made)


def a_bound(kind: str, **spec: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "bound"}, "spec": spec}


def quota(here: Space) -> None:
    here.apply(a_bound("ResourceQuota", hard={"pods": "0"}))


def limits(here: Space) -> None:
    most = {"type": "Container", "max": {"memory": "16Mi"}}
    here.apply(a_bound("LimitRange", limits=[most]))


def unbound(here: Space) -> None:
    here.kubectl("delete", "resourcequota,limitrange", "bound", "--ignore-not-found")


def too_large(here: Space) -> None:
    here.apply(a_greeting(lifecycle=ON_DEMAND, runner={"resources": {"requests": {"cpu": "900"}}}))


def no_runner(here: Space) -> None:
    """An image of something else."""
    image = {"image": pods.images()["tools"]}
    here.apply(a_greeting(lifecycle=ON_DEMAND, runner=image))


def crashing(here: Space) -> None:
    """The kernel kills the runner while it starts, again and again."""
    little = {"resources": {part: {"memory": "24Mi"} for part in ("requests", "limits")}}
    here.apply(a_greeting(lifecycle=ON_DEMAND, runner=little))


def small(here: Space) -> None:
    here.apply(a_greeting(lifecycle=ON_DEMAND))


def nothing(_: Space) -> None:
    pass


Step = Callable[[Space], None]

CASES: dict[str, tuple[Step, Step, Step, str]] = {
    "a quota": (quota, nothing, unbound, "exceeded quota"),
    "an admission plugin": (limits, nothing, unbound, "maximum memory usage per Container is 16Mi"),
    "no runner in its image": (nothing, no_runner, small, "executable file not found"),
    "a crash loop": (nothing, crashing, small, "CrashLoopBackOff (last exit code 137"),
    "no node has the room": (nothing, too_large, small, "Insufficient cpu"),
}


@pytest.mark.parametrize(("bound", "change", "mend", "words"), CASES.values(), ids=CASES)
def test_the_workflow_and_its_run_say_why_and_go_on_when_it_is_mended(
    alone: Space, bound: Step, change: Step, mend: Step, words: str
) -> None:
    bound(alone)
    small(alone)
    change(alone)
    run = alone.create_run("hello", inputs={"name": "Ada"})

    waiting = alone.see_run(
        run, lambda it: condition(it, "Succeeded").get("reason") == "RunnerFailed", 30
    )
    seen = kubectl.see(
        alone.namespace,
        "workflows",
        "hello",
        lambda it: condition(it, "Ready").get("reason") == "RunnerFailed",
        30,
    )
    mend(alone)

    assert words in condition(seen, "Ready")["message"]
    assert words in condition(waiting, "Succeeded")["message"]
    assert alone.ended(run, 120)["output"] == {"greeting": "Hello, Ada!"}
