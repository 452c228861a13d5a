"""Notifications that passing time causes: clocks at a share of their target, breaches, waiting, escalation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.composition import Services
from app.services.clocks import breach_probability
from kb.practice.calendar import moment_of, second_of
from kb.practice.clock import Clock, clocks_of
from kb.practice.life import Life, life_of
from kb.practice.notification_rules import NotificationRule
from kb.practice.practice import Practice
from kb.practice.practice_file import PracticeFileError
from kb.practice.wording import duration_text
from kb.records.clock_state import Measure
from kb.records.incident import Incident
from kb.records.incident_changes import NOTE
from kb.records.incident_event import EventKind, EventSource, IncidentEvent
from kb.records.major_incident import MajorDecision
from kb.records.notification import OF_TIME, Notification, NotificationEvent
from kb.service.incident_notices import ANSWERS
from kb.vocabulary.stage import Stage

# What no event and no clock foretells, such as a log that was imported or a probability, is looked at this often.
_LOOK_AGAIN = timedelta(minutes=10)
# Incidents a turn: half a second, so that answers are not held up; the others follow with the next turns.
_A_TURN = 500
_MAJOR = frozenset(event for event in NotificationEvent if event.value.startswith("major_"))


@dataclass(frozen=True, slots=True)
class _Crossing:
    """A threshold that was crossed: when, what names it for good, and what its text says."""

    at: int
    cause: str
    details: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Watched:
    """An open incident at a moment, with its life and clocks."""

    incident: Incident
    life: Life
    clocks: Sequence[Clock]
    now: datetime


class TimeWatch:
    """Watches what time does to open incidents, each when something may be news of it."""

    def __init__(self) -> None:
        self._next: dict[str, tuple[int, datetime]] = {}
        self._practice: Practice | None = None

    def look(self, services: Services, now: datetime) -> int:
        """Tell of what time did to open incidents until now; returns how many notifications are new.

        What was told before is not told again, whoever looks and how often.
        """
        try:
            practice = services.practice.practice()
        except PracticeFileError:
            return 0
        rules = [rule for rule in practice.notifications.rules if rule.event in OF_TIME]
        if not rules:
            return 0
        if practice is not self._practice:
            self._practice, self._next = practice, {}
        since = {rule.name: services.notices.in_force_since(rule, now) for rule in rules}
        revisions = services.store.open_revisions()
        self._next = {number: kept for number, kept in self._next.items() if number in revisions}
        due = [
            number
            for number, revision in revisions.items()
            if (kept := self._next.get(number)) is None or kept[0] != revision or kept[1] <= now
        ][:_A_TURN]
        events = services.store.events.of_each(due)
        told = 0
        for incident in services.store.incidents_of(due):
            life = life_of(incident, events[incident.number])
            seen = _Watched(incident, life, clocks_of(life, practice, second_of(now)), now)
            for rule in rules:
                for one in _crossings(services, rule, seen):
                    if moment_of(one.at) >= since[rule.name]:
                        told += services.notices.tell(rule, incident, one.cause, one.details, now)
            self._next[incident.number] = revisions[incident.number], _next_look(rules, seen)
        return told


def escalate_unanswered(services: Services, now: datetime) -> int:
    """Tell who is next of everything that nobody answered in time; returns how many notifications are new."""
    count = 0
    for one in services.notifications.to_escalate(now):
        with services.store.database.writing():
            incident = next(iter(services.store.incidents_of([one.number])), None)
            is_over = incident is None or _is_answered(services, one, incident)
            following = [] if incident is None or is_over else services.notices.next_step(one, incident, now)
            services.notifications.escalated(one.id, following)
            if following:
                told = ", ".join(dict.fromkeys(notice.recipient.name for notice in following))
                note = {NOTE: f"nobody answered, so {told} is told"}
                event = IncidentEvent(
                    one.number, EventKind.ESCALATED, now, now, after=note, source=EventSource.NOTIFICATION
                )
                services.store.events.add(event)
        count += len(following)
    return count


def _crossings(services: Services, rule: NotificationRule, seen: _Watched) -> Iterator[_Crossing]:
    """Yield what a rule about time has to tell of an incident by now."""
    number, second = seen.incident.number, second_of(seen.now)
    if rule.event is NotificationEvent.WAITING_LONG and rule.after is not None:
        since = _waiting_since(seen.life)
        if since is not None and (at := second_of(rule.later(moment_of(since), rule.after))) <= second:
            details = {"waited": duration_text(rule.after), "at": moment_of(since).isoformat()}
            yield _Crossing(at, f"{number} waiting {since}", details)
        return
    for clock in seen.clocks:
        if clock.stopped_at is not None or rule.clock not in (None, clock.measure):
            continue
        found = _crossed(services, rule, seen, clock)
        if found is not None:
            yield _Crossing(found, _cause(number, clock, rule), _clock_details(clock, rule, found))


def _crossed(services: Services, rule: NotificationRule, seen: _Watched, clock: Clock) -> int | None:
    """Return the second at which a clock crossed the threshold of a rule, `None` before."""
    if rule.event is NotificationEvent.BREACHED:
        return clock.breached_at
    if rule.event is NotificationEvent.CLOCK_WARNING and rule.share is not None and not clock.is_breached:
        return clock.used_at(rule.share)
    is_forecast = rule.event is NotificationEvent.BREACH_LIKELY and clock.measure is Measure.RESOLUTION
    if is_forecast and rule.above is not None and not clock.is_breached:
        group = seen.incident.assignment_group
        load = 0 if group is None else services.store.count_open(group)
        probability = breach_probability(
            services, seen.incident, seen.life, [clock], second=second_of(seen.now), load=load
        )
        return second_of(seen.now) if probability is not None and probability >= rule.above else None
    return None


def _cause(number: str, clock: Clock, rule: NotificationRule) -> str:
    threshold = rule.share or rule.above or "breached"
    held = f" {clock.group} {clock.started_at}" if clock.measure is Measure.ASSIGNMENT else ""
    return f"{number} {clock.measure} {clock.target.name} {threshold}{held}"


def _clock_details(clock: Clock, rule: NotificationRule, at: int) -> dict[str, str]:
    details = {"measure": clock.measure.value, "target": clock.target.name, "at": moment_of(at).isoformat()}
    if clock.due_at is not None:
        details["due_at"] = moment_of(clock.due_at).isoformat()
    if rule.share is not None:
        details["share"] = f"{rule.share:.0%}".replace("%", "\u00a0%")
    return details


def _waiting_since(life: Life) -> int | None:
    """Return the second since which an incident waits, `None` where it does not."""
    since: int | None = None
    for situation in life.situations:
        since = (situation.at if since is None else since) if situation.stage is Stage.WAITING else None
    return since


def _next_look(rules: Sequence[NotificationRule], seen: _Watched) -> datetime:
    """Return when something about an incident may be news without an event, at the latest in ten minutes."""
    second, moments = second_of(seen.now), [seen.now + _LOOK_AGAIN]
    since = _waiting_since(seen.life)
    for rule in rules:
        if rule.after is not None and since is not None:
            moments.append(rule.later(moment_of(since), rule.after))
        for clock in seen.clocks:
            needed = round((rule.share or 1.0) * clock.target.within) - clock.elapsed
            if clock.stopped_at is None and clock.due_at is not None and needed >= 0:
                at = clock.target.calendar.after(second, needed + (rule.share is None))
                moments += [] if at is None else [moment_of(at)]
    return min(moment for moment in moments if moment > seen.now)


def _is_answered(services: Services, one: Notification, incident: Incident) -> bool:
    """Return whether somebody has done anything about a notification since it was made."""
    if one.event in _MAJOR:
        is_proposed = bool(services.major_proposals.among([one.number]))
        decided = is_proposed and services.major_proposals.get(one.number).decision is not MajorDecision.OPEN
        return not is_proposed or decided or one.event is not NotificationEvent.MAJOR_PROPOSED
    if not incident.is_open:
        return True
    events = services.store.events.of(one.number)
    return any(event.kind in ANSWERS and event.recorded_at > one.created_at for event in events)
