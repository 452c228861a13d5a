"""Back-test of the detection of major incidents: what it would have proposed in the past, and when."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import chi2

from kb.records.major_incident import MajorReason
from kb.storage.incident_store import StoredIncident
from models.usual_rate import HOUR
from triage.major_detection import GROUPED, DetectionSettings, Group, MajorDetector, Margins, usual_before
from triage.major_history import TablePast, recent_reports
from triage.major_margin import UNLEARNT, ClumpLog, MarginLog
from triage.major_members import RunningMajor, joined_major
from triage.major_watch import reason_of

# what is usual is estimated anew after so long, as it is live
_ESTIMATED_FOR = HOUR
_WEEK = 168 * HOUR


@dataclass(frozen=True, slots=True)
class BacktestProposal:
    """What would have been proposed: reports in the order of joining, of which the first `proposed_with` proposed it.

    `name` is that of the major incident that most of its reports were part of, `None` where it was a false alarm.
    """

    numbers: tuple[str, ...]
    proposed_with: int
    reason: MajorReason
    since: float
    at: float
    name: str | None = None

    @property
    def minute(self) -> int:
        """Return in which minute after the first of its reports it would have been proposed."""
        return int((self.at - self.since) // 60)


@dataclass(frozen=True, slots=True)
class Backtest:
    """What would have been proposed between two moments (seconds since 1970), of how many reports."""

    proposals: tuple[BacktestProposal, ...]
    since: float
    until: float
    reports: int

    @property
    def weeks(self) -> float:
        """Return how many weeks were replayed."""
        return (self.until - self.since) / _WEEK

    @property
    def false_alarms(self) -> int:
        """Return how many proposals belong to no known major incident."""
        return sum(one.name is None for one in self.proposals)

    def false_alarms_a_week(self) -> tuple[float, float, float]:
        """Return false alarms a week with their interval at 95 % (Garwood 1936)."""
        count, weeks = self.false_alarms, max(self.weeks, 1e-9)
        low = float(chi2.ppf(0.025, 2 * count)) / 2 if count else 0.0
        return count / weeks, low / weeks, float(chi2.ppf(0.975, 2 * count + 2)) / 2 / weeks


def backtest(
    records: Sequence[StoredIncident],
    settings: DetectionSettings,
    *,
    since: float,
    until: float,
    known: Callable[[Collection[str]], str | None],
    not_counted: Collection[str] = (),
    not_usual: Collection[str] = (),
    advance: Callable[[int], None] = lambda _: None,
    margins: Callable[[float], Margins] | None = None,
) -> Backtest:
    """Replay dated incidents, in the order of their logging, and return what the detection would have proposed.

    At any moment only what was logged before it is known. `known` names the major incident of some reports, `None`
    where they are of none; reports of `not_usual` are no part of what is usual.
    The margins follow from the clumps of the time before, without those of known major incidents, unless `margins`
    returns them for a moment.
    """
    table = recent_reports(records, not_counted)
    is_known = np.array([known([record.incident.number]) is not None for record in records], dtype=bool)
    if margins is None:
        log = ClumpLog(table, is_known, settings)
        log.begin(since)
        margins = MarginLog(log, settings.false_alarms)
    left_out = np.array([record.incident.number in not_usual for record in records], dtype=bool)
    first, last = (int(np.searchsorted(table.moments, moment)) for moment in (since, until))
    detector, usual, estimated, least = MajorDetector(settings), None, float("-inf"), UNLEARNT
    running = list[RunningMajor]()
    found = dict[str, BacktestProposal]()
    for row in range(first, last):
        now, number = float(table.moments[row]), records[row].incident.number
        advance(row - first)
        if not table.counted[row]:
            continue
        values = {name: str(table.values[name][row]) for name in GROUPED}
        joined = joined_major(running, table.vectors[row], values, now)
        if joined is not None:
            joined.add(table.vectors[row], now)
            table.counted[row], left_out[row] = False, True
            found[joined.lead] = replace(found[joined.lead], numbers=(*found[joined.lead].numbers, number))
            continue
        if usual is None or now > estimated + _ESTIMATED_FOR:
            estimated = now
            usual = usual_before(TablePast(table, now - settings.horizon, left_out), now - settings.horizon, settings)
            least = margins(now)
        unusual = least.most_unusual(detector.examine(table, row, usual))
        if unusual is None:
            continue
        rows = list(unusual.rows)
        begun = float(table.moments[rows[0]])
        numbers = tuple(records[member].incident.number for member in rows)
        major = RunningMajor(numbers[0], Group(unusual.group.field, unusual.group.value), now)
        for member in rows:
            major.add(table.vectors[member], float(table.moments[member]))
        running = [one for one in running if one.last >= now - settings.horizon] + [major]
        table.counted[rows], left_out[rows] = False, True
        reason = reason_of(unusual, first=begun, at=now)
        found[major.lead] = BacktestProposal(numbers, len(numbers), reason, begun, now)
    proposals = tuple(replace(one, name=known(one.numbers)) for one in found.values())
    return Backtest(proposals, since, until, last - first)
