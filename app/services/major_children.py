"""Children of a major incident: linked by hand or since they are alike, told apart, and resolved with it in one act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from app.composition import Services
from app.services.major_room import masked, move_room, note
from kb.records.act import Act, ActKind, RefusedUndo, UndoError, UndoObstacle
from kb.records.errors import no_incident
from kb.records.incident import Incident
from kb.records.incident_changes import NOTE
from kb.records.incident_event import EventKind, EventSource, IncidentEvent, Origin
from kb.records.incident_moves import moved
from kb.records.major_room import JoinedHow, KnownMajor, Room, RoomEventKind, RoomState, RoomStateError
from kb.records.webhook import Event
from kb.records.wording import Wording
from kb.storage.event_log import append
from kb.vocabulary.stage import Stage
from models.encoder import Vectors

# A report joins from this mean cosine with the three reports that it is most like. Of the sample desk's three past
# outages, with eight reports known, 92 to 100 % of the others join from here and nothing else does.
JOINS_FROM = 0.55
_NEAREST = 3
# Reports that a new one is compared with: those that people vouch for, the first ones first.
_COMPARED = 60
_CAUSES = {
    JoinedHow.PROPOSAL: "with its proposal",
    JoinedHow.HAND: "by hand",
    JoinedHow.ALIKE: "since it is alike",
}
_VOUCHED = (JoinedHow.PROPOSAL, JoinedHow.HAND)
# A report of the same disturbance may be logged before the first one that was counted: callers differ in patience,
# tools in their clocks. An hour is also what the detection takes for news; older ones are about something else.
_BEFORE_THE_FIRST = timedelta(hours=1)


def link_children(
    services: Services, lead: str, numbers: Sequence[str], *, by: str | None
) -> tuple[list[str], int | None]:
    """Make incidents children of a major one by hand, in one act.

    Returns those that were none, and the id of the act where there are any. Raises UnknownRecordError, and
    RoomStateError where work on it is over.
    """
    with services.store.database.writing():
        known = {incident.number for incident in services.store.incidents_of(numbers)}
        for number in numbers:
            if number not in known:
                raise no_incident(number)
        at, room = datetime.now(UTC), services.major_rooms.get(lead)
        were = {one.number for one in services.major_rooms.children(lead, left_too=True)}
        joined = _join(services, room, numbers, JoinedHow.HAND, by=by, at=at)
        if not joined:
            return [], None
        before = {"left": [number for number in joined if number in were]}
        after = {"children": joined}
        return joined, services.store.acts.begin(lead, ActKind.LINK, by=by, at=at, before=before, after=after)


def unlink_joined(services: Services, lead: str, act: Act, *, by: str | None, at: datetime) -> None:
    """Take back that incidents were linked by hand: those that had left before have left again.

    Raises UndoError where one of them was taken out since.
    """
    rooms, numbers, left = services.major_rooms, act.after["children"], act.before["left"]
    joined = {one.number: one for one in rooms.children(lead)}
    if any(number not in joined or joined[number].joined_at != act.at for number in numbers):
        refusal = RefusedUndo(UndoObstacle.CHANGED_SINCE, "children")
        raise UndoError(Wording("children were changed since: look at them first"), refusal)
    for number in left:
        rooms.leave(lead, number, by=by, at=at)
    rooms.forget(lead, [number for number in numbers if number not in left])
    note(services, lead, RoomEventKind.CHILD, f"Linking taken back: {', '.join(numbers[:3])}", by=by, at=at)
    _tell(services, numbers, f"Left the major incident {lead}", by=by, at=at)


def unlink_child(services: Services, lead: str, number: str, *, by: str | None) -> None:
    """Take an incident out of a major one, for ever unless a person links it again; raises UnknownRecordError."""
    at = datetime.now(UTC)
    with services.store.database.writing():
        services.major_rooms.get(lead)
        services.major_rooms.leave(lead, number, by=by, at=at)
        note(services, lead, RoomEventKind.CHILD, f"{number} does not belong to it", by=by, at=at)
        _tell(services, [number], f"Left the major incident {lead}", by=by, at=at)


def join_alike(services: Services, incidents: Sequence[Incident], *, now: datetime) -> set[str]:
    """Let new incidents join the active major incidents that they report; returns the numbers that are children.

    What stands as a child already is among them. An incident that is older than a major one reports something else,
    even where it was just changed.
    """
    rooms = services.major_rooms.active()
    if not rooms or not incidents:
        return set()
    numbers = [incident.number for incident in incidents]
    leads = {room.lead for room in rooms}
    known = set(services.major_rooms.parents(numbers)) | (set(numbers) & leads)
    fresh = [incident for incident in incidents if incident.number not in known]
    logged = _logged(services, fresh)
    for room, alike in _reported(services, rooms, fresh, logged):
        with services.store.database.writing():
            here = services.major_rooms.get(room.lead)
            if alike and here.state.is_active:
                known |= set(_join(services, here, alike, JoinedHow.ALIKE, by=None, at=now))
    return known


def join_with_proposal(services: Services, lead: str, numbers: Sequence[str], *, now: datetime) -> None:
    """Let reports that came to speak for a proposal join its room, where it was accepted meanwhile."""
    with services.store.database.writing():
        room = services.major_rooms.find(lead)
        if room is not None and room.state.is_active:
            _join(services, room, numbers, JoinedHow.PROPOSAL, by=None, at=now)


def known_major(services: Services, ticket: Incident) -> KnownMajor | None:
    """Return the active major incident that a ticket belongs to or reports, `None` where there is none."""
    rooms = services.major_rooms.active()
    if not rooms:
        return None
    if ticket.number:
        parent = services.major_rooms.parents([ticket.number]).get(ticket.number, ticket.number)
        if (room := next((room for room in rooms if room.lead == parent), None)) is not None:
            return KnownMajor(room, is_child=True)
    logged = {} if ticket.opened_at is None else {ticket.number: ticket.opened_at}
    found = next((room for room, alike in _reported(services, rooms, [ticket], logged) if alike), None)
    return None if found is None else KnownMajor(found, is_child=False)


def resolve_major(
    services: Services, lead: str, *, resolution: str, article: str | None, by: str | None
) -> list[Incident]:
    """Resolve a major incident with all of its children that are open, in one act; returns those that it resolved.

    Each gets the resolution where it has none, its own event, and an event that tells its caller. None is closed.
    Raises UnknownRecordError and RoomStateError.
    """
    store, at = services.store, datetime.now(UTC)
    resolution = masked(services, resolution) or ""
    with store.database.writing():
        surviving = store.articles.surviving(article) if article else None
        room = move_room(services, lead, RoomState.RESOLVED, by=by, note_text=resolution or None)
        services.major_rooms.change(lead, resolution=resolution, article=surviving or room.article, next_update_at=None)
        told = store.states.told()

        def resolved(incident: Incident) -> Incident:
            after = moved(incident, Stage.RESOLVED, at, told)
            articles = dict.fromkeys((*incident.articles, surviving) if surviving else incident.articles)
            return replace(after, resolution=incident.resolution or resolution or None, articles=tuple(articles))

        numbers = [lead, *(child.number for child in services.major_rooms.children(lead))]
        waiting = [one.number for one in store.incidents_of(numbers) if one.is_open]
        origin = Origin(EventSource.MAJOR, by, at, f"with the major incident {lead}")
        done = store.update_all(waiting, resolved, origin)
        told_of = [
            {"lead": lead, "number": one.number, "subject": room.subject, "resolution": resolution} for one in done
        ]
        services.webhooks.announce_all(Event.MAJOR_INCIDENT_CHILD_RESOLVED, told_of)
        return done


def likeness(services: Services, room: Room, vectors: Vectors) -> Vectors:
    """Return how much texts are like the reports of a major incident; shapes (texts, dimension) and (texts,)."""
    children = [child.number for child in services.major_rooms.children(room.lead) if child.how in _VOUCHED]
    store = services.store
    reports = [store.embeddings.as_read(one).text for one in store.incidents_of([room.lead, *children[:_COMPARED]])]
    if not reports or not len(vectors):
        return np.zeros(len(vectors), dtype=np.float32)
    cosines = vectors @ store.embeddings.vectors(reports).T
    nearest = np.sort(cosines, axis=1)[:, -min(_NEAREST, len(reports)) :]
    return np.asarray(nearest.mean(axis=1), dtype=np.float32)


def _reported(
    services: Services, rooms: Sequence[Room], incidents: Sequence[Incident], logged: Mapping[str, datetime]
) -> list[tuple[Room, list[str]]]:
    """Return for each room the numbers of the incidents that report it; each goes to the one that it is most like.

    `logged` says when incidents were logged; one that it does not have is new.
    """
    if not incidents:
        return []
    texts = [services.store.embeddings.as_read(one).text for one in incidents]
    vectors = services.store.embeddings.vectors(texts)
    scores = np.stack([likeness(services, room, vectors) for room in rooms])
    for row, room in enumerate(rooms):
        earliest = (room.since or room.proposed_at) - _BEFORE_THE_FIRST
        scores[row, [logged.get(one.number, earliest) < earliest for one in incidents]] = 0.0
    best = scores.argmax(axis=0)
    return [
        (
            room,
            [one.number for at, one in enumerate(incidents) if best[at] == row and scores[row, at] >= JOINS_FROM],
        )
        for row, room in enumerate(rooms)
    ]


def _logged(services: Services, incidents: Sequence[Incident]) -> dict[str, datetime]:
    """Return when incidents were logged; where no field says so, when the service came to know them."""
    known = {one.number: one.opened_at for one in incidents if one.opened_at is not None}
    undated = services.store.events.of_each([one.number for one in incidents if one.number not in known])
    return known | {number: min(event.recorded_at for event in life) for number, life in undated.items() if life}


def _join(
    services: Services, room: Room, numbers: Sequence[str], how: JoinedHow, *, by: str | None, at: datetime
) -> list[str]:
    if not room.state.is_active:
        raise RoomStateError(
            Wording(
                "the major incident {number} is {state}: open it again to link reports",
                {"number": room.lead, "state": room.state.value},
            )
        )
    joined = services.major_rooms.join(room.lead, numbers, how, by=by, at=at)
    if joined:
        _tell(services, joined, f"Joined the major incident {room.lead}", by=by, at=at)
        named = ", ".join(joined[:3]) + (f" and {len(joined) - 3} more" if len(joined) > 3 else "")
        cause = _CAUSES[how]
        note(services, room.lead, RoomEventKind.CHILD, f"{named} joined {cause}", by=by, at=at)
        told = {"lead": room.lead, "incidents": joined, "how": how.value}
        services.webhooks.announce(Event.MAJOR_INCIDENT_JOINED, told)
    return joined


def _tell(services: Services, numbers: Sequence[str], text: str, *, by: str | None, at: datetime) -> None:
    """Append to the life of incidents what became of them in a major one."""
    events = [
        IncidentEvent(number, EventKind.NOTED, at, datetime.now(UTC), by, after={NOTE: text}, source=EventSource.MAJOR)
        for number in numbers
    ]
    with services.store.database.writing() as connection:
        append(connection, events)
