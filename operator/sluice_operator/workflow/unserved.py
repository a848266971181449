"""What a workflow asks for and this release does not do yet: told as warnings, never in silence."""

from collections.abc import Iterator

from sluice_core.api.workflow import WorkflowSpec

TYPE = "NotServed"
_SERVED = {"Schedule", "Webhook", "Event", "Queue", "Email"}


def warnings(spec: WorkflowSpec, *, couriers: bool) -> Iterator[dict[str, str]]:
    """Entries of `status.warnings`; `couriers` says whether there is one here."""
    for trigger in spec.triggers:
        if trigger.kind in _SERVED:
            continue
        yield _warning(f"trigger {trigger.name} ({trigger.kind}) sets nothing off in this release")
    if spec.notifications and not couriers:
        yield _warning("notifications are not sent: the chart value courier.enabled is false")


def _warning(message: str) -> dict[str, str]:
    return {"type": TYPE, "message": message}
