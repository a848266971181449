"""Workflows for tests: valid, always up, and as long as a test says."""

from typing import Any

from testkit.e2e.kubectl import Manifest


def a_workflow(name: str, *steps: Manifest, **spec: Any) -> Manifest:
    """Steps follow each other unless they say otherwise."""
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"lifecycle": {"policy": "AlwaysOn"}, "steps": list(steps), **spec},
    }


def a_greeting(name: str = "hello", **spec: Any) -> Manifest:
    """One pure step that needs the input `name`."""
    inputs = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    template = {"greeting": "Hello, {{ inputs.name }}!"}
    return a_workflow(name, a_step("greet", "transform", template=template), inputs=inputs, **spec)


def a_step(name: str, action: str, /, *, needs: list[str] | None = None, **config: Any) -> Manifest:
    """One step; `config` is its `with`."""
    step = {"name": name, "action": action, "with": config}
    return step if needs is None else step | {"needs": needs}


def a_post(name: str, url: str) -> Manifest:
    """A POST whose path tells the step."""
    return a_step(name, "http.post", url=f"{url}/{name}", json={"step": name})


def a_long_workflow(name: str, recorder: str, seconds: float, **spec: Any) -> Manifest:
    """A post to /name/before, a wait, a post to /name/after: the recorder shows repetitions."""
    host = recorder.removeprefix("http://")
    return a_workflow(
        name,
        a_post("before", f"{recorder}/{name}"),
        a_step("pause", "wait", seconds=seconds),
        a_post("after", f"{recorder}/{name}"),
        egress={"allow": [f"{host}:80"]},
        **spec,
    )
