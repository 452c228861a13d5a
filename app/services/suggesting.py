"""Suggesting: the one way from a ticket to what is shown of it, whichever face asks.

    mask → predict → modes → safeguards → log → ask

- *Mask* replaces secrets in what a caller sent. What the store or a job has kept was masked when it was written.
- *Predict* asks the assistant for every field; of these a face may want some only.
- *Modes* leave out fields that are off or monitored, and show nothing on tickets of the control share.
- *Safeguards* hold back automatic values where a person has acted or a mistake would cost most.
- *Log* keeps what was predicted and whether anybody saw it, so that it can be held against what became of the ticket.
- *Ask* finds what to ask the caller where a shown field is unsure and an answer would change that.

A ticket is *at work* while it is open. A row of a classified file is history unless it says that it is open: it is
shown in full, whatever the control share, and not logged. Nor is a ticket logged whose incident the memory knows. The
values of history are known, and would count as evidence for predictions that helped nobody.

`docs/triage-tickets.md` lists what each face logs. Of the entries below, `suggest_ticket` and `suggest_fields` take
what a caller sends, `open_tickets_to_review` and `suggest_stored` what the store has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter

from app.composition import Services
from app.services.major_children import known_major
from kb.practice.practice_file import PracticeFileError
from kb.practice.security import SecurityPractice, security_practice
from kb.reading.indicators import indicators
from kb.records.incident import Incident
from kb.records.major_room import KnownMajor
from kb.records.mode import Mode
from kb.records.sensitive_data import MaskedKind
from kb.service.prediction_log import Prediction
from triage.modes import FieldMode, is_control, presented
from triage.review import ReviewItem, most_in_need_first
from triage.safeguards import hold_back, reason_to_hold_back
from triage.security import SecurityAdvice, security_sign
from triage.suggestion import Answer, FieldSuggestion, Suggestion

_REVIEWED = 500  # as many open tickets as /v1/review may list; predicting for them takes about a second

FieldFilter = Callable[[Incident, str], bool]


@dataclass(frozen=True, slots=True)
class TicketFields:
    """What is predicted for a ticket, and what of it is shown.

    `ticket` is masked, and `masked` names the kinds of secrets that were found in it. `predicted` has every field that
    the face wanted, `shown` those that people may see, each with its mode and why it is held back.
    """

    ticket: Incident
    masked: frozenset[MaskedKind]
    predicted: Mapping[str, FieldSuggestion]
    shown: Mapping[str, FieldSuggestion]
    known: float
    is_control: bool

    @property
    def answer(self) -> Answer:
        """What is shown, as an answer."""
        return Answer(self.shown, self.known)


@dataclass(frozen=True, slots=True)
class TicketSuggestion:
    """What is predicted for a ticket, with the evidence; `suggestion` has only the fields that are shown.

    `major` is the active major incident that it reports, if it does, `security` what is done about it where it may be a
    security incident.
    """

    fields: TicketFields
    suggestion: Suggestion
    major: KnownMajor | None = None
    security: SecurityAdvice | None = None


def suggest_ticket(
    services: Services, ticket: Incident, *, explain: bool = False, is_masked: bool = False
) -> TicketSuggestion:
    """Suggest fields, known workarounds and similar incidents for one ticket.

    `is_masked` says that the ticket was masked already; with `explain` each field says why.
    """
    ticket, masked = (ticket, frozenset[MaskedKind]()) if is_masked else services.store.masking.incident(ticket)
    found = services.assistant.suggest(ticket, explain=explain)
    modes = services.modes.followed()  # the assistant has just read what was written
    fields = _shown(services, ticket, Answer(found.fields, found.known), modes, masked=masked)
    _log(services, [fields], modes, found.model.version, unnumbered=True)
    started = perf_counter()
    questions = services.assistant.questions(ticket, fields.shown)
    took_ms = round(found.took_ms + 1000 * (perf_counter() - started), 2)
    shown = replace(found, fields=fields.shown, questions=questions, took_ms=took_ms)
    return TicketSuggestion(fields, shown, known_major(services, ticket), security_advice(services, ticket))


def security_advice(services: Services, ticket: Incident) -> SecurityAdvice | None:
    """Return what is done about a ticket that tells of a security incident, or carries a label that says so."""
    practice, text = _security_in_force(services), services.store.embeddings.as_read(ticket).text
    sign = security_sign(text, services.shipped_vector(text))
    is_labelled = practice.is_labelled(ticket)
    if not (sign.is_flagged or is_labelled):
        return None
    said = indicators(f"{ticket.short_description}\n{ticket.description}")
    return SecurityAdvice(sign, is_labelled, practice.group, practice.procedures[sign.kind], tuple(said))


def _security_in_force(services: Services) -> SecurityPractice:
    """Return what is done about security incidents; as usual where practice.yaml cannot be used."""
    try:
        return services.practice.practice().security
    except PracticeFileError:
        return security_practice()


def suggest_fields(
    services: Services, tickets: Sequence[Incident], *, only: FieldFilter | None = None, is_masked: bool = False
) -> Iterator[TicketFields]:
    """Suggest the fields of many tickets, in their order.

    `only` says which fields of a ticket are wanted, all unless given; `is_masked` that the tickets were masked already.
    """
    modes, version = services.modes.all(), services.assistant.info().version
    for fields in _predicted(services, tickets, modes, only=only, is_masked=is_masked):
        _log(services, [fields], modes, version)
        yield fields


def open_tickets_to_review(services: Services, *, limit: int) -> list[ReviewItem]:
    """Return open tickets with the fields that nobody has set, the one that most needs a person first.

    Only what is listed is logged: nobody saw the rest.
    """
    modes, version = services.modes.all(), services.assistant.info().version
    tickets = services.store.open_incidents(limit=_REVIEWED)
    found = _predicted(services, tickets, modes, only=_is_undecided, is_masked=True)
    undecided = {fields.ticket.number: fields for fields in found if fields.shown}
    items = [ReviewItem(fields.ticket, fields.shown, fields.predicted) for fields in undecided.values()]
    listed = most_in_need_first(items)[:limit]
    _log(services, (undecided[item.incident.number] for item in listed), modes, version)
    return listed


def suggest_stored(services: Services, tickets: Sequence[Incident], *, is_shown: bool = True) -> list[TicketFields]:
    """Suggest the fields that nobody has set of stored tickets, in their order, from their stored vectors.

    `is_shown` says that somebody will see them, so that they are logged.
    """
    modes, version = services.modes.all(), services.assistant.info().version
    tickets = [services.store.embeddings.as_read(ticket) for ticket in tickets]
    vectors = services.store.embeddings.vectors([ticket.text for ticket in tickets])
    answers = services.assistant.answer(tickets, vectors) if tickets else []
    found = [
        _shown(services, ticket, answer, modes, masked=frozenset(), only=_is_undecided)
        for ticket, answer in zip(tickets, answers, strict=True)
    ]
    if is_shown:
        _log(services, found, modes, version)
    return found


def _is_undecided(ticket: Incident, name: str) -> bool:
    return ticket.value(name) is None


def _predicted(
    services: Services,
    tickets: Sequence[Incident],
    modes: Mapping[str, FieldMode],
    *,
    only: FieldFilter | None,
    is_masked: bool,
) -> Iterator[TicketFields]:
    """Yield what is predicted for tickets, and what of it is shown; nothing is logged yet."""
    masking = services.store.masking
    masked = [(ticket, frozenset[MaskedKind]()) if is_masked else masking.incident(ticket) for ticket in tickets]
    answers = services.assistant.classify([ticket for ticket, _ in masked])
    for (ticket, kinds), answer in zip(masked, answers, strict=True):
        yield _shown(services, ticket, answer, modes, masked=kinds, only=only)


def _shown(
    services: Services,
    ticket: Incident,
    answer: Answer,
    modes: Mapping[str, FieldMode],
    *,
    masked: frozenset[MaskedKind],
    only: FieldFilter | None = None,
) -> TicketFields:
    """Apply modes and safeguards to an answer; what holds back is read from all of its fields."""
    wanted = {name: field for name, field in answer.fields.items() if only is None or only(ticket, name)}
    is_at_work = bool(ticket.number) and ticket.is_open
    control = is_at_work and is_control(ticket.number, services.settings.control_share)
    held_back = reason_to_hold_back(answer.fields, ticket, urgent_too=services.settings.automatic_on_urgent)
    shown = hold_back(presented(wanted, modes, control=control), ticket, held_back)
    return TicketFields(ticket, masked, wanted, shown, answer.known, control)


def _log(
    services: Services,
    found: Iterable[TicketFields],
    modes: Mapping[str, FieldMode],
    version: str,
    *,
    unnumbered: bool = False,
) -> None:
    """Log what was predicted on the fields that are not off, for tickets at work; `unnumbered` ones by their text."""
    now = datetime.now(UTC)
    for fields in found:
        ticket = fields.ticket
        key = ticket.number or (ticket.text_sha256 if unnumbered else "")
        if not key or not ticket.is_open or ticket.number in services.memory.incidents:
            continue
        services.prediction_log.note(
            Prediction(
                ticket=key,
                field=name,
                value=field.best.value if field.best else None,
                confidence=field.confidence,
                decision=field.decision.value,
                shown=name in fields.shown and not fields.is_control,
                model=version,
                at=now,
            )
            for name, field in fields.predicted.items()
            if name not in modes or modes[name].mode is not Mode.OFF
        )
