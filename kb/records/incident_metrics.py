"""Incident metrics: how an incident went, counted from its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from kb.records.incident_event import EventKind, IncidentEvent
from kb.records.incident_history import hops, value_changes
from kb.vocabulary.stage import FINISHED, OPEN, Stage


@dataclass(frozen=True, slots=True)
class IncidentMetrics:
    """How often an incident went to another group and was reopened, and how long it took to each stage.

    `made_sla` is what the tool logged of the agreed time at last, `None` where it logged nothing. `time_to` counts from
    the registration to the first time in a stage.
    """

    reassignments: int
    reopenings: int
    made_sla: bool | None
    time_to: Mapping[Stage, timedelta]


def metrics_of(events: Sequence[IncidentEvent]) -> IncidentMetrics:
    """Return the metrics of an incident by its events, in the order in which they were recorded."""
    stages = [(change.at, Stage(change.value)) for change in value_changes(events, "stage") if change.value]
    agreed = value_changes(events, "made_sla")
    registered = next((event.happened_at for event in events if event.kind is EventKind.REGISTERED), None)
    time_to: dict[Stage, timedelta] = {}
    for at, stage in stages:
        if registered is not None:
            time_to.setdefault(stage, at - registered)
    return IncidentMetrics(
        reassignments=hops(events),
        reopenings=sum(before in FINISHED and after in OPEN for (_, before), (_, after) in pairwise(stages)),
        made_sla=None if not agreed else agreed[-1].value == "true",
        time_to=time_to,
    )
