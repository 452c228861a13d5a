"""Continuity: what tells a disaster from a major incident, and the hand-over to the owner of the continuity plan."""

from __future__ import annotations

from datetime import UTC, datetime

from app.composition import Services
from app.services.major_messages import moment_text
from app.services.major_room import masked, note, whole_room
from kb.records.major_room import Room, RoomEventKind, RoomMessage, RoomStateError
from kb.records.webhook import Event
from kb.records.wording import Wording
from kb.service.whole_room import WholeRoom
from models.errors import InvalidError

AUDIENCE = "continuity"


def hand_over_to_continuity(services: Services, lead: str, *, to: str | None, why: str, by: str | None) -> Room:
    """Hand a major incident over to the owner of the continuity plan, with everything that is known, in one act.

    Raises UnknownRecordError, RoomStateError where that was done, and InvalidError where nobody owns the plan.
    """
    at = datetime.now(UTC)
    why = masked(services, why) or ""
    with services.store.database.writing():
        whole = whole_room(services, lead)
        if whole.room.handed_over_at is not None:
            raise RoomStateError(
                Wording(
                    "{number} was handed over to {person} already",
                    {"number": lead, "person": whole.room.handed_over_to or ""},
                )
            )
        owner = to or whole.continuity.owner
        if owner is None:
            raise InvalidError(
                Wording("to: practice.yaml names no owner of the continuity plan; name who gets it"), field="to"
            )
        subject = f"Continuity plan: {whole.room.subject}"
        text = _everything(services, whole, why)
        services.major_work.add_message(lead, RoomMessage(AUDIENCE, subject, text, at, by))
        reason = f": {why}" if why else ""
        note(
            services, lead, RoomEventKind.CONTINUITY, f"Handed over to {owner} (continuity plan){reason}", by=by, at=at
        )
        told = {
            "lead": lead,
            "to": owner,
            "criteria": [one.name for one in whole.met],
            "subject": subject,
            "text": text,
        }
        services.webhooks.announce(Event.MAJOR_INCIDENT_HANDED_OVER, told)
        return services.major_rooms.change(lead, handed_over_at=at, handed_over_by=by, handed_over_to=owner)


def _everything(services: Services, whole: WholeRoom, why: str) -> str:
    """Return everything that is known of a major incident as a plain text."""
    room, extent = whole.room, whole.extent
    holders = ", ".join(f"{one.role}: {one.person}" for one in whole.roles if one.until is None)
    lines = [
        ("Major incident", f"{room.lead}: {room.subject}"),
        ("Since", moment_text(services, room.since or room.proposed_at)),
        ("State", room.state.value),
        ("Why", why),
        ("Criteria", "; ".join(f"{one.name} ({one.why})" for one in whole.met)),
        ("Reports", str(extent.reports)),
        ("Services", ", ".join(f"{name} ({count})" for name, count in extent.services)),
        ("Locations", ", ".join(f"{name} ({count})" for name, count in extent.locations)),
        ("Roles", holders),
        ("Workaround", room.workaround),
        ("Investigation", room.investigation),
        ("Resources", room.resources),
        ("Open tasks", "; ".join(task.title for task in whole.tasks if task.done_at is None)),
        ("Messages sent", "; ".join(f"{one.audience}: {one.subject}" for one in whole.messages)),
        ("Plan", whole.continuity.plan),
    ]
    return "\n".join(f"{name}: {said}" for name, said in lines if said)
