"""Notification rehearsal: whom another practice would have told of what in the past."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from kb.practice.calendar import moment_of, second_of
from kb.practice.clock import Clock
from kb.practice.life import Life
from kb.practice.notification_rules import NotificationPlan, NotificationRule
from kb.records.incident import Incident
from kb.records.incident_event import IncidentEvent
from kb.records.notification import OF_TIME, Channel, NewNotification, NotificationEvent, ToldDifference
from kb.service.incident_notices import ANSWERS, notification_events, notifications_of
from kb.vocabulary.stage import Stage

_TRACKED = frozenset({"assignment_group", "assigned_to", "priority", "service", "category", "location", "caller"})
"""Values that decide who is told; they are taken as they were at the moment."""
_Key = tuple[NotificationEvent, str, str, Channel, bool]
"""Event, recipient, cause, channel, whether nobody had answered: of these a person wants to hear once."""


@dataclass(frozen=True, slots=True)
class NotificationDifference:
    """A notification that only one practice sends, or that arrives at another moment."""

    number: str
    event: NotificationEvent
    recipient: str
    channel: Channel
    is_escalation: bool
    difference: ToldDifference
    before: datetime | None
    after: datetime | None


@dataclass(slots=True)
class RuleTally:
    """How many notifications a rule causes, before and after, and how many of them because nobody answered."""

    event: NotificationEvent
    told: list[int] = field(default_factory=lambda: [0, 0])
    escalated: list[int] = field(default_factory=lambda: [0, 0])


@dataclass(frozen=True, slots=True)
class Told:
    """One incident of the past: its record as it is now, its events in their order, and its life."""

    incident: Incident
    events: Sequence[IncidentEvent]
    life: Life


@dataclass(frozen=True, slots=True)
class Course:
    """What one practice makes of an incident: its clocks, and when a breach was first as probable as a threshold."""

    clocks: Sequence[Clock]
    likely_at: Mapping[float, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Past:
    """One incident until a second: its record from each moment on, what was news of it, and what answers that."""

    told: Told
    moments: Sequence[datetime]
    records: Sequence[Incident]
    news: Mapping[NotificationEvent, Sequence[tuple[IncidentEvent, Incident]]]
    answers: Sequence[datetime]
    now: int

    def record(self, at: datetime) -> Incident:
        """Return the record as it was at a moment."""
        return self.records[max(bisect_right(self.moments, at) - 1, 0)] if self.records else self.told.incident

    def stage(self, at: datetime) -> Stage:
        """Return the stage at a moment."""
        situations, second = self.told.life.situations, second_of(at)
        return next((one.stage for one in reversed(situations) if one.at <= second), Stage.NEW)

    def is_answered(self, since: datetime, until: datetime) -> bool:
        """Return whether somebody did anything about the incident between two moments, or it was over at the later."""
        first = bisect_right(self.answers, since)
        return (first < len(self.answers) and self.answers[first] <= until) or not self.stage(until).is_open


@dataclass
class NotificationRehearsal:
    """What another plan changes about notifications, counted by rule and listed one by one.

    Every event counts as news, whatever its source, so that imported history can be tried. What people did counts as
    their answer, under either plan. Major incidents are left out.
    """

    before: NotificationPlan
    after: NotificationPlan
    tallies: dict[str, RuleTally] = field(default_factory=dict)
    differences: list[NotificationDifference] = field(default_factory=list)

    def add(self, told: Told, before: Course, after: Course, now: int) -> None:
        """Compare whom both plans would have told of one more incident by a second, with what they make of it."""
        if not (self.before.rules or self.after.rules):
            return
        past = _past(told, now)
        heard: dict[str, list[NewNotification]] = {}
        old = self._told(0, self.before, past, before, heard)
        is_same = before.clocks is after.clocks and before.likely_at == after.likely_at
        kept = {name: some for name, some in heard.items() if name in (self._alike if is_same else self._timeless)}
        new = self._told(1, self.after, past, after, kept)
        for key in dict.fromkeys((*old, *new)):
            was, will_be = old.get(key), new.get(key)
            if was != will_be:
                event, recipient, _cause, channel, is_escalation = key
                difference = _difference(was, will_be)
                self.differences.append(
                    NotificationDifference(
                        told.incident.number, event, recipient, channel, is_escalation, difference, was, will_be
                    )
                )

    @property
    def counts(self) -> dict[ToldDifference, int]:
        """Return how many notifications come out differently in which way."""
        found = Counter(one.difference for one in self.differences)
        return {difference: found[difference] for difference in ToldDifference}

    @cached_property
    def _alike(self) -> frozenset[str]:
        """The names of the rules by which both plans tell the same, of the same events."""
        if replace(self.before, rules=()) != replace(self.after, rules=()):
            return frozenset()
        return frozenset(rule.name for rule in self.before.rules if self.after.rule(rule.name) == rule)

    @cached_property
    def _timeless(self) -> frozenset[str]:
        """Those of them that tell of nothing that follows from clocks."""
        clocked = OF_TIME - {NotificationEvent.WAITING_LONG}
        return frozenset(rule.name for rule in self.before.rules if rule.event not in clocked) & self._alike

    def _told(
        self, place: int, plan: NotificationPlan, past: _Past, course: Course, heard: dict[str, list[NewNotification]]
    ) -> dict[_Key, datetime]:
        """Return when each notification of a plan would have arrived; `heard` holds those of each rule."""
        found = dict[_Key, datetime]()
        for rule in plan.rules:
            tally = self.tallies.setdefault(rule.name, RuleTally(rule.event))
            if rule.name not in heard:
                heard[rule.name] = list(_of_rule(plan, rule, past, course))
            for one in heard[rule.name]:
                is_escalation = one.step > 0
                key = one.event, one.recipient.address or one.recipient.name, one.cause, one.channel, is_escalation
                found[key] = min(one.next_at, found.get(key, one.next_at))
                tally.told[place] += 1
                tally.escalated[place] += is_escalation
        return found


def thresholds(plan: NotificationPlan) -> set[float]:
    """Return the probabilities of a breach from which on a plan tells somebody."""
    return {rule.above for rule in plan.rules if rule.above is not None}


def _difference(before: datetime | None, after: datetime | None) -> ToldDifference:
    if before is None:
        return ToldDifference.TOLD
    return ToldDifference.NOT_TOLD if after is None else ToldDifference.TOLD_ANOTHER_TIME


def _past(told: Told, now: int) -> _Past:
    records = _records(told)
    news = defaultdict[NotificationEvent, list[tuple[IncidentEvent, Incident]]](list)
    for event, record in zip(told.events, records, strict=True):
        for named in notification_events(event):
            news[named].append((event, record))
    moments = [event.happened_at for event in told.events]
    in_order = sorted(range(len(moments)), key=moments.__getitem__)
    answers = sorted(event.happened_at for event in told.events if event.kind in ANSWERS)
    return _Past(told, [moments[one] for one in in_order], [records[one] for one in in_order], news, answers, now)


def _records(told: Told) -> list[Incident]:
    """Return the record after each event."""
    found, record = list[Incident](), told.incident
    for event in reversed(told.events):
        found.append(record)
        if names := _TRACKED.intersection(event.before):
            earlier: dict[str, Any] = {name: event.before[name] for name in names}
            record = replace(record, **earlier)
    return found[::-1]


def _of_rule(plan: NotificationPlan, rule: NotificationRule, past: _Past, course: Course) -> Iterator[NewNotification]:
    """Yield what a rule told, and whom next where nobody answered."""
    for event, record in past.news.get(rule.event, ()):
        cause = f"{event.kind} {event.happened_at.isoformat()}"
        first = list(notifications_of(plan, rule, record, cause, {}, now=event.happened_at, by=event.by))
        yield from first
        yield from _escalated(plan, rule, past, first)
    for second, cause in _crossings(rule, past, course):
        at = moment_of(second)
        first = list(notifications_of(plan, rule, past.record(at), cause, {}, now=at))
        yield from first
        yield from _escalated(plan, rule, past, first)


def _escalated(
    plan: NotificationPlan, rule: NotificationRule, past: _Past, told: Sequence[NewNotification]
) -> Iterator[NewNotification]:
    """Yield whom a rule told next, step by step, until somebody answered or nobody was left."""
    while (first := next((one for one in told if one.escalate_at is not None), None)) is not None:
        at = first.escalate_at
        if at is None or second_of(at) > past.now or past.is_answered(first.created_at, at):
            return
        told = list(notifications_of(plan, rule, past.record(at), first.cause, {}, now=at, step=first.step + 1))
        yield from told


def _crossings(rule: NotificationRule, past: _Past, course: Course) -> Iterator[tuple[int, str]]:
    """Yield the second and the cause of everything that time alone made a rule tell."""
    if rule.event is NotificationEvent.WAITING_LONG and rule.after is not None:
        for since, until in _waits(past.told.life, past.now):
            at = second_of(rule.later(moment_of(since), rule.after))
            if at < until:
                yield at, f"waiting {since}"
        return
    if rule.event is NotificationEvent.BREACH_LIKELY:
        likely_at = None if rule.above is None else course.likely_at.get(rule.above)
        if likely_at is not None:
            yield likely_at, "likely"
        return
    for clock in course.clocks:
        if rule.clock not in {None, clock.measure}:
            continue
        at_share = rule.event is NotificationEvent.CLOCK_WARNING and rule.share is not None
        crossed = clock.used_at(rule.share) if at_share and rule.share is not None else None
        if rule.event is NotificationEvent.BREACHED:
            crossed = clock.breached_at
        if crossed is not None:
            yield crossed, f"{clock.measure} {clock.group} {clock.started_at} {rule.share}"


def _waits(life: Life, now: int) -> Iterator[tuple[int, int]]:
    """Yield from when until when an incident waited, at the longest until now."""
    since: int | None = None
    for situation in life.situations:
        if situation.stage is Stage.WAITING:
            since = situation.at if since is None else since
        elif since is not None:
            yield since, situation.at
            since = None
    if since is not None:
        yield since, now
