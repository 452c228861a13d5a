"""Notifications at work: what people would be told, and sending again what failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from app.composition import Services
from kb.practice.notification_rules import NotificationPlan
from kb.practice.practice_file import PracticeFileError, read_practice_file
from kb.records.incident import Incident
from kb.records.notification import NewNotification, Notification, NotificationEvent, NotificationState, Recipient
from kb.service.incident_notices import notifications_of, recipients_of
from kb.service.notification_texts import NotificationText

_EXAMPLE = {"share": "80 %", "target": "Critical", "measure": "resolution", "waited": "4 h", "incidents": "7"}
# in a text that names a fact, another value makes another text
_OTHER = {"share": "79 %", "target": "\u2026", "measure": "assignment", "waited": "3 h", "incidents": "8"}


@dataclass(frozen=True, slots=True)
class Preview:
    """What people would be told, and the facts in it that are made up, since only a real event has them."""

    texts: Sequence[tuple[NewNotification, NotificationText]]
    examples: Mapping[str, str]


def preview_notifications(services: Services, number: str, event: NotificationEvent) -> Preview:
    """Return what people would be told of an event of an incident now; nothing is sent or stored.

    Values that only the event would give are examples. Raises UnknownRecordError and PracticeFileError.
    """
    incident, now = services.store.incident(number), datetime.now(UTC)
    practice = services.practice.practice()
    examples = {**_EXAMPLE, "due_at": (now + timedelta(hours=1)).isoformat(timespec="minutes")}
    details = {**examples, "at": now.isoformat()}
    found = [
        one
        for rule in practice.notifications.rules
        if rule.event is event
        for one in notifications_of(practice.notifications, rule, incident, "preview", details, now=now)
    ]
    shown, named = list[tuple[NewNotification, NotificationText]](), set[str]()
    for one in found:
        calendar = practice.calendars.get(one.calendar or "")
        zone = UTC if calendar is None else calendar.zone
        text = services.texts.text([_as_stored(one)], zone)
        shown.append((one, text))
        for name, other in {**_OTHER, "due_at": (now + timedelta(hours=2)).isoformat()}.items():
            changed = replace(one, details={**one.details, name: other})
            if one.details.get(name) == examples[name] and services.texts.text([_as_stored(changed)], zone) != text:
                named.add(name)
    return Preview(shown, {name: value for name, value in examples.items() if name in named})


def problems_of_notifications(services: Services) -> list[str]:
    """Return what is wrong with the rules and templates of notifications, and what keeps links out of mails."""
    found = [str(one) for one in read_practice_file(services.practice.path).problems]
    plan = read_practice_file(services.practice.path).notifications
    languages = {plan.language, *(person.language for person in plan.people.values())}
    known = {language: services.texts.names(language) for language in languages}
    for rule in plan.rules:
        lacking = [language for language in sorted(languages) if rule.template not in known[language]]
        if lacking:
            found.append(f'rule "{rule.name}": there is no template {rule.template} ({", ".join(lacking)})')
    if plan.rules and services.settings.desk_url is None:
        found.append("TRIAGE_DESK_URL is not set, so mails have no link to the ticket")
    return [*found, *services.texts.check()]


def has_rules(services: Services) -> bool:
    """Return whether the practice tells anybody of anything; not while it cannot be used."""
    try:
        return bool(services.practice.practice().notifications.rules)
    except PracticeFileError:
        return False


def send_again(services: Services, key: str) -> Notification:
    """Send a notification anew, to the address that practice.yaml names now.

    Raises NoSuchNotificationError, NotificationUnderwayError and PracticeFileError.
    """
    plan = services.practice.practice().notifications
    with services.store.database.writing():
        found = services.notifications.get(key)
        incident = next(iter(services.store.incidents_of([found.number])), None)
        address = found.recipient.address
        if incident is not None:
            address = _address_now(plan, found.recipient, incident) or address
        return services.notifications.send_again(key, address)


def _address_now(plan: NotificationPlan, recipient: Recipient, incident: Incident) -> str | None:
    same = [
        one
        for one in recipients_of(plan, [recipient.audience.value, recipient.name], incident)
        if one.name.casefold() == recipient.name.casefold()
    ]
    return next((one.address for one in same if one.address), None)


def _as_stored(new: NewNotification) -> Notification:
    return Notification(
        id="preview",
        rule=new.rule,
        event=new.event,
        cause=new.cause,
        number=new.number,
        recipient=new.recipient,
        channel=new.channel,
        template=new.template,
        details=new.details,
        state=NotificationState.WAITING,
        urgent=new.urgent,
        step=new.step,
        attempts=0,
        created_at=new.created_at,
        next_at=new.next_at,
    )
