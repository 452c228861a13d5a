"""Watch for major incidents: follows the store, and says what each new report joins or brings about."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import RLock

import numpy as np

from kb.practice.detection import CriterionSection, DetectionSection
from kb.records.incident import Incident
from kb.records.major_incident import MajorDecision, MajorIncidentProposal, MajorReason, ReasonKind, UsualRate
from kb.retrieval.memory import Memory
from kb.service.major_incident_proposals import MajorIncidentProposals
from kb.service.major_rooms import MajorRooms
from models.usual_rate import HOUR, hour_of_week
from triage.major_detection import GROUPED, DetectionSettings, Group, MajorDetector, UnusualReports, Usual, usual_before
from triage.major_history import MemoryPast
from triage.major_members import RunningMajor, joined_major
from triage.major_window import ReportWindow
from triage.margin_registry import MarginRegistry

# seconds after which decisions of other processes are read again
_READ_AGAIN = 2.0
# what is usual changes slowly: it is estimated anew after so long, and when the history has grown by a tenth
_ESTIMATED_FOR, _GROWTH = HOUR, 1.1
# reports older than the horizon are dropped at a time, not one by one
_KEPT = 2.0
_HOURS_TOLD = 24


@dataclass(frozen=True, slots=True)
class Joins:
    """A new report that joins the running major incident with this lead."""

    lead: str
    number: str


@dataclass(frozen=True, slots=True)
class Proposes:
    """Reports, the one logged first before the others, that are to be proposed as a major incident."""

    numbers: tuple[str, ...]
    reason: MajorReason


class MajorWatch:
    """The last reports and the running major incidents, as the store has them.

    Nothing is kept but what follows from the store, so that a restart loses nothing and several processes agree.
    """

    def __init__(
        self, memory: Memory, proposals: MajorIncidentProposals, rooms: MajorRooms, margins: MarginRegistry
    ) -> None:
        self._memory = memory
        self._margins = margins
        self._proposals = proposals
        self._rooms = rooms
        self.lock = RLock()
        """Held by whoever looks; whoever looks within a transaction takes it before that."""
        self._window = ReportWindow([])
        self._since = self._until = 0.0
        self._revision = -1
        self._running: dict[str, RunningMajor] = {}
        self._read_at = float("-inf")
        self._usual: tuple[Usual, float, int, DetectionSettings] | None = None

    def look_at(
        self, incidents: Sequence[Incident], detection: DetectionSection, *, least_callers: int
    ) -> list[Joins | Proposes]:
        """Return what stored incidents that were just logged join or bring about, to be written in this order.

        Where that fails, `read_anew` has to be called.
        """
        settings = DetectionSettings(false_alarms=detection.false_alarms_per_week, least_callers=least_callers)
        dated = sorted((one for one in incidents if one.opened_at is not None), key=_logged)
        found = list[Joins | Proposes]()
        if not dated or not least_callers:
            return found
        detector = MajorDetector(settings)
        with self.lock, self._memory.store.database.snapshot():
            self._follow(_logged(dated[0])[0], settings)
            known = self._proposals.spoken_for([one.number for one in dated])
            for incident in dated:
                if incident.number not in self._window:
                    continue
                if incident.number in known or detection.is_maintenance(incident):
                    self._window.discount([incident.number])
                elif (one := self._look_at(incident, detection, detector)) is not None:
                    self._note(one)
                    found.append(one)
        return found

    def read_anew(self) -> None:
        """Forget what was noted; the next call reads everything anew."""
        with self.lock:
            self._revision = -1
            self._read_at = float("-inf")
            self._running.clear()

    def _look_at(
        self, incident: Incident, detection: DetectionSection, detector: MajorDetector
    ) -> Joins | Proposes | None:
        reports, row = self._window.reports(), self._window.row(incident.number)
        if not reports.counted[row]:
            return None
        values = {name: str(reports.values[name][row]) for name in GROUPED}
        joined = joined_major(self._running.values(), reports.vectors[row], values, float(reports.moments[row]))
        if joined is not None:
            return Joins(joined.lead, incident.number)
        for criterion in detection.criteria:
            if criterion.when.holds_for(incident) and (found := self._by_criterion(incident, criterion)) is not None:
                return found
        usual = self._usual_now(float(reports.moments[row]), detector.settings)
        if not (groups := detector.examine(reports, row, usual)):
            return None
        unusual = self._margins.margins(detector.settings.false_alarms).most_unusual(groups)
        return None if unusual is None else self._proposes(unusual, row)

    def _by_criterion(self, incident: Incident, criterion: CriterionSection) -> Proposes | None:
        """Return what a criterion proposes, given that it holds for an incident."""
        reports, last = self._window.reports(), self._window.row(incident.number)
        since = float(reports.moments[last]) - criterion.when.within.total_seconds()
        rows = [
            row
            for row in range(last + 1)
            if reports.counted[row]
            and reports.moments[row] >= since
            and criterion.when.holds_for(self._window.incidents[row])
        ]
        numbers = tuple(self._window.incidents[row].number for row in rows)
        callers = {
            (self._window.incidents[row].caller or number).casefold() for row, number in zip(rows, numbers, strict=True)
        }
        if len(callers) < criterion.when.callers:
            return None
        at = _moment(reports.moments[last])
        minutes = (reports.moments[last] - reports.moments[rows[0]]) / 60
        usual = UsualRate(at, (0.0,))
        reason = MajorReason(
            ReasonKind.CRITERION, at, len(callers), 0.0, float(minutes), usual, criterion=criterion.name
        )
        return Proposes(numbers, reason)

    def _proposes(self, unusual: UnusualReports, row: int) -> Proposes:
        moments = self._window.reports().moments
        numbers = tuple(self._window.incidents[member].number for member in unusual.rows)
        return Proposes(numbers, reason_of(unusual, first=float(moments[unusual.rows[0]]), at=float(moments[row])))

    def _usual_now(self, now: float, settings: DetectionSettings) -> Usual:
        """Return what is usual, as far as possible as it was estimated before."""
        known = len(self._memory.incidents)
        if self._usual is not None:
            usual, until, size, used = self._usual
            is_fresh = 0 <= now - settings.horizon - until < _ESTIMATED_FOR and known <= _GROWTH * size
            if is_fresh and used == settings:
                return usual
        until = now - settings.horizon
        past = MemoryPast(self._memory, self._window.reports(), until, self._proposals.unrefused_reports())
        usual = usual_before(past, until, settings)
        self._usual = (usual, until, known, settings)
        return usual

    def _follow(self, earliest: float, settings: DetectionSettings) -> None:
        """Read what was written since the last call, and every few seconds what was decided."""
        since = earliest - settings.horizon
        revision = self._memory.store.revision()
        is_anew = self._revision < 0 or since < self._since or since > self._since + _KEPT * settings.horizon
        if is_anew or (revision != self._revision and not self._grow()):
            self._since = since
            self._window = ReportWindow(self._memory.store.logged_with_vectors(_moment(self._since)))
            self._read_at = float("-inf")
        self._revision = revision
        if time.monotonic() > self._read_at + _READ_AGAIN:
            self._read_decisions()

    def _grow(self) -> bool:
        """Take in what was written; returns whether that can be done without reading everything anew."""
        store = self._memory.store
        if any(number in self._window for number in store.removed_since(self._revision)):
            return False
        records = store.logged_with_vectors(_moment(self._since), after=self._revision)
        fresh = [record for record in records if record.incident.number not in self._window]
        if fresh and not self._window.can_append(fresh[0]):
            return False
        for record in records:
            if record.incident.number in self._window:
                self._window.rewrite(record)
            else:
                self._window.append(record)
        return True

    def _read_decisions(self) -> None:
        """Read which proposals are running, and which reports speak for any, or belong to a major incident."""
        numbers = [incident.number for incident in self._window.incidents]
        self._window.discount({*self._proposals.spoken_for(numbers), *self._rooms.ever_children(numbers)})
        running = [self._proposals.get(lead) for lead in sorted(self._proposals.running())]
        self._running = {one.lead: self._running_of(one) for one in running if one.decision is MajorDecision.OPEN}
        self._read_at = time.monotonic()

    def _running_of(self, proposal: MajorIncidentProposal) -> RunningMajor:
        reason, known = proposal.reason, self._running.get(proposal.lead)
        found = RunningMajor(proposal.lead, Group() if reason is None else Group(reason.field, reason.value), 0.0)
        if known is not None and known.members == len(proposal.numbers):
            return known
        records = self._memory.store.with_vectors_of(proposal.numbers)
        for record in sorted(records, key=lambda one: _logged(one.incident)):
            found.add(record.vector.astype("float32"), _logged(record.incident)[0])
        return found

    def _note(self, found: Joins | Proposes) -> None:
        """Take in what is about to be written."""
        reports = self._window.reports()
        numbers = (found.number,) if isinstance(found, Joins) else found.numbers
        if isinstance(found, Proposes):
            group = Group(found.reason.field, found.reason.value)
            self._running[numbers[0]] = RunningMajor(numbers[0], group, 0.0)
        major = self._running[found.lead if isinstance(found, Joins) else numbers[0]]
        for number in numbers:
            row = self._window.row(number)
            major.add(reports.vectors[row].copy(), float(reports.moments[row]))
        self._window.discount(numbers)


def reason_of(unusual: UnusualReports, *, first: float, at: float) -> MajorReason:
    """Return why reports are proposed that are unusual at a moment, the first of them logged at `first`."""
    start = (first // HOUR - 1) * HOUR
    hours = hour_of_week(start + HOUR * np.arange(_HOURS_TOLD, dtype=np.float64))
    usual = UsualRate(_moment(start), tuple(unusual.per_hour[hours].round(4).tolist()))
    return MajorReason(
        ReasonKind.UNUSUAL,
        _moment(at),
        round(unusual.burst.observed),
        unusual.burst.expected,
        max((at - first) / 60, 1.0),
        usual,
        field=unusual.group.field,
        value=unusual.group.value,
    )


def _logged(incident: Incident) -> tuple[float, str]:
    return (incident.opened_at.timestamp() if incident.opened_at else float("inf"), incident.number)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
