"""Notification rehearsal: whom another practice would have told of what in the past."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from kb.practice.calendar import moment_of, second_of
from kb.practice.clock import Clock
from kb.practice.life import Life
from kb.practice.notification_rules import NotificationPlan, NotificationRule
from kb.records.incident import Incident
from kb.records.incident_event import IncidentEvent
from kb.records.notification import Channel, NewNotification, NotificationEvent, ToldDifference
from kb.service.incident_notices import notification_events, notifications_of
from kb.vocabulary.stage import Stage

_TRACKED = ("assignment_group", "assigned_to", "priority", "service", "category", "location", "caller")
"""Values that decide who is told; they are taken as they were at the moment."""
_Key = tuple[NotificationEvent, str, str, Channel]
"""Event, recipient, cause and channel: of these a person wants to hear once, whichever rule it is."""


@dataclass(frozen=True, slots=True)
class NotificationDifference:
    """A notification that only one practice sends, or that arrives at another moment."""

    number: str
    event: NotificationEvent
    recipient: str
    channel: Channel
    difference: ToldDifference
    before: datetime | None
    after: datetime | None


@dataclass(slots=True)
class RuleTally:
    """How many notifications a rule causes, before and after."""

    event: NotificationEvent
    told: list[int] = field(default_factory=lambda: [0, 0])


@dataclass(frozen=True, slots=True)
class Told:
    """One incident of the past: its record as it is now, its events in their order, and its life."""

    incident: Incident
    events: Sequence[IncidentEvent]
    life: Life


@dataclass(frozen=True, slots=True)
class _Past:
    """What one practice made of an incident by a second: its record after each event, and its clocks."""

    told: Told
    records: Sequence[tuple[datetime, Incident]]
    clocks: Sequence[Clock]
    now: int


@dataclass(slots=True)
class NotificationRehearsal:
    """What another plan changes about notifications, counted by rule and listed one by one.

    Every event counts as news, whatever its source, so that imported history can be tried. Escalations, forecasts of
    breaches and major incidents are left out: they depend on what people would have answered.
    """

    before: NotificationPlan
    after: NotificationPlan
    tallies: dict[str, RuleTally] = field(default_factory=dict)
    differences: list[NotificationDifference] = field(default_factory=list)

    def add(self, told: Told, before: Sequence[Clock], after: Sequence[Clock], now: int) -> None:
        """Compare whom both plans would have told of one more incident by a second, with the clocks of both."""
        if not (self.before.rules or self.after.rules):
            return
        records = _records(told)
        old = self._told(0, self.before, _Past(told, records, before, now))
        new = self._told(1, self.after, _Past(told, records, after, now))
        for key in dict.fromkeys((*old, *new)):
            was, will_be = old.get(key), new.get(key)
            if was != will_be:
                event, recipient, _cause, channel = key
                self.differences.append(
                    NotificationDifference(
                        told.incident.number, event, recipient, channel, _difference(was, will_be), was, will_be
                    )
                )

    @property
    def counts(self) -> dict[ToldDifference, int]:
        """Return how many notifications come out differently in which way."""
        found = Counter(one.difference for one in self.differences)
        return {difference: found[difference] for difference in ToldDifference}

    def _told(self, place: int, plan: NotificationPlan, past: _Past) -> dict[_Key, datetime]:
        """Return when each notification of a plan would have arrived."""
        found = dict[_Key, datetime]()
        for rule in plan.rules:
            tally = self.tallies.setdefault(rule.name, RuleTally(rule.event))
            for one in _of_rule(plan, rule, past):
                key = one.event, one.recipient.address or one.recipient.name, one.cause, one.channel
                found[key] = min(one.next_at, found.get(key, one.next_at))
                tally.told[place] += 1
        return found


def _difference(before: datetime | None, after: datetime | None) -> ToldDifference:
    if before is None:
        return ToldDifference.TOLD
    return ToldDifference.NOT_TOLD if after is None else ToldDifference.TOLD_ANOTHER_TIME


def _records(told: Told) -> list[tuple[datetime, Incident]]:
    """Return the record after each event, with the moment of the event."""
    found, record = list[tuple[datetime, Incident]](), told.incident
    for event in reversed(told.events):
        found.append((event.happened_at, record))
        earlier: dict[str, Any] = {name: event.before[name] for name in _TRACKED if name in event.before}
        record = replace(record, **earlier) if earlier else record
    return found[::-1]


def _of_rule(plan: NotificationPlan, rule: NotificationRule, past: _Past) -> Iterator[NewNotification]:
    for event, (_, record) in zip(past.told.events, past.records, strict=True):
        if rule.event in notification_events(event):
            cause = f"{event.kind} {event.happened_at.isoformat()}"
            yield from notifications_of(plan, rule, record, cause, {}, now=event.happened_at, by=event.by)
    for second, cause in _crossings(rule, past):
        at = moment_of(second)
        record = next((one for since, one in reversed(past.records) if since <= at), past.told.incident)
        yield from notifications_of(plan, rule, record, cause, {}, now=at)


def _crossings(rule: NotificationRule, past: _Past) -> Iterator[tuple[int, str]]:
    """Yield the second and the cause of everything that time alone made a rule tell."""
    if rule.event is NotificationEvent.WAITING_LONG and rule.after is not None:
        for since, until in _waits(past.told.life, past.now):
            at = second_of(rule.later(moment_of(since), rule.after))
            if at < until:
                yield at, f"waiting {since}"
        return
    for clock in past.clocks:
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
