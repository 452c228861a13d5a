"""Clocks of the queue: kept up to date beside answering, and worked out at once for what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from app.composition import Services
from app.services.clocks import breach_probability
from kb.practice.calendar import second_of
from kb.practice.clock import clocks_of
from kb.practice.due import mark_of
from kb.practice.life import life_of
from kb.practice.practice import Practice
from kb.practice.practice_file import PracticeFileError
from kb.records.clock_mark import ClockMark
from kb.records.incident import Incident
from kb.records.incident_history import hops

# Incidents a turn of the background work: a tenth of a second, so that answers are not held up for longer.
_A_TURN = 200
# A probability that is older says little of a target of four hours.
_ESTIMATE_HOLDS = timedelta(hours=1)


def clock_marks(services: Services, incidents: Sequence[Incident], now: datetime) -> Mapping[str, ClockMark]:
    """Return the marks of open incidents by number, those of nothing where the practice cannot be used."""
    try:
        practice = services.practice.practice()
    except PracticeFileError:  # which is among the warnings
        return {one.number: ClockMark(one.number) for one in incidents}
    kept = services.queue_clocks.of([one.number for one in incidents], practice.clocks_digest)
    missing = [one for one in incidents if one.number not in kept]
    return {**kept, **{mark.number: mark for mark in _marks(services, practice, missing, now)}}


def refresh_clocks(services: Services, now: datetime) -> bool:
    """Bring the marks of some more open incidents up to date; returns whether there may be further ones.

    They are those to which something happened, all once the practice changes, and those whose probability is old.
    """
    try:
        practice = services.practice.practice()
    except PracticeFileError:  # which is among the warnings
        return False
    outdated = services.queue_clocks.outdated(
        practice.clocks_digest, estimated_before=now - _ESTIMATE_HOLDS, limit=_A_TURN
    )
    if outdated:
        marks = _marks(services, practice, [incident for incident, _ in outdated], now)
        revisions = [revision for _, revision in outdated]
        services.queue_clocks.put(zip(marks, revisions, strict=True), practice.clocks_digest, now)
    return len(outdated) == _A_TURN


def _marks(services: Services, practice: Practice, incidents: Sequence[Incident], now: datetime) -> list[ClockMark]:
    if not incidents:
        return []
    events = services.store.events.of_each(one.number for one in incidents)
    loads, second = services.queue_clocks.loads(), second_of(now)
    found = list[ClockMark]()
    for incident in incidents:
        life = life_of(incident, events[incident.number])
        clocks = clocks_of(life, practice, second)
        load = loads.get(incident.assignment_group or "", 0)
        probability = breach_probability(services, incident, life, clocks, second=second, load=load)
        found.append(
            replace(mark_of(life, clocks, second), breach_probability=probability, hops=hops(events[incident.number]))
        )
    return found
