"""Replay: suggests for every past ticket in order, learning as time passes, and compares with the outcome."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from kb.records.columns import label_of
from kb.records.decision import Decision
from kb.records.wording import Wording
from kb.retrieval.memory import PastMemory
from kb.retrieval.ranking import Query
from kb.storage.incident_store import IncidentStore, StoredIncident
from models.calibration import HeldOutGuesses, expected_calibration_error
from models.conditional_logit import ConditionalLogit
from training.candidate import fit_candidate
from training.estimates import Estimate, Rows, estimate, share, share_among
from training.evaluation import as_logged, ranked_values
from training.fit import NotEnoughHistoryError
from training.history import Report
from training.link_model import LEAST_LINKS, learn_solving
from triage.assistant import Assistant, Policy
from triage.model import FixedModel
from triage.suggestion import Answer

# places: "in the first three" is what a person reads at a glance
_FIRST = 3
# incidents before the first training; chosen by hand
_LEAST_TO_LEARN = 200
# incidents of a step where dates are missing; chosen by hand
_UNDATED_STEP = 100
# hours of tickets that are answered together: shorter spans are more exact and take longer
_SPAN_HOURS = 3
_ROUTING = "assignment_group"


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is assumed about the organisation.

    It says how many minutes a right automatic value, an avoided reassignment and an article at hand save, how many a
    wrong automatic value costs, and how long after logging the right values are known. Another training is due once the
    history has grown to `growth` times that of the last one; where a field has a new scheme, only the history since
    counts.
    """

    minutes_a_field: float = 1.0
    minutes_a_reassignment: float = 20.0
    minutes_an_article: float = 5.0
    minutes_a_wrong_value: float = 10.0
    delay: timedelta = timedelta(days=1)
    growth: float = 1.5


@dataclass(frozen=True, slots=True)
class FieldReplay:
    """One field over a span of time: shares of the tickets whose value is known, each with its interval."""

    examples: int
    accuracy: Estimate
    top3: Estimate
    automatic_share: Estimate
    automatic_right: Estimate
    calibration_error: Estimate


@dataclass(frozen=True, slots=True)
class ArticleReplay:
    """Tickets for which staff linked an article: how often such an article came first, and in the first three."""

    examples: int
    first: Estimate
    top3: Estimate


@dataclass(frozen=True, slots=True)
class Month:
    """One month: tickets, accuracy of each field, shares done automatically, and articles found."""

    month: str
    tickets: int
    fields: Mapping[str, FieldReplay]
    articles: ArticleReplay


@dataclass(frozen=True, slots=True)
class Replay:
    """What would have happened in the replayed time.

    `order` is "time", or "import" where incidents have no dates. `routed_right` and `routed_wrong` are the shares of
    all tickets whose group (or first field, where groups are unknown) would have been set automatically.
    """

    order: str
    since: datetime | None
    until: datetime | None
    known_before: int
    tickets: int
    trainings: int
    routing: str
    routed_right: Estimate
    routed_wrong: Estimate
    reassignments: int
    reassignments_avoided: int
    hours_given_back: float
    assumptions: Assumptions
    fields: Mapping[str, FieldReplay]
    articles: ArticleReplay
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A ticket as logged, its answer, and the articles that solved similar incidents, best first."""

    record: StoredIncident
    answer: Answer
    articles: tuple[str, ...]


def replay(
    store: IncidentStore,
    policy: Policy,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    fields: Sequence[str] | None = None,
    assumptions: Assumptions = Assumptions(),
    report: Report = lambda *_: None,
) -> Replay:
    """Replay the tickets logged from `since` until before `until`, three hours at a time.

    Every ticket is answered from what was known when its three hours began: values become known some time after
    logging, links to articles once the incident is resolved. Raises NotEnoughHistoryError where nothing was logged in
    that time.
    """
    history = store.history()
    walk = _Timeline.of(history, since, until, assumptions.delay)
    if not walk.asked:
        raise NotEnoughHistoryError(Wording("no resolved incident was logged in that time: nothing to replay"))
    service = _ReplayedService(store, policy, fields, assumptions.growth)
    found = list[_Asked]()
    known_before: int | None = None
    for begins, tickets in walk.steps():
        service.add_known(walk.known_by(begins))
        service.train_if_due(report)
        known_before = len(service.memory.incidents) if known_before is None else known_before
        report("replaying", len(found) / len(walk.asked))
        found += service.ask(tickets)
    report("replaying", 1.0)
    return _summary(found, walk, known_before or 0, service.trainings, assumptions)


@dataclass(frozen=True, slots=True)
class _Timeline:
    """Tickets to predict in their order, and a queue of what becomes known when."""

    order: str
    asked: list[tuple[datetime, StoredIncident]]
    becomes_known: list[tuple[datetime, int, StoredIncident]]

    @classmethod
    def of(
        cls, history: Sequence[StoredIncident], since: datetime | None, until: datetime | None, delay: timedelta
    ) -> _Timeline:
        dated = [record for record in history if record.incident.opened_at is not None]
        by_time = bool(dated)
        logged = (
            sorted(((_opened(record), record) for record in dated), key=lambda pair: (pair[0], pair[1].incident.number))
            if by_time
            else [(_undated(place), record) for place, record in enumerate(history)]
        )
        wait = delay if by_time else timedelta(0)
        known = list[tuple[datetime, int, StoredIncident]]()
        for place, (opened, record) in enumerate(logged):
            solved = record.incident.resolved_at or record.incident.closed_at or opened
            first = opened + wait
            if record.incident.articles and solved > first:
                unlinked = replace(record, incident=replace(record.incident, articles=()))
                known += [(first, place, unlinked), (solved, place, record)]
            else:
                known.append((first, place, record))
        heapq.heapify(known)
        asked = [
            (opened, record)
            for opened, record in logged
            if (since is None or opened >= since) and (until is None or opened < until)
        ]
        return cls("time" if by_time else "import", asked, known)

    def steps(self) -> Iterator[tuple[datetime, list[StoredIncident]]]:
        """Yield spans of three hours in which something was logged, each with its tickets."""
        for begins, tickets in groupby(self.asked, key=lambda pair: _span(pair[0])):
            yield begins, [record for _, record in tickets]

    def known_by(self, moment: datetime) -> list[StoredIncident]:
        """Return what has become known before a moment, since the last call."""
        found = []
        while self.becomes_known and self.becomes_known[0][0] < moment:
            found.append(heapq.heappop(self.becomes_known)[2])
        return found


class _ReplayedService:
    """The service during a replay: what it has learnt so far, and the model that answers."""

    def __init__(self, store: IncidentStore, policy: Policy, fields: Sequence[str] | None, growth: float) -> None:
        self.memory = PastMemory(store, ())
        self.trainings = 0
        self._solving: ConditionalLogit | None = None
        self._links_due_at = LEAST_LINKS
        self._model_source = FixedModel(None)
        self._assistant = Assistant(self.memory, self._model_source, policy)
        self._policy = policy
        self._fields = fields
        self._growth = growth
        self._due_at = _LEAST_TO_LEARN

    def add_known(self, records: list[StoredIncident]) -> None:
        """Add records whose values became known."""
        if records:
            self.memory.add_known(records)

    def train_if_due(self, report: Report) -> None:
        """Train again once history has grown enough since the last training."""
        self._learn_solving()
        if self._learnable() < self._due_at:
            return
        try:
            candidate = fit_candidate(self.memory, fields=self._fields, precision=self._policy.precision, report=report)
            self._model_source.model = candidate.model
            self.trainings += 1
        except NotEnoughHistoryError:
            pass
        self._due_at = round(self._learnable() * self._growth)

    def _learnable(self) -> int:
        """Return the number of incidents to learn from of the field with the shortest history."""
        model = self._model_source.model
        return int(np.count_nonzero(self.memory.incidents.logged_since(model.newest_scheme if model else None)))

    def _learn_solving(self) -> None:
        """Learn from the links once there are enough new ones."""
        links = len(self.memory.incidents.links)
        if links >= self._links_due_at:
            self._links_due_at = round(links * self._growth)
            self._solving = learn_solving(self.memory)

    def ask(self, tickets: Sequence[StoredIncident]) -> Iterator[_Asked]:
        """Answer tickets that come in together."""
        vectors = np.stack([ticket.vector for ticket in tickets]).astype(np.float32)
        answers = self._assistant.answer([as_logged(ticket.incident) for ticket in tickets], vectors)
        for ticket, vector, answer in zip(tickets, vectors, answers, strict=True):
            articles = tuple[str, ...]()
            if ticket.incident.articles:
                asked = self.memory.compare(Query(ticket.incident.searched_text, vector), at=ticket.incident.opened_at)
                votes = self.memory.solved_by(asked, self._solving)
                articles = tuple(sorted(votes, key=lambda name: -votes[name])[:_FIRST])
            yield _Asked(ticket, answer, articles)


def _opened(record: StoredIncident) -> datetime:
    opened = record.incident.opened_at
    assert opened is not None  # noqa: S101 (only dated records come here)
    return opened


def _undated(place: int) -> datetime:
    """Return a made-up day for every hundred incidents, so that undated ones can be replayed in order."""
    return datetime(1, 1, 1, tzinfo=UTC) + timedelta(days=place // _UNDATED_STEP)


def _span(moment: datetime) -> datetime:
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour - timedelta(hours=hour.hour % _SPAN_HOURS)


def _summary(
    found: Sequence[_Asked], walk: _Timeline, known_before: int, trainings: int, assumptions: Assumptions
) -> Replay:
    names = list(dict.fromkeys(name for asked in found for name in asked.answer.fields))
    names = [name for name in names if any(label_of(asked.record.incident, name) for asked in found)]
    routing = _ROUTING if _ROUTING in names else next(iter(names), "")
    fields = {name: _field(found, name) for name in names}
    articles = _articles(found)
    automatic, right = _automatic(found, routing)
    moved = np.array([asked.record.incident.reassignment_count or 0 for asked in found])
    avoided = int(moved[automatic & right].sum()) if routing == _ROUTING else 0
    done, well = (
        (
            sum(int(mask.sum()) for mask in masks)
            for masks in zip(
                *((auto, auto & good) for auto, good in (_automatic(found, name) for name in names)), strict=True
            )
        )
        if names
        else (0, 0)
    )
    minutes = (
        assumptions.minutes_a_field * well
        - assumptions.minutes_a_wrong_value * (done - well)
        + assumptions.minutes_a_reassignment * avoided
        + assumptions.minutes_an_article * round((articles.top3.value or 0.0) * articles.examples)
    )
    dated = walk.order == "time"
    moments = [opened for opened, _ in walk.asked]
    by_month = groupby(zip(moments, found, strict=True), key=lambda pair: f"{pair[0]:%Y-%m}")
    months = tuple(_month(month, [asked for _, asked in pairs], names) for month, pairs in by_month)
    return Replay(
        order=walk.order,
        since=moments[0] if dated else None,
        until=moments[-1] if dated else None,
        known_before=known_before,
        tickets=len(found),
        trainings=trainings,
        routing=routing,
        routed_right=estimate(share(automatic & right), len(found)),
        routed_wrong=estimate(share(automatic & ~right), len(found)),
        reassignments=int(moved.sum()),
        reassignments_avoided=avoided,
        hours_given_back=round(minutes / 60, 1),
        assumptions=assumptions,
        fields=fields,
        articles=articles,
        months=months if dated else (),
    )


def _month(month: str, found: Sequence[_Asked], names: Sequence[str]) -> Month:
    return Month(month, len(found), {name: _field(found, name) for name in names}, _articles(found))


def _automatic(found: Sequence[_Asked], name: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which tickets would have got a value automatically, and for which the best guess was right."""
    fields = [asked.answer.fields.get(name) for asked in found]
    truth = [label_of(asked.record.incident, name) for asked in found]
    automatic = [field is not None and field.decision is Decision.AUTOMATIC for field in fields]
    right = [field is not None and true in ranked_values(field)[:1] for field, true in zip(fields, truth, strict=True)]
    known = np.array([true is not None for true in truth], dtype=bool)
    return np.array(automatic, dtype=bool) & known, np.array(right, dtype=bool)


def _field(found: Sequence[_Asked], name: str) -> FieldReplay:
    pairs = [
        (true, field)
        for asked in found
        if (true := label_of(asked.record.incident, name)) is not None
        and (field := asked.answer.fields.get(name)) is not None
    ]
    right = np.array([true in ranked_values(field)[:1] for true, field in pairs], dtype=bool)
    in_three = np.array([true in ranked_values(field)[:_FIRST] for true, field in pairs], dtype=bool)
    automatic = np.array([field.decision is Decision.AUTOMATIC for _, field in pairs], dtype=bool)
    confidences = np.array([field.confidence for _, field in pairs], dtype=np.float32)

    def error(rows: Rows) -> float | None:
        return expected_calibration_error(HeldOutGuesses(confidences[rows], right[rows]))

    return FieldReplay(
        examples=len(pairs),
        accuracy=estimate(share(right), len(pairs)),
        top3=estimate(share(in_three), len(pairs)),
        automatic_share=estimate(share(automatic), len(pairs)),
        automatic_right=estimate(share_among(right, automatic), len(pairs)),
        calibration_error=estimate(error, len(pairs)),
    )


def _articles(found: Sequence[_Asked]) -> ArticleReplay:
    linked = [asked for asked in found if asked.record.incident.articles]
    first = np.array([_stands_in(asked, 1) for asked in linked], dtype=bool)
    top3 = np.array([_stands_in(asked, _FIRST) for asked in linked], dtype=bool)
    return ArticleReplay(len(linked), estimate(share(first), len(linked)), estimate(share(top3), len(linked)))


def _stands_in(asked: _Asked, places: int) -> bool:
    return not set(asked.articles[:places]).isdisjoint(asked.record.incident.articles)
