"""Messages of a major incident: drafted from templates, kept word for word as they are sent, and due again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.composition import Services
from app.services.major_room import masked, note, whole_room
from kb.practice.major_incidents import MessageFacts, MessageSection
from kb.practice.message_template import filled
from kb.records.major_room import RoomEventKind, RoomMessage, RoomState, RoomStateError
from kb.records.webhook import Event
from kb.records.wording import Wording
from kb.service.whole_room import WholeRoom
from models.errors import InvalidError

_MANAGER = "manager"
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that can be sent as it stands, and when the next one would be due."""

    audience: str
    subject: str
    text: str
    next_update_at: datetime | None


def draft_message(services: Services, lead: str, audience: str, *, now: datetime) -> Draft:
    """Return a message to an audience, filled in with what is known.

    Raises UnknownRecordError, and InvalidError where the practice has no template for the audience.
    """
    whole = whole_room(services, lead)
    section = whole.model.messages.get(audience)
    if section is None:
        names = ", ".join(whole.model.messages) or "none"
        raise InvalidError(
            Wording(
                "audience: practice.yaml has no message for {audience}; it has {names}",
                {"audience": audience, "names": names},
            ),
            field="audience",
        )
    next_at = _next_update(section, now)
    values = _values(services, whole, next_at)
    try:
        return Draft(audience, " ".join(filled(section.subject, values).split()), filled(section.text, values), next_at)
    except ValueError as error:
        raise InvalidError(
            Wording("practice.yaml, message for {audience}: {reason}", {"audience": audience, "reason": str(error)})
        ) from None


def send_message(
    services: Services,
    lead: str,
    audience: str,
    subject: str,
    text: str,
    *,
    next_update: timedelta | None,
    by: str | None,
) -> RoomMessage:
    """Keep a message word for word and send it to who listens, in one act; the next one is due after `next_update`.

    Raises UnknownRecordError, and RoomStateError where the major incident is none any more.
    """
    at = datetime.now(UTC)
    with services.store.database.writing():
        room = services.major_rooms.get(lead)
        if room.state is RoomState.DEMOTED:
            raise RoomStateError(
                Wording("{number} is no longer a major incident: accept it again to send messages", {"number": lead})
            )
        next_at = at + next_update if next_update is not None and room.state.is_active else None
        message = RoomMessage(audience, masked(services, subject) or "", masked(services, text) or "", at, by, next_at)
        kept = services.major_work.add_message(lead, message)
        services.major_rooms.change(lead, next_update_at=_next_of_all(services, lead))
        note(services, lead, RoomEventKind.MESSAGE, f"Message to {audience}: {kept.subject}", by=by, at=at)
        told = {
            "lead": lead,
            "audience": audience,
            "subject": kept.subject,
            "text": kept.text,
            "next_update_at": next_at.isoformat() if next_at else None,
            "by": by,
        }
        services.webhooks.announce(Event.MAJOR_INCIDENT_MESSAGE, told)
        return kept


def remind_of_updates(services: Services, *, now: datetime) -> int:
    """Announce once each update that is overdue, each in one act; returns how many."""
    count = 0
    for room in services.major_rooms.overdue(now):
        with services.store.database.writing():
            due = {one.lead: one for one in services.major_rooms.overdue(now)}.get(room.lead)
            if due is None or due.next_update_at is None:
                continue
            services.major_rooms.change(due.lead, reminded_of=due.next_update_at)
            note(services, due.lead, RoomEventKind.REMINDER, "An update is overdue", by=None, at=due.next_update_at)
            told = {"lead": due.lead, "subject": due.subject, "due_at": due.next_update_at.isoformat()}
            services.webhooks.announce(Event.MAJOR_INCIDENT_UPDATE_DUE, told)
            count += 1
    return count


def moment_text(services: Services, moment: datetime | None) -> str | None:
    """Return a moment as messages say it, in the time zone of the practice's first calendar."""
    if moment is None:
        return None
    zone = next((calendar.zone for calendar in services.practice.practice().calendars.values()), UTC)
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def _next_update(section: MessageSection, now: datetime) -> datetime | None:
    return None if section.next_update is None else now + section.next_update


def _next_of_all(services: Services, lead: str) -> datetime | None:
    """Return when the next update is due to any audience, by the last message to each."""
    last = {message.audience: message.next_update_at for message in services.major_work.messages(lead)}
    return min((at for at in last.values() if at is not None), default=None)


def _values(services: Services, whole: WholeRoom, next_at: datetime | None) -> MessageFacts:
    room, extent = whole.room, whole.extent
    return {
        "id": room.lead,
        "subject": room.subject,
        "since": moment_text(services, room.since or room.proposed_at),
        "reports": extent.reports,
        "services": ", ".join(name for name, _ in extent.services[:_NAMED]),
        "locations": ", ".join(name for name, _ in extent.locations[:_NAMED]),
        "manager": whole.holder(_MANAGER),
        "workaround": room.workaround,
        "resolution": room.resolution,
        "next_update": moment_text(services, next_at) or "",
    }
