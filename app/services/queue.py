"""The queue: open incidents with what is suggested for them, in the order in which they need a person."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from app.composition import Services
from app.services.queue_clocks import clock_marks
from app.services.suggesting import TicketFields, suggest_stored
from kb.records.queue_entry import QueueEntry, QueueFilter, flags_of
from kb.service.incident_queue import UNKNOWN_URGENCY
from triage.queue import Queue, QueuedIncident, need_of, urgency_of

# Incidents a turn of the background work: about half a second, so that answers are not held up for longer.
_A_TURN = 100
# Cosine from which a decision on a ticket may change what is suggested for another; chosen by hand, as for majors.
_ALIKE = 0.5


def queue_page(services: Services, wanted: QueueFilter, *, limit: int, offset: int = 0) -> Queue:
    """Return a page of the queue; what it lists counts as shown in the prediction log."""
    now = datetime.now(UTC)
    services.queue.catch_up()
    with services.store.database.snapshot():
        page = services.queue.page(wanted, now, limit=limit, offset=offset)
        needs = services.queue.counts(wanted, now)
        incidents = [incident for incident, _ in page.rows]
        majors = services.major_proposals.among([incident.number for incident in incidents])
        clocks = clock_marks(services, incidents, now)
    found = suggest_stored(services, incidents)
    listed = list[QueuedIncident]()
    for (incident, entry), fields in zip(page.rows, found, strict=True):
        clock = clocks[incident.number]
        flags = flags_of(incident, clock, now, is_major=incident.number in majors)
        listed.append(QueuedIncident(incident, entry, flags, fields.shown, clock))
    return Queue(listed, page.total, needs)


def refresh_queue(services: Services) -> bool:
    """Work out what some more open incidents need; returns whether there may be further ones.

    They are those that changed, those like a ticket on which somebody decided, and all once another model serves or a
    field has another mode.
    """
    services.queue.catch_up()
    _follow_teaching(services)
    basis = _basis(services)
    outdated = services.queue.outdated(basis, limit=_A_TURN)
    incidents = [incident for incident, _ in outdated]
    found = suggest_stored(services, incidents, is_shown=False)
    services.queue.put(_entry(fields, revision, basis) for (_, revision), fields in zip(outdated, found, strict=True))
    return len(outdated) == _A_TURN


def _follow_teaching(services: Services) -> None:
    """Let what is needed be worked out anew for open incidents like those on which people decided lately."""
    store, taught = services.store, services.queue.taught()
    with store.database.snapshot():
        revision = store.revision()
        vectors = store.feedback.vectors_since(taught)
        alike = store.open_alike(vectors, least=_ALIKE) if len(vectors) else []
    if len(vectors):
        services.queue.outdate(alike, taught=revision)


def _basis(services: Services) -> str:
    """Return a name of the model and the modes that suggestions follow from, another one for others."""
    modes = ",".join(f"{field}={mode.mode}" for field, mode in sorted(services.modes.all().items()))
    return f"{services.assistant.info().version} {hashlib.sha256(modes.encode()).hexdigest()[:12]}"


def _entry(fields: TicketFields, revision: int, basis: str) -> QueueEntry:
    undecided = {name: fields.predicted[name] for name in fields.shown}
    urgency = urgency_of(fields.ticket, undecided)
    need = need_of(fields.ticket, undecided, urgency)
    return QueueEntry(fields.ticket.number, revision, need, urgency or UNKNOWN_URGENCY, basis)
