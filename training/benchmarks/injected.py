"""Injected reports: a group that comes twelve times an hour more often than usual, and how soon that is proposed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from kb.records.incident import Incident
from kb.storage.incident_store import StoredIncident
from models.encoder import OnnxEncoder, Vectors
from models.usual_rate import HOUR
from training.benchmarks.majors import A_DAY, HISTORY, dated, read_tickets, ticket_moments
from triage.major_backtest import backtest
from triage.major_detection import DetectionSettings, Margins
from triage.major_history import recent_reports
from triage.major_margin import ClumpLog, MarginLog

# reports an hour that are added, for how long at most, and how often for each kind of group
_AN_HOUR, _LASTS, _INJECTIONS = 12, 2 * HOUR, 48
_TICKETS = 9_000  # as many as `majors` replays
# usual reports an hour: a group is quiet below the first, middling below the second
_QUIET, _MIDDLING = 0.3, 2.0
# tickets of a group that are held out to be injected: enough for two hours, and half as many have to be left
_HELD_OUT, _LEFT = 30, 15
# working time (UTC, as the stream has it): Monday to Friday from 8 to 18
_DAYS, _FROM, _TO = 5, 8, 18
# what was proposed longer ago takes in no new report (triage/major_members.py)
_BEFORE = 12 * HOUR


@dataclass(frozen=True, slots=True)
class _Stream:
    """Tickets as they come without any injection, and tickets of each group that are held out; `groups` by kind."""

    moments: list[float]
    records: list[StoredIncident]
    held_out: dict[str, list[int]]
    groups: dict[str, list[str]]
    since: float
    until: float


def measure(data: Path, _: Path) -> dict[str, Any]:
    """Return how many injections are found and how soon, by file and kind of group, and the proposals without cause."""
    found = dict[str, Any]()
    for name, field in (("groups", "assignment_group"), ("category", "category")):
        tickets = read_tickets(data, name, field, _TICKETS)
        found[name] = _measure(tickets, OnnxEncoder().encode([ticket.text for ticket in tickets]), field)
    return found


def _measure(tickets: Sequence[Incident], vectors: Vectors, field: str) -> dict[str, Any]:
    chance, settings = np.random.default_rng(1), DetectionSettings()
    stream = _stream(tickets, vectors, field, chance)
    planned = sorted(
        (_working_moment(stream, chance), kind, groups[turn % len(groups)])
        for kind, groups in stream.groups.items()
        for turn in range(_INJECTIONS)
    )
    log = ClumpLog(recent_reports(stream.records), np.zeros(len(stream.records), dtype=bool), settings)
    log.begin(stream.since)
    margins = MarginLog(log, settings.false_alarms)
    minutes: dict[str, list[float]] = {kind: [] for kind in stream.groups}
    for begins, kind, group in planned:
        moments = begins + np.cumsum(chance.exponential(HOUR / _AN_HOUR, _HELD_OUT))
        rows = chance.permutation(stream.held_out[group])
        injected = [
            (moment, dated(replace(tickets[row], caller=f"injected {row}"), vectors[row], moment))
            for row, moment in zip(rows.tolist(), moments.tolist(), strict=True)
            if moment < begins + _LASTS
        ]
        least = margins(begins)
        minutes[kind].append(_minutes(stream, injected, begins, settings, least))
    usual = backtest(stream.records, settings, since=stream.since, until=stream.until, known=lambda _: None)
    rate, low, high = usual.false_alarms_a_week()
    return {
        **{kind: _summary(stream.groups[kind], passed) for kind, passed in minutes.items()},
        "false_a_week": round(rate, 2),
        "interval": [round(low, 2), round(high, 2)],
        "weeks": round(usual.weeks, 2),
    }


def _summary(groups: Sequence[str], minutes: Sequence[float]) -> dict[str, Any]:
    """Return the figures of one kind of group; what is not found counts as found last in the median."""
    median = float(np.median(minutes))
    return {
        "groups": len(groups),
        "injections": len(minutes),
        "found": int(np.isfinite(minutes).sum()),
        "median_minutes": round(median, 1) if np.isfinite(median) else None,
    }


def _stream(tickets: Sequence[Incident], vectors: Vectors, field: str, chance: np.random.Generator) -> _Stream:
    """Return the tickets in their order, without those held out of each group that is quiet or middling."""
    rows_of = dict[str, list[int]]()
    for row, ticket in enumerate(tickets):
        rows_of.setdefault(ticket.value(field) or "", []).append(row)
    hours = 24 * len(tickets) / A_DAY
    kind_of = {group: _kind((len(rows) - _HELD_OUT) / hours) for group, rows in rows_of.items()}
    chosen = {group: kind for group, kind in kind_of.items() if kind and len(rows_of[group]) >= _HELD_OUT + _LEFT}
    held_out = {group: chance.permutation(rows_of[group])[:_HELD_OUT].tolist() for group in sorted(chosen)}
    left_out = {row for rows in held_out.values() for row in rows}
    rows = [row for row in range(len(tickets)) if row not in left_out]
    moments = ticket_moments(len(rows), chance)
    records = [dated(tickets[row], vectors[row], moment) for row, moment in zip(rows, moments, strict=True)]
    kinds = sorted(set(chosen.values()), reverse=True)
    groups = {kind: sorted(group for group, one in chosen.items() if one == kind) for kind in kinds}
    return _Stream(moments, records, held_out, groups, moments[0] + HISTORY * (moments[-1] - moments[0]), moments[-1])


def _kind(an_hour: float) -> str:
    """Return the kind of a group with so many reports an hour, an empty text for a busy one."""
    return "quiet" if an_hour < _QUIET else "middling" if an_hour < _MIDDLING else ""


def _working_moment(stream: _Stream, chance: np.random.Generator) -> float:
    """Return a random moment of working time from which an injection may begin."""
    while True:
        moment = float(chance.uniform(stream.since, stream.until - _LASTS))
        day = datetime.fromtimestamp(moment, UTC)
        if day.weekday() < _DAYS and _FROM <= day.hour < _TO:
            return moment


def _minutes(
    stream: _Stream,
    injected: Sequence[tuple[float, StoredIncident]],
    begins: float,
    settings: DetectionSettings,
    least: Margins,
) -> float:
    """Return how many minutes after its beginning an injection is proposed, infinity where it is not."""
    logged = sorted([*zip(stream.moments, stream.records, strict=True), *injected], key=itemgetter(0))
    records = [record for _, record in logged]
    names = {record.incident.number for _, record in injected}

    def known(numbers: Collection[str]) -> str | None:
        return "injection" if 2 * len(names & set(numbers)) >= len(numbers) else None

    since, until = begins - _BEFORE, begins + _LASTS
    replayed = backtest(records, settings, since=since, until=until, known=known, margins=lambda _: least)
    return min(((one.at - begins) / 60 for one in replayed.proposals if one.name), default=float("inf"))
