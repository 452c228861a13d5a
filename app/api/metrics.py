"""Metrics: what the API counts for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest

from triage.suggestion import FieldSuggestion

_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_SHARES = tuple(step / 10 for step in range(1, 11))


class Metrics:
    """Counters of one process, without any ticket text."""

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
            "triage_feedback", "What people did with suggestions", ("accepted",), registry=self._registry
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def count(self, fields: Mapping[str, FieldSuggestion]) -> None:
        """Count the decisions of one suggestion."""
        for name, field in fields.items():
            self._decisions.labels(name, field.decision).inc()
            self._confidence.labels(name).observe(field.confidence)

    def decided(self, *, accepted: bool) -> None:
        """Count one decision of a person."""
        self._feedback.labels(str(accepted).lower()).inc()

    def text(self) -> bytes:
        """All of it in the exposition format."""
        return generate_latest(self._registry)
