"""Majors: storms of real tickets planted in a stream of 500 a day, and what the detection makes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.records.incident import Incident
from kb.storage.incident_store import StoredIncident
from models.encoder import OnnxEncoder, Vectors
from models.usual_rate import HOUR
from training.benchmarks.classification import read
from triage.major_backtest import backtest
from triage.major_detection import DetectionSettings

_STORMS, _LEAST, _MOST, _LASTS = 30, 15, 60, 2 * HOUR
# cosine with its first ticket from which a ticket belongs to a narrow cluster
_NARROW = 0.65
HISTORY = 0.4
"""Share of a stream, its beginning, that is history only."""
A_DAY = 500
"""Tickets a day of a stream."""
_HOURS = [0.2] * 6 + [0.6, 1.2, 2.2, 2.2, 2, 1.6, 1.2, 1.6, 1.7, 1.6, 1.2, 0.8, 0.5] + [0.3] * 5
_DAYS = [1.3, 1.1, 1, 1, 0.9, 0.3, 0.2]
_MONDAY = datetime(2026, 1, 5, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class _Stream:
    """Dated tickets, the storm of those that are part of one, and from when to when they are replayed."""

    records: list[StoredIncident]
    storm_of: dict[str, int]
    storms: int
    since: float
    until: float


def measure(
    data: Path, _: Path, *, name: str, field: str, shuffled: bool = False, limit: int = 9_000
) -> dict[str, Any]:
    """Return how many storms are found, with how many of their reports, and the proposals that are none."""
    tickets = read_tickets(data, name, field, limit)
    vectors = OnnxEncoder().encode([ticket.text for ticket in tickets])
    stream = _stream(tickets, vectors, shuffled=shuffled)

    def known(numbers: Collection[str]) -> str | None:
        storms = [storm for number in numbers if (storm := stream.storm_of.get(number)) is not None]
        return str(Counter(storms).most_common(1)[0][0]) if 2 * len(storms) >= len(numbers) and storms else None

    found = backtest(stream.records, DetectionSettings(), since=stream.since, until=stream.until, known=known)
    first = dict[str, int]()
    for proposal in found.proposals:
        if proposal.name is not None:
            members = (one.incident for one in stream.records if stream.storm_of.get(one.incident.number) is not None)
            moments = [
                one.opened_at
                for one in members
                if str(stream.storm_of[one.number]) == proposal.name and one.opened_at is not None
            ]
            first.setdefault(proposal.name, sum(moment.timestamp() <= proposal.at for moment in moments))
    rate, low, high = found.false_alarms_a_week()
    return {
        "storms": stream.storms,
        "found": len(first),
        "median_report": float(np.median(list(first.values()))) if first else None,
        "by_the_sixth": sum(report <= 6 for report in first.values()),
        "false_a_week": round(rate, 2),
        "interval": [round(low, 2), round(high, 2)],
        "weeks": round(found.weeks, 2),
    }


def read_tickets(data: Path, name: str, field: str, limit: int) -> list[Incident]:
    """Return the first tickets of a file, numbered by row, with the value of one field."""
    return [
        Incident(
            str(number),
            row.get("short_description") or "",
            row["description"],
            caller=row.get("caller") or None,
        ).with_values({field: row[field]})
        for number, row in enumerate(read(data / f"tickets_{name}.csv.gz")[:limit])
    ]


def dated(ticket: Incident, vector: Vectors, moment: float) -> StoredIncident:
    """Return a ticket as one that was logged at a moment."""
    return StoredIncident(replace(ticket, opened_at=datetime.fromtimestamp(moment, UTC)), vector.astype(np.float16))


def _stream(tickets: list[Incident], vectors: Vectors, *, shuffled: bool) -> _Stream:
    """Return the tickets as a stream, in their order or shuffled, with storms of narrow clusters planted in it."""
    chance = np.random.default_rng(1)
    order = chance.permutation(len(tickets)) if shuffled else np.arange(len(tickets))
    storms = _clusters(vectors, [ticket.caller or str(row) for row, ticket in enumerate(tickets)], chance)
    planted = {int(ticket) for storm in storms for ticket in storm}
    usual = [int(ticket) for ticket in order if int(ticket) not in planted]
    moments = ticket_moments(len(usual), chance)
    since, until = moments[0] + HISTORY * (moments[-1] - moments[0]), moments[-1]
    logged = [(moment, ticket, -1) for moment, ticket in zip(moments, usual, strict=True)]
    for number, storm in enumerate(storms):
        begins = since + (until - since - _LASTS) * (number + chance.random() / 2) / len(storms)
        logged += [(begins + _LASTS * chance.random(), int(ticket), number) for ticket in storm]
    logged.sort()
    records = [dated(tickets[ticket], vectors[ticket], moment) for moment, ticket, _ in logged]
    storm_of = {str(ticket): storm for _, ticket, storm in logged if storm >= 0}
    return _Stream(records, storm_of, len(storms), since, until)


def _clusters(vectors: Vectors, callers: Sequence[str], chance: np.random.Generator) -> list[NDArray[np.int64]]:
    """Return narrow clusters of tickets by different callers, none of which shares a ticket with another."""
    taken, found = np.zeros(len(vectors), dtype=bool), list[NDArray[np.int64]]()
    for ticket in chance.permutation(len(vectors)).tolist():
        if len(found) == _STORMS:
            break
        cosines = np.where(taken, -1.0, vectors @ vectors[ticket])
        near = [int(row) for row in np.argsort(-cosines) if cosines[row] >= _NARROW]
        of_each = dict[str, int]()
        for row in near:
            of_each.setdefault(callers[row], row)
        nearest = np.array(list(of_each.values())[: int(chance.integers(_LEAST, _MOST + 1))], dtype=np.int64)
        if len(nearest) >= _LEAST:
            taken[nearest] = True
            found.append(nearest)
    return found


def ticket_moments(count: int, chance: np.random.Generator) -> list[float]:
    """Return when so many tickets come, by a week with busy mornings and quiet weekends."""
    profile = np.outer(_DAYS, _HOURS).ravel()
    profile *= A_DAY / 24 / profile.mean()
    found, hour = list[float](), 0
    while len(found) < count:
        some = int(chance.poisson(profile[hour % len(profile)]))
        found += sorted((_MONDAY + HOUR * (hour + chance.random(some))).tolist())
        hour += 1
    return found[:count]
