"""Which steps of a workflow run containers, and whether the plan permits their images."""

from collections.abc import Iterator, Mapping

from sluice_core import names, templates
from sluice_core.api.action import ActionSpec
from sluice_core.api.workflow import WorkflowSpec
from sluice_operator.workflow.observed import Child, Observed, Plan

ACTION = "container"


def policy_wanted(seen: Observed) -> bool:
    """Whether a step may ask for a container, now or in a version that there was.

    The policy is never taken away: an older version may be at work still.
    """
    uses = any(True for _ in _images(seen.workflow.spec, seen.actions.usable))
    name = names.containers(seen.workflow.metadata.name)
    return uses or Child("NetworkPolicy", name) in seen.children


def refusals(
    spec: WorkflowSpec, actions: Mapping[str, ActionSpec], plan: Plan | None
) -> Iterator[str]:
    """Images that are known now and not listed; others are judged when they are to run."""
    listed = plan.spec.images if plan and plan.spec else ()
    holder = f"the plan {plan.name}" if plan else "a WorkflowPlan for this namespace"
    for step, image in _images(spec, actions):
        if image and image not in listed and not templates.is_template(image):
            yield (
                f"step {step}: the image {image} is not permitted: {holder} must list it under "
                "images"
            )


def _images(spec: WorkflowSpec, actions: Mapping[str, ActionSpec]) -> Iterator[tuple[str, str]]:
    for step in spec.steps:
        own = actions.get(step.action)
        if own is not None and own.container is not None:
            yield step.name, own.container.image
        elif step.action == ACTION:
            image = step.with_.get("image")
            yield step.name, image if isinstance(image, str) else ""
