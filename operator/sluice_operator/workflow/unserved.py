"""What a workflow asks for and is not done here: told as warnings, never in silence."""

from collections.abc import Iterator

from sluice_core.api.workflow import WorkflowSpec

TYPE = "NotServed"


def warnings(spec: WorkflowSpec, *, couriers: bool) -> Iterator[dict[str, str]]:
    """Entries of `status.warnings`; `couriers` says whether there is one here."""
    if spec.notifications and not couriers:
        message = "notifications are not sent: the chart value courier.enabled is false"
        yield {"type": TYPE, "message": message}
