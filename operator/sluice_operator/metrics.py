"""Every metric of the operator, with bounded labels."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

API_REQUESTS = Counter(
    "sluice_api_requests_total",
    "Requests to the API server; code 0 is no answer.",
    ("verb", "resource", "code"),
    registry=REGISTRY,
)
QUEUE_DEPTH = Gauge(
    "sluice_workqueue_depth", "Workflows that wait to be looked at.", registry=REGISTRY
)
RECONCILE_SECONDS = Histogram(
    "sluice_reconcile_seconds",
    "Time to look at one workflow, its writes included.",
    buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10),
    registry=REGISTRY,
)
RUNS_ENDED = Counter(
    "sluice_runs_ended_total",
    "Runs that ended, by their final phase.",
    ("namespace", "workflow", "phase"),
    registry=REGISTRY,
)
SCHEDULE_LAG_SECONDS = Histogram(
    "sluice_schedule_lag_seconds",
    "From when a scheduled run was to begin until it existed.",
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 300),
    registry=REGISTRY,
)
LEADING = Gauge("sluice_leader", "1 while this replica may write.", registry=REGISTRY)


def count_request(verb: str, resource: str, code: int) -> None:
    """For `Session(on_request=…)`."""
    API_REQUESTS.labels(verb, resource, str(code)).inc()
