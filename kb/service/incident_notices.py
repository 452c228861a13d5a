"""Incident notices: which rules of the practice a change of an incident meets, and whom they tell."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select

from kb.practice.life import circumstances_of
from kb.practice.notification_rules import NotificationPlan, NotificationRule
from kb.records.incident import Incident
from kb.records.incident_changes import NOTE
from kb.records.incident_event import EventKind, EventSource, IncidentEvent
from kb.records.mail_address import is_mail_address
from kb.records.notification import Audience, NewNotification, Notification, NotificationEvent, Recipient
from kb.service.notifications import Notifications
from kb.storage.database import Database
from kb.storage.schema import notification_rules

# What happened longer ago is no news: a connector may lag for hours, a file of history tells of years.
_NEWS = timedelta(days=1)
# Files and logs tell what another tool knew and told its people of.
_SILENT = frozenset(
    {
        EventSource.IMPORT,
        EventSource.UNDONE_IMPORT,
        EventSource.AUDIT_LOG,
        EventSource.STATE_MEANING,
        EventSource.OUTCOME,
    }
)
ANSWERS = frozenset(
    {
        EventKind.ASSIGNED,
        EventKind.ACCEPTED,
        EventKind.WAITING,
        EventKind.RESUMED,
        EventKind.RESPONDED,
        EventKind.WORKED_ON,
        EventKind.REASSIGNED,
        EventKind.RESOLVED,
        EventKind.CLOSED,
        EventKind.CANCELLED,
    }
)
"""Events that answer a notification, so that it is not escalated."""
_OWNERS = ("assignment_group", "assigned_to")
_EVENTS = {
    EventKind.REGISTERED: NotificationEvent.REGISTERED,
    EventKind.REASSIGNED: NotificationEvent.REASSIGNED,
    EventKind.WAITING: NotificationEvent.WAITING,
    EventKind.RESUMED: NotificationEvent.RESUMED,
    EventKind.ESCALATED: NotificationEvent.ESCALATED,
    EventKind.RESOLVED: NotificationEvent.RESOLVED,
    EventKind.REOPENED: NotificationEvent.REOPENED,
    EventKind.CLOSED: NotificationEvent.CLOSED,
}
_ENDINGS = frozenset({NotificationEvent.RESOLVED, NotificationEvent.CLOSED})
_ADDRESSES = ("caller_email", "email", "mail")
_LONGEST = 300


class IncidentNotices:
    """Tells people of incidents by the rules in force; each notification belongs to the act that causes it."""

    def __init__(self, database: Database, outbox: Notifications, plan: Callable[[], NotificationPlan]) -> None:
        self._database = database
        self._outbox = outbox
        self._plan = plan

    def note_changes(self, changes: Sequence[tuple[Incident, Sequence[IncidentEvent]]]) -> None:
        """Tell of what happened to incidents, each as it is now, within the act that changed them."""
        plan = self._plan()
        if not plan.rules:
            return
        self._outbox.add(
            [
                one
                for incident, events in changes
                for event in events
                for named in _named(event, incident)
                for rule in plan.rules
                if rule.event is named
                for one in notifications_of(
                    plan, rule, incident, secrets.token_hex(12), _told(event), now=event.recorded_at, by=event.by
                )
            ]
        )

    def note(
        self,
        event: NotificationEvent,
        incident: Incident,
        cause: str,
        details: Mapping[str, str],
        *,
        by: str | None = None,
        now: datetime,
    ) -> int:
        """Tell of something else that happened to an incident; of one cause nobody is told twice."""
        plan = self._plan()
        rules = [rule for rule in plan.rules if rule.event is event]
        found = [
            one for rule in rules for one in notifications_of(plan, rule, incident, cause, details, now=now, by=by)
        ]
        return self._outbox.add(found)

    def tell(
        self, rule: NotificationRule, incident: Incident, cause: str, details: Mapping[str, str], now: datetime
    ) -> int:
        """Tell those whom one rule names; of one cause nobody is told twice."""
        return self._outbox.add(list(notifications_of(self._plan(), rule, incident, cause, details, now=now)))

    def next_step(self, told: Notification, incident: Incident, now: datetime) -> list[NewNotification]:
        """Return whom the rule of a notification tells next where nobody answered it; nobody after its last step."""
        plan = self._plan()
        rule = plan.rule(told.rule)
        if rule is None or told.step >= len(rule.escalate):
            return []
        details = {name: value for name, value in told.details.items() if name not in _details(incident)}
        return list(notifications_of(plan, rule, incident, told.cause, details, now=now, step=told.step + 1))

    def in_force_since(self, rule: NotificationRule, now: datetime) -> datetime:
        """Return since when a rule counts, which is now where it is seen for the first time.

        What time did before that is no news, so that a new rule tells nobody of old breaches.
        """
        said = [rule.name, rule.event, rule.after, rule.share, rule.above, rule.clock]
        key = hashlib.sha256("\n".join(map(str, said)).encode()).hexdigest()
        query = select(notification_rules.c.since).where(notification_rules.c.rule == key)
        with self._database.reading() as connection:
            since: datetime | None = connection.execute(query).scalar_one_or_none()
        if since is not None:
            return since
        with self._database.writing() as connection:
            since = connection.execute(query).scalar_one_or_none()
            if since is None:
                connection.execute(insert(notification_rules).values(rule=key, since=now))
        return now if since is None else since


def notifications_of(
    plan: NotificationPlan,
    rule: NotificationRule,
    incident: Incident,
    cause: str,
    details: Mapping[str, str],
    *,
    now: datetime,
    by: str | None = None,
    step: int = 0,
) -> Iterator[NewNotification]:
    """Yield what a rule tells of an incident, unless the rule is for others; nobody is told of their own doing.

    From `step` 1 on those are told who are next where nobody answered.
    """
    if rule.when.values and not rule.when.match(circumstances_of(incident)):
        return
    audience = rule.to if step == 0 else rule.escalate[step - 1].to
    told = {**_details(incident), **details}
    following = rule.escalate[step] if step < len(rule.escalate) else None
    for recipient in recipients_of(plan, audience, incident):
        if by is not None and recipient.name.casefold() == by.casefold():
            continue
        is_caller = recipient.audience is Audience.CALLER
        collected = None if step else rule.digest
        yield NewNotification(
            rule=rule.name,
            event=rule.event,
            cause=cause,
            number=incident.number,
            recipient=recipient,
            channel=rule.channel,
            template=f"caller_{rule.template}" if is_caller and rule.template == rule.event.value else rule.template,
            details=told,
            created_at=now,
            next_at=rule.opening(now + timedelta(seconds=collected or 0)),
            urgent=rule.urgent,
            calendar=None if rule.calendar is None else rule.calendar.name,
            digest=collected,
            escalate_at=None if following is None or is_caller else rule.later(now, following.after),
            step=step,
        )


def recipients_of(plan: NotificationPlan, audience: Iterable[str], incident: Incident) -> list[Recipient]:
    """Return who is told of an incident, each once, by the roles and names of a rule."""
    found: dict[str, Recipient] = {}
    for one in audience:
        for recipient in _recipients(plan, one, incident):
            if recipient.address is None or (plan.mail is not None and recipient.address == plan.mail.sender):
                recipient = Recipient(recipient.name, recipient.audience, None, recipient.language)  # noqa: PLW2901
            found.setdefault(recipient.address or recipient.name.casefold(), recipient)
    return list(found.values())


def _recipients(plan: NotificationPlan, audience: str, incident: Incident) -> list[Recipient]:
    group = incident.assignment_group
    match audience:
        case Audience.ASSIGNEE:
            return [plan.person(incident.assigned_to, Audience.ASSIGNEE)] if incident.assigned_to else []
        case Audience.GROUP:
            return plan.group(group) if group else []
        case Audience.TEAM_LEAD:
            return plan.team_lead(group) if group else []
        case Audience.INCIDENT_MANAGER:
            return [plan.person(name, Audience.INCIDENT_MANAGER) for name in plan.incident_managers]
        case Audience.CALLER:
            addresses = [incident.caller, *(incident.extra.get(name) for name in _ADDRESSES)]
            return plan.caller(incident.caller or "", [one for one in addresses if one and is_mail_address(one)])
        case _:
            return [plan.person(audience, Audience.NAMED)]


def _named(event: IncidentEvent, incident: Incident) -> Iterator[NotificationEvent]:
    """Yield what people can be told of an event; where the incident is over, that alone."""
    if event.source not in _SILENT and event.recorded_at - event.happened_at <= _NEWS:
        yield from (named for named in notification_events(event) if incident.is_open or named in _ENDINGS)


def notification_events(event: IncidentEvent) -> Iterator[NotificationEvent]:
    """Yield what of an event people can be notified of, were it news."""
    named = _EVENTS.get(event.kind)
    if event.source is EventSource.NOTIFICATION:  # those whom it names know it by the notification itself
        return
    if named is not None:
        yield named
    if event.kind is not EventKind.REASSIGNED and any(event.after.get(name) for name in _OWNERS):
        yield NotificationEvent.ASSIGNED


def _details(incident: Incident) -> dict[str, str]:
    said = {
        "number": incident.number,
        "subject": incident.short_description or incident.description,
        "group": incident.assignment_group,
        "assignee": incident.assigned_to,
        "priority": incident.priority,
        "service": incident.service,
        "category": incident.category,
        "caller": incident.caller,
        "stage": incident.stage.value,
    }
    return {name: " ".join(value.split())[:_LONGEST] for name, value in said.items() if value}


def _told(event: IncidentEvent) -> dict[str, str]:
    said = {
        "at": event.happened_at.astimezone(UTC).isoformat(),
        "by": event.by,
        "note": event.after.get(NOTE),
        "group_before": event.before.get("assignment_group"),
    }
    return {name: value[:_LONGEST] for name, value in said.items() if value}
