"""container: run an image of the user's, as a Job that the operator makes."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from sluice_core.catalog.action import ActionType, Params


def _as_text(value: Any) -> Any:
    """A template that is one expression may give a number, and what a process is given is text."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case _:
            return value


Text = Annotated[str, BeforeValidator(_as_text), StringConstraints(max_length=16384)]
EnvName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=253)]
Quantity = Annotated[Text, StringConstraints(pattern=r"^[0-9.]+[A-Za-z]*$", max_length=32)]


class ContainerResources(Params):
    """As in a container of Kubernetes; what is absent is the chart's to say."""

    requests: dict[str, Quantity] = {}
    limits: dict[str, Quantity] = {}


class ContainerParams(Params):
    """Run an image to its end. The output is the JSON that it leaves, or null.

    It leaves it in /dev/termination-log or, if nothing is there, as the last line of its log that
    is a JSON object. An exit code other than 0 fails the step. The image must be listed in the
    `images` of the namespace's WorkflowPlan; it runs as user 65532, with /tmp to write to.
    """

    image: Annotated[str, Field(min_length=1, max_length=500)]
    command: Annotated[tuple[Text, ...], Field(max_length=64)] = ()
    args: Annotated[tuple[Text, ...], Field(max_length=64)] = ()
    env: Annotated[dict[EnvName, Text], Field(max_length=64)] = {}
    resources: ContainerResources = ContainerResources()
    timeout_seconds: Annotated[
        int, Field(ge=1, le=86_400, description="from its start, the image's download included")
    ] = 600


TYPES = (
    ActionType(
        name="container",
        title="Run a container",
        category="container",
        role="transforms",
        params=ContainerParams,
        sample={
            "image": "registry.example.com/tools/resize:1.4",
            "args": ["--width", "{{ inputs.width }}"],
        },
        failures=("Transient", "Timeout", "Permanent"),
    ),
)
