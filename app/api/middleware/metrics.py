"""Metrics: what the API counts for Prometheus."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from app.background.supervision import PartState
from triage.suggestion import FieldSuggestion

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_SHARES = tuple(step / 10 for step in range(1, 11))


class Metrics:
    """Counters without any ticket text; of all processes together, where PROMETHEUS_MULTIPROC_DIR names a folder."""

    MEDIA_TYPE = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "triage_request_seconds",
            "Time to answer a request",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._decisions = Counter(
            "triage_decisions", "Decisions on fields", ("field", "decision"), registry=self._registry
        )
        self._confidence = Histogram(
            "triage_confidence", "Confidence of the best guess", ("field",), buckets=_SHARES, registry=self._registry
        )
        self._feedback = Counter(
            "triage_feedback", "What people did with suggestions", ("field", "accepted"), registry=self._registry
        )
        self._outcomes = Counter("triage_outcomes", "What became of incidents", ("kind",), registry=self._registry)
        self._part_restarts = Counter(
            "triage_part_restarts",
            "How often a part of the service was started again",
            ("part",),
            registry=self._registry,
        )
        # Over several processes the worst counts, of those that live and have the part.
        self._part_up = Gauge(
            "triage_part_up",
            "Whether a part of the service runs",
            ("part",),
            registry=self._registry,
            multiprocess_mode="livemin",
        )
        self._restarts = dict[str, int]()

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def count(self, fields: Mapping[str, FieldSuggestion]) -> None:
        """Count the decisions of one suggestion."""
        for name, field in fields.items():
            self._decisions.labels(name, field.decision).inc()
            self._confidence.labels(name).observe(field.confidence)

    def decided(self, field: str, *, accepted: bool) -> None:
        """Count one decision of a person on a field."""
        self._feedback.labels(field, str(accepted).lower()).inc()

    def came_out(self, kind: str) -> None:
        """Count what became of an incident."""
        self._outcomes.labels(kind).inc()

    def observe_part(self, state: PartState) -> None:
        """Note whether a part of the service runs, and count how often it was started again."""
        self._part_up.labels(state.name).set(state.up)
        restarts = state.restarts - self._restarts.get(state.name, 0)
        self._part_restarts.labels(state.name).inc(restarts)
        self._restarts[state.name] = state.restarts

    def text(self, *, model: str, waiting: Mapping[str, int]) -> bytes:
        """All of it in the exposition format, with the model that serves and how much waits in each queue."""
        now = CollectorRegistry()
        now.register(_Now(model, waiting))
        counted = self._registry
        if SHARED_FOLDER in os.environ:
            counted = CollectorRegistry()
            MultiProcessCollector(counted)  # type: ignore[no-untyped-call]  # its authors gave no types
        return generate_latest(counted) + generate_latest(now)


class _Now(Collector):
    """What holds at this moment, the same in every process, so that it is not summed up over them."""

    def __init__(self, model: str, waiting: Mapping[str, int]) -> None:
        self._model, self._waiting = model, waiting

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families of gauges."""
        serving = GaugeMetricFamily("triage_model", "The model that serves", labels=("version",))
        serving.add_metric((self._model,), 1)
        queue = GaugeMetricFamily("triage_waiting", "What waits to be done", labels=("queue",))
        for name, count in self._waiting.items():
            queue.add_metric((name,), count)
        yield from (serving, queue)
