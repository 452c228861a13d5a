"""Clocks of incidents: what the practice promises for each, and how much of it is used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.composition import Services
from kb.practice.calendar import second_of
from kb.practice.clock import Clock, IncidentClocks, clocks_of
from kb.practice.life import Life, life_of
from kb.records.clock_state import Measure
from kb.records.incident import Incident
from triage.breach import snapshot_of


def incident_clocks(services: Services, number: str, *, now: datetime) -> IncidentClocks:
    """Return the clocks of an incident.

    Raises UnknownRecordError, and PracticeFileError where the practice cannot be used.
    """
    incident = services.store.incident(number)
    life = life_of(incident, services.store.events.of(number))
    second = second_of(now)
    clocks = clocks_of(life, services.practice.practice(), second)
    is_logged = any(one.at <= second for one in life.situations)
    load = 0 if incident.assignment_group is None else services.store.count_open(incident.assignment_group)
    probability = breach_probability(services, incident, life, clocks, second=second, load=load)
    return IncidentClocks(number, now, tuple(clocks), is_logged, probability)


def breach_probability(
    services: Services, incident: Incident, life: Life, clocks: Sequence[Clock], *, second: int, load: int
) -> float | None:
    """Return the probability that the resolution of an incident is late, whose group has `load` open incidents.

    `None` where it is not open or nothing was learnt yet.
    """
    clock = next((one for one in clocks if one.measure is Measure.RESOLUTION), None)
    if clock is None or clock.stopped_at is not None:
        return None
    if clock.is_breached:
        return 1.0
    return services.breaches.probability(snapshot_of(incident, life, clock, second, load))
