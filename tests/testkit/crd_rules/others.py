"""Rules of WorkflowRun, WorkflowAction and WorkflowPlan."""

from sluice_core.api.action import WorkflowAction
from sluice_core.api.credential import WorkflowCredential
from sluice_core.api.plan import WorkflowPlan
from sluice_core.api.run import WorkflowRun
from testkit.crd_rules.row import Row

LABEL = (
    "metadata.name must be a DNS label of at most 63 characters: "
    "lower-case letters, digits and hyphens"
)
TOKEN = {"type": "HttpBearer", "secretRef": {"name": "x"}}
CALL = {"url": "https://api.example.com"}
RUN = {"workflow": "etl"}

ROWS = {
    "a run's name fits a label": Row(
        model=WorkflowRun,
        refused=RUN,
        accepted=RUN,
        refused_name="a" * 64,
        accepted_name="a" * 63,
        says=LABEL,
    ),
    "a credential's name fits a label": Row(
        model=WorkflowCredential,
        refused=TOKEN,
        accepted=TOKEN,
        refused_name="a.b",
        accepted_name="a-b",
        says=LABEL,
    ),
    "a plan's name fits a label": Row(
        model=WorkflowPlan,
        refused={},
        accepted={},
        refused_name="a" * 64,
        accepted_name="a" * 63,
        says=LABEL,
    ),
    "an action's name fits a step": Row(
        model=WorkflowAction,
        refused={"http": CALL},
        accepted={"http": CALL},
        refused_name="a" * 64,
        accepted_name="invoice.remind",
        says="metadata.name is the action's name and has at most 63 characters",
    ),
    "a resumed run has no definition of its own": Row(
        model=WorkflowRun,
        refused=RUN | {"resumeFrom": "etl-1", "definition": {}},
        accepted=RUN | {"resumeFrom": "etl-1"},
        says="a resumed run has the definition of the run it resumes, remove definition",
    ),
    "a run is of a workflow": Row(
        model=WorkflowRun,
        refused={"workflow": "a.b"},
        accepted=RUN,
        says="use the name of a workflow: lower-case letters, digits and hyphens, at most 50",
    ),
    "a hash is hexadecimal": Row(
        model=WorkflowRun,
        refused=RUN | {"keyHash": "0123456G"},
        accepted=RUN | {"keyHash": "01234567", "bodyHash": "0f" * 32},
        says="use 8 to 64 hexadecimal digits in lower case",
    ),
    "an action runs": Row(
        model=WorkflowAction,
        refused={},
        accepted={"container": {"image": "x"}},
        says="an action runs as either http or container, set one of them",
    ),
    "an action runs in one way": Row(
        model=WorkflowAction,
        refused={"http": CALL, "container": {"image": "x"}},
        accepted={"http": CALL},
        says="an action runs as either http or container, set one of them",
    ),
    "a plan permits hosts": Row(
        model=WorkflowPlan,
        refused={"egress": {"allowHosts": ["10.0.0.0/8"]}},
        accepted={"egress": {"allowHosts": ["*.example.com", "[fd00::1]:80"]}},
        says="use a host or host:port, as in api.example.com:443, *.example.com",
    ),
    "a plan's range is a real one": Row(
        model=WorkflowPlan,
        refused={"egress": {"allowCidrs": ["10.0.0.0/33"]}},
        accepted={"egress": {"allowCidrs": ["10.0.0.0/32"]}},
        says="the address range is not valid, write it as 10.20.0.0/16 or fd00::/8",
    ),
    "a plan permits ranges": Row(
        model=WorkflowPlan,
        refused={"egress": {"allowCidrs": ["10.0.0.1"]}},
        accepted={"egress": {"allowCidrs": ["10.0.0.0/8", "fd00::/8"]}},
        says="use an address range in CIDR notation, such as 10.20.0.0/16 or fd00::/8",
    ),
}
