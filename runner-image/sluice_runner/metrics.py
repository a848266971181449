"""Every metric of the runner; prometheus_client is imported with the first scrape."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sluice_core import wire

if TYPE_CHECKING:
    from prometheus_client import Metric

_BOUNDS = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0, 300.0)


@dataclass(frozen=True)
class Gauges:
    """What is read off at a scrape."""

    slots: int
    busy: int
    held: int
    kept_bytes: int
    dropped_logs: int


@dataclass(eq=False)
class Metrics:
    """Plain numbers while runs run. Labels are phases, codes and path patterns: all bounded."""

    gauges: Callable[[], Gauges]
    ends: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    step_seconds: list[int] = field(default_factory=lambda: [0] * (len(_BOUNDS) + 1))
    step_seconds_sum: float = 0.0

    def observe(self, _run: wire.RunRequest, what: wire.Happening) -> None:
        """Count what happened in a run."""
        match what:
            case wire.StepFinished(phase=phase, duration_ms=duration):
                self.steps[phase] += 1
                self.step_seconds[bisect_left(_BOUNDS, duration / 1000)] += 1
                self.step_seconds_sum += duration / 1000
            case wire.Finished(phase=phase):
                self.ends[phase] += 1
            case wire.Interrupted():
                self.ends["Interrupted"] += 1
            case _:
                pass

    def count_request(self, path: str, code: int) -> None:
        """Count an answer; `path` is the route's pattern."""
        self.requests[path, code] += 1

    def text(self) -> bytes:
        """A scrape in Prometheus' text format."""
        from prometheus_client import (  # noqa: PLC0415 - a start does not need it
            CollectorRegistry,
            ProcessCollector,
            generate_latest,
        )

        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collector(self))
        ProcessCollector(registry=registry)
        return generate_latest(registry)


@dataclass(frozen=True, eq=False)
class _Collector:
    metrics: Metrics

    def collect(self) -> "Iterator[Metric]":
        from prometheus_client import core  # noqa: PLC0415

        yield from self._gauges()
        labelled = {
            ("runs", "Attempts that ended", "phase"): self.metrics.ends,
            ("steps", "Steps that ended", "phase"): self.metrics.steps,
        }
        for (noun, documentation, label), counter in labelled.items():
            family = core.CounterMetricFamily(
                f"sluice_runner_{noun}", documentation, labels=[label]
            )
            for value, number in counter.items():
                family.add_metric([value], number)
            yield family
        requests = core.CounterMetricFamily(
            "sluice_runner_requests", "Answered requests", labels=["path", "code"]
        )
        for (path, code), number in self.metrics.requests.items():
            requests.add_metric([path, str(code)], number)
        yield requests
        yield core.HistogramMetricFamily(
            "sluice_runner_step_seconds",
            "Duration of steps",
            buckets=list(self._buckets()),
            sum_value=self.metrics.step_seconds_sum,
        )

    def _gauges(self) -> "Iterator[Metric]":
        from prometheus_client import core  # noqa: PLC0415

        now = self.metrics.gauges()
        yield core.GaugeMetricFamily("sluice_runner_slots", "Slots for runs", now.slots)
        yield core.GaugeMetricFamily("sluice_runner_slots_busy", "Slots with a run", now.busy)
        yield core.GaugeMetricFamily(
            "sluice_runner_runs_held", "Runs that are running or not acknowledged", now.held
        )
        yield core.GaugeMetricFamily(
            "sluice_runner_kept_bytes", "Events that wait to be acknowledged", now.kept_bytes
        )
        yield core.CounterMetricFamily(
            "sluice_runner_dropped_log_lines", "Log lines out of their ring", now.dropped_logs
        )

    def _buckets(self) -> Iterator[tuple[str, float]]:
        total = 0
        for bound, number in zip((*_BOUNDS, "+Inf"), self.metrics.step_seconds, strict=True):
            total += number
            yield str(bound), total
