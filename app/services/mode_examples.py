"""Mode examples at work: tickets on which a field would have been filled in, with what each is about."""

from __future__ import annotations

from app.composition import Services
from app.services.field_modes import check_learnt, evidence_for
from kb.records.errors import UnknownRecordError
from kb.records.excerpt import headline
from triage.mode_examples import ModeExample, mode_examples
from triage.modes import LIVE


def examples_for(services: Services, field: str, *, limit: int) -> list[tuple[ModeExample, str]]:
    """Return the newest examples of what a field would be filled with, wrong ones first, each with its subject.

    Examples whose ticket is gone, or had no number, are left out. Raises UnknownRecordError for a field that is not
    learnt.
    """
    check_learnt(services, field)
    is_live = evidence_for(services, field).source == LIVE
    found = mode_examples(field, services.prediction_log, services.models.serving(), is_live=is_live, limit=limit)
    return [(example, subject) for example in found if (subject := _subject(services, example.number)) is not None]


def _subject(services: Services, number: str) -> str | None:
    try:
        incident = services.store.incident(number)
    except UnknownRecordError:
        return None
    return headline(incident.short_description, incident.description)
