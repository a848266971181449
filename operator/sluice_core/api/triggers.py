"""What sets a run of a workflow off."""

import re
from typing import Annotated, Literal

from pydantic import Field

from sluice_core.api.bounds import (
    Expression,
    Json,
    JsonObject,
    LabelName,
    TimeZone,
)
from sluice_core.api.kind import A_SET
from sluice_core.api.meta import Spec
from sluice_core.api.rules import Form, Rule
from sluice_core.api.webhook import Webhook

ConcurrencyPolicy = Literal["Allow", "Forbid", "Replace", "Queue"]
CatchUp = Literal["None", "Last", "All"]
ChangeType = Literal["Added", "Modified", "Deleted"]
TriggerKind = Literal["Schedule", "Webhook", "Event", "Queue", "Email", "Resource"]

Cron = Annotated[
    str,
    Field(min_length=9, max_length=128),
    Form(
        r"^[^\s]+([ \t]+[^\s]+){4}$",
        "a cron expression has five fields: minute, hour, day of month, month, day of week",
    ),
]


_SHORT = r"(0?[2469]|11|(?i:feb|apr|jun|sep|nov))"  # months without a 31st
_NEVER = (
    r"^[^\s]+[ \t]+[^\s]+[ \t]+"
    rf"((30|31|30,31|30-31)[ \t]+(0?2|(?i:feb))|31[ \t]+{_SHORT}(,{_SHORT})*)[ \t]+\*$"
)
"""The plain ways to write a day that its month does not have; what is left has a condition."""


class Schedule(Spec):
    """Run at the times of a cron expression."""

    rules = (
        Rule(
            cel="has(self.cron) != has(self.crons)",
            message="set either cron or crons",
            holds=lambda it: (it.cron is None) != (it.crons is None),
        ),
        Rule(
            cel="!has(self.maxCatchUp) || (has(self.catchUp) && self.catchUp == 'All')",
            message="maxCatchUp bounds catchUp: All, remove it or set catchUp to All",
            holds=lambda it: it.catch_up == "All" or "max_catch_up" not in it.model_fields_set,
            field_path=".maxCatchUp",
        ),
        Rule(
            cel=(
                f"!(has(self.cron) && self.cron.matches(r'{_NEVER}')) && "
                f"!(has(self.crons) && self.crons.exists(it, it.matches(r'{_NEVER}')))"
            ),
            message="that month has no such day, so it would never come: correct the expression",
            holds=lambda it: (
                not any(re.search(_NEVER, one) for one in (it.cron or "", *(it.crons or ())))
            ),
            checked=True,
        ),
    )

    cron: Cron | None = Field(
        None, description="Five fields: minute, hour, day of month, month, day of week."
    )
    crons: tuple[Cron, ...] | None = Field(
        None, min_length=1, max_length=20, description="Several cron expressions, in place of cron."
    )
    time_zone: TimeZone = Field("UTC", description="Zone of the times; UTC when absent.")
    concurrency_policy: ConcurrencyPolicy = Field(
        "Allow",
        description="What happens while an earlier run goes on; Allow when absent.",
    )
    starting_deadline_seconds: int | None = Field(
        None, ge=1, le=31536000, description="A time missed by more than this is not made up for."
    )
    catch_up: CatchUp = Field(
        "Last", description="Which missed times are made up for; Last when absent."
    )
    max_catch_up: int = Field(
        10, ge=1, le=100, description="How many times catchUp All makes up for; 10 when absent."
    )
    jitter_seconds: int = Field(
        0, ge=0, le=3600, description="Runs start up to this much later; 0 when absent."
    )
    inputs: JsonObject = Field(default_factory=dict, description="Inputs of the runs.")


class Event(Spec):
    """Run on an event that was published in the namespace."""

    type: str = Field(min_length=1, max_length=253, description="Type of the event.")
    match: dict[str, Json] = Field(
        default_factory=dict,
        max_length=32,
        description="Values that the event must have: dotted path to value.",
    )
    filter: Expression | None = Field(
        None, description="A CEL expression over `event` that must be true."
    )


class Queue(Spec):
    """Run on POST …/enqueue."""


class Email(Spec):
    """Run on POST …/email-trigger."""

    to: tuple[Annotated[str, Field(min_length=1, max_length=320)], ...] = Field(
        (),
        max_length=50,
        description="Recipients to answer to, with * as wildcard; all when empty.",
    )


SelectorOperator = Literal["In", "NotIn", "Exists", "DoesNotExist"]


class LabelRequirement(Spec):
    """A metav1.LabelSelectorRequirement."""

    rules = (
        Rule(
            cel="(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
            message="In and NotIn need values, Exists and DoesNotExist have none",
            holds=lambda it: (it.operator in ("In", "NotIn")) == bool(it.values),
            field_path=".values",
        ),
    )

    key: str = Field(min_length=1, max_length=317, description="Key of the label.")
    operator: SelectorOperator = Field(description="How the label's value is compared.")
    values: tuple[Annotated[str, Field(max_length=63)], ...] = Field(
        (), max_length=64, description="Values to compare with, for In and NotIn."
    )


class LabelSelector(Spec):
    """A metav1.LabelSelector."""

    match_labels: dict[str, Annotated[str, Field(max_length=63)]] = Field(
        default_factory=dict, max_length=64, description="Labels that must have these values."
    )
    match_expressions: tuple[LabelRequirement, ...] = Field(
        (), max_length=64, description="Further requirements, all of which must hold."
    )


class ResourceChange(Spec):
    """Run when an object of the own namespace changes."""

    rules = (
        Rule(
            cel="!(self.apiVersion == 'v1' && self.kind == 'Secret')",
            message="Secrets cannot trigger a workflow, choose another kind",
            holds=lambda it: (it.api_version, it.kind) != ("v1", "Secret"),
            field_path=".kind",
        ),
        Rule(
            cel="!self.apiVersion.startsWith('sluice.dev/')",
            message="objects of Sluice cannot trigger a workflow, use an event trigger",
            holds=lambda it: not it.api_version.startswith("sluice.dev/"),
            field_path=".apiVersion",
        ),
    )

    api_version: str = Field(
        min_length=1, max_length=253, description="API group and version of the kind."
    )
    kind: str = Field(min_length=1, max_length=63, description="Kind of the objects.")
    label_selector: LabelSelector = Field(
        LabelSelector(), description="Which objects; all of the namespace when absent."
    )
    events: tuple[ChangeType, ...] = Field(
        ("Added", "Modified", "Deleted"),
        min_length=1,
        max_length=3,
        json_schema_extra=A_SET,
        description="Which changes; all when absent.",
    )


KIND_OF_FIELD: dict[str, TriggerKind] = {
    "schedule": "Schedule",
    "webhook": "Webhook",
    "event": "Event",
    "queue": "Queue",
    "email": "Email",
    "resource": "Resource",
}
EXACTLY_ONE_KIND = Rule(
    cel=f"[{', '.join(f'has(self.{field})' for field in KIND_OF_FIELD)}].exists_one(set, set)",
    message=f"a trigger has exactly one of {', '.join(KIND_OF_FIELD)}",
    holds=lambda it: it.kind is not None,
)


class Trigger(Spec):
    """One thing that sets a run off."""

    rules = (EXACTLY_ONE_KIND,)

    name: LabelName = Field(description="Name of the trigger, unique in the workflow.")
    enabled: bool = Field(True, description="Whether it sets runs off; true when absent.")
    schedule: Schedule | None = Field(None, description="Run at the times of a cron expression.")
    webhook: Webhook | None = Field(
        None, description="Run on a POST to /hooks/{namespace}/{workflow}/{trigger}."
    )
    event: Event | None = Field(None, description="Run on an event published in the namespace.")
    queue: Queue | None = Field(None, description="Run on POST …/enqueue.")
    email: Email | None = Field(None, description="Run on POST …/email-trigger.")
    resource: ResourceChange | None = Field(
        None, description="Run when an object of the own namespace changes."
    )

    @property
    def kind(self) -> TriggerKind | None:
        """The one kind that is set; None for an object that the API server would refuse."""
        kinds = [kind for field, kind in KIND_OF_FIELD.items() if getattr(self, field) is not None]
        return kinds[0] if len(kinds) == 1 else None
