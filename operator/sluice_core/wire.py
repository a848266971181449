"""What operator and runner say to each other, version 1: JSON over HTTP/1.1 on the pod's address.

Unknown fields are ignored, so that a runner of the previous release and an operator of the next
one understand each other. Times are milliseconds since the epoch.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

VERSION = 1
HEADER_EPOCH = (
    "Sluice-Epoch"  # leaseTransitions of the sender's Lease; a runner refuses a lower one
)
SCOPE_RUN = "run"  # the operator: dispatch, cancel, acknowledge
SCOPE_DELIVER = "deliver"  # the operator, at the courier
SCOPE_READ = "read"  # the gateway: logs and full outputs
TOKEN_SECONDS = 60
TOMBSTONE_SECONDS = 600
HEADER_BOOT = "Sluice-Boot"  # on the event stream: Holdings.boot, since a pod outlives its process
HEARTBEAT_SECONDS = 5  # an empty line on the event stream, so that a dead peer is noticed
DEFINITION_BYTES = 1024 * 1024
EVENT_BYTES = 1024 * 1024  # a longer line of the event stream loses its outputs

PATH_DEFINITION = "/definitions/{sha256}"  # PUT, raw bytes
PATH_RUNS = "/runs"  # POST a RunBatch -> Answers; GET -> Holdings
PATH_ACKS = "/acks"  # POST an AckBatch
PATH_EVENTS = "/events"  # GET ?after=<id>: NDJSON of events
PATH_CANCEL = "/runs/{uid}/cancel"  # POST a Cancel, or nothing
PATH_REPLIES = "/runs/{uid}/replies"  # POST a Reply
PATH_LOGS = "/runs/{uid}/logs"  # GET, scope read: NDJSON of Log events
PATH_READY = "/readyz"  # GET, without a token
PATH_DELIVERIES = "/deliveries"  # of the courier: POST a Letter -> Delivery
PATH_METRICS = "/metrics"  # GET, without a token

ACCEPTED, KNOWN, OLDER_EPOCH, ACKNOWLEDGED = 202, 200, 409, 410
DEFINITION_UNKNOWN, NO_SLOT, DRAINING = 412, 429, 503

FailureClass = Literal["Transient", "Timeout", "RateLimited", "Permanent"]
StepPhase = Literal["Running", "Succeeded", "Failed", "Skipped", "Cancelled"]
EndPhase = Literal["Succeeded", "Failed", "Cancelled"]
RequestKind = Literal["ChildRun", "Job", "Publish", "Allowance", "Notify"]


class Message(BaseModel):
    """Whatever crosses between the two: camelCase outside, immutable inside."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )


class StepError(Message):
    """Why a step failed, in words that its author may read."""

    failure: FailureClass = "Permanent"
    reason: str
    message: str
    retry_after_seconds: float | None = None


class FinishedStep(Message):
    """A step of an earlier attempt that is not to be repeated."""

    name: str
    phase: StepPhase
    port: str | None = None
    output: JsonValue = None
    error: StepError | None = None
    truncated: bool = False


class FinishedEntity(Message):
    """An entity that an earlier attempt was through with."""

    entity: str
    phase: EndPhase
    error: StepError | None = None


class RunRequest(Message):
    """One attempt of one run, as the operator hands it over."""

    uid: str
    name: str
    namespace: str
    workflow: str
    attempt: int = 1
    revision: int
    definition: str = Field(description="sha256 of the definition's bytes, hexadecimal")
    inputs: dict[str, JsonValue] = {}
    entities: tuple[str, ...] = ()
    trigger: dict[str, JsonValue] = {}
    finished: tuple[FinishedStep, ...] = ()
    finished_entities: tuple[FinishedEntity, ...] = ()
    ancestors: tuple[str, ...] = Field(
        default=(), description="workflows of the runs above this one, the outermost first"
    )
    deadline: int | None = None


class RunBatch(Message):
    """Runs for one runner; each is answered on its own."""

    version: int = VERSION
    runs: tuple[RunRequest, ...]


class Answer(Message):
    """`code` is one of the constants above."""

    uid: str
    code: int
    message: str = ""


class Answers(Message):
    """One answer a run, in the order of the batch."""

    answers: tuple[Answer, ...]


class Ack(Message):
    """The final status of this attempt is stored: the runner may forget it."""

    uid: str
    attempt: int
    through: int = Field(description="the attempt's last sequence number that was received")


class AckBatch(Message):
    """Acknowledgements for one runner."""

    acks: tuple[Ack, ...]


class Cancel(Message):
    """Without an attempt, whichever is held."""

    attempt: int | None = None


class Reply(Message):
    """The outcome of a `request` event; where it is not ok, how the step that asked fails.

    The operator sends it again until the runner has answered 202 or 404.
    """

    attempt: int
    request: str
    ok: bool
    value: JsonValue = None
    failure: FailureClass = "Permanent"
    reason: str = "Refused"
    message: str = ""


class ChildRun(Message):
    """The body of a request of that kind: run another workflow of the same namespace.

    `key` is stable over all attempts of the run: equal keys of one run mean the same child, which
    is made once. With `wait` the reply comes when the child has ended, whatever its phase; else
    once it exists. A child that is waited for is cancelled when its parent ends before it.
    """

    workflow: str
    inputs: dict[str, JsonValue] = {}
    wait: bool = True
    key: str


class ChildOutcome(Message):
    """The value of the reply to a ChildRun; `message` says why it did not succeed."""

    run: str
    phase: Literal["Pending", "Running", "Succeeded", "Failed", "Cancelled"]
    output: JsonValue = None
    truncated: bool = False
    message: str = ""


class ContainerJob(Message):
    """The body of a request `Job`: run an image of the user's to its end, once for each `key`.

    The reply is a JobOutcome, whatever the exit code. A Job is deleted when its run ends first.
    """

    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    resources: dict[str, JsonValue] = {}
    timeout_seconds: int
    key: str


class JobOutcome(Message):
    """How the container ended; `output` is its termination message, else its last line of JSON.

    Without an exit code it did not end by itself, and `reason` and `message` say what happened.
    `log` are its last lines, without those that came before where `truncated`.
    """

    job: str
    exit_code: int | None = None
    reason: str = ""
    message: str = ""
    output: JsonValue = None
    log: tuple[str, ...] = ()
    truncated: bool = False


class Publish(Message):
    """The body of a request of that kind: an event for the workflows of the same namespace.

    The reply is `{id, runs: [{workflow, trigger, run}]}`; `key` makes a repetition the same event.
    """

    type: str
    data: JsonValue = None
    key: str


class Notify(Message):
    """The body of a request of that kind: a Kubernetes Event about the run."""

    title: str
    message: str = ""
    level: Literal["info", "warning", "error"] = "info"
    key: str


class Allowance(Message):
    """The body of a request of that kind: may this be sent, by the plan of the namespace?

    Where it may not, the reply fails Permanent `SendLimit`, with the limit in its message.
    `recipients` are all of them, `cc` those of them in copy.
    """

    send: Literal["Email", "Sms"]
    count: int = Field(default=1, ge=1, description="messages that are sent")
    recipients: int = Field(default=1, ge=1)
    cc: int = Field(default=0, ge=0)
    key: str


class Letter(Message):
    """One attempt to deliver a notification, as the operator hands it to the courier.

    `secret_key` is a key of the Secret sluice-webhooks of that namespace; without it the courier
    signs with its own key. `id` is the same for each attempt.
    """

    id: str
    namespace: str
    url: str
    secret_key: str | None = None
    body: str


class Delivery(Message):
    """What came of it: `Again` may go better later, `Refused` will not."""

    outcome: Literal["Delivered", "Again", "Refused"]
    message: str = ""
    retry_after_seconds: float | None = None


class Holding(Message):
    """A run that a runner works on, or has finished and not had acknowledged."""

    uid: str
    name: str
    attempt: int
    revision: int
    running: bool


class Holdings(Message):
    """What a runner holds."""

    version: int = VERSION
    boot: str = Field(description="new at each start of the process: event ids count from there")
    draining: bool
    slots: int
    free: int
    runs: tuple[Holding, ...]


class Refusal(Message):
    """The body of an answer of 400 and above."""

    message: str


class Readiness(Message):
    """The answer of /readyz."""

    ready: bool
    slots: int
    reason: str = ""
    missing: tuple[str, ...] = Field(
        default=(), description="<credential>/<field> without a value; a|b where either would do"
    )
    invalid: tuple[str, ...] = Field(
        default=(), description="<credential>/<field>: and why its value cannot be used"
    )


class Accepted(Message):
    """The attempt has a slot and has begun."""

    type: Literal["accepted"] = "accepted"


class StepStarted(Message):
    """A step has begun."""

    type: Literal["step.started"] = "step.started"
    step: str


class StepFinished(Message):
    """A step has ended; once received, it is not repeated."""

    type: Literal["step.finished"] = "step.finished"
    step: str
    phase: StepPhase
    attempts: int = 1
    started: int
    duration_ms: float
    port: str | None = None
    output: JsonValue = None
    rendered_output: str | None = None
    result: JsonValue = None
    error: StepError | None = None
    truncated: bool = False


class Log(Message):
    """A line of a step."""

    type: Literal["log"] = "log"
    step: str
    level: Literal["debug", "info", "warning", "error"] = "info"
    message: str


class EntityFinished(FinishedEntity):
    """The graph has ended for one entity; its steps are told only in logs."""

    type: Literal["entity.finished"] = "entity.finished"


class Progress(Message):
    """How many entities are through."""

    type: Literal["progress"] = "progress"
    total: int
    completed: int
    failed: int


class Request(Message):
    """Something that only the operator can do; it answers with a Reply.

    `request` is new for each time of asking. The event is kept until the reply has come or nobody
    waits for it any more, whatever is acknowledged: a new leader finds it on the stream.
    """

    type: Literal["request"] = "request"
    request: str
    step: str
    kind: RequestKind
    body: dict[str, JsonValue] = {}


class Finished(Message):
    """The attempt is over."""

    type: Literal["finished"] = "finished"
    phase: EndPhase
    reason: str
    message: str = ""
    output: JsonValue = None
    truncated: bool = False


class Interrupted(Message):
    """The runner goes away before the attempt is over; dispatch it elsewhere."""

    type: Literal["interrupted"] = "interrupted"
    reason: str


Happening = Annotated[
    Accepted
    | StepStarted
    | StepFinished
    | Log
    | EntityFinished
    | Progress
    | Request
    | Finished
    | Interrupted,
    Field(discriminator="type"),
]


class Event(Message):
    """A line of the event stream: `id` counts up in one pod, `seq` in one attempt from 1.

    Ids go on counting up when the container restarts. A gap in `seq` is a log line that fell out
    of its ring, progress that later progress has replaced, or a request that is answered.
    """

    id: int
    seq: int
    uid: str
    attempt: int
    time: int
    what: Happening
