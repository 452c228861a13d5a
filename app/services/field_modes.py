"""Modes of fields: which fields have one, on what evidence it may change, and when it falls back."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from app.composition import Services
from kb.records.errors import UnknownRecordError
from kb.records.mode import Mode
from kb.records.webhook import Event
from kb.records.wording import Wording
from triage.modes import FieldMode, ModeEvidence, evidence, fall_back, switch


def fields_with_modes(services: Services) -> list[str]:
    """Return the fields that are learnt, and those that somebody set a mode for."""
    serving = services.models.serving()
    return sorted({*(serving.fields if serving else ()), *services.modes.all()})


def evidence_for(services: Services, field: str) -> ModeEvidence:
    """Return what speaks for letting a field be automatic."""
    return evidence(field, services.prediction_log, services.models.serving(), services.settings.precision)


def check_learnt(services: Services, field: str) -> None:
    """Raise UnknownRecordError for a field that is not learnt."""
    known = fields_with_modes(services)
    if field not in known:
        raise UnknownRecordError(
            Wording(
                'unknown field "{input}"; fields that are learnt: {names}',
                {"input": field, "names": ", ".join(known) or "none"},
            )
        )


def set_field_mode(services: Services, field: str, mode: Mode, *, by: str | None) -> FieldMode:
    """Set the mode of a field.

    Raises: NoEvidenceError, and UnknownRecordError for a field that is not learnt.
    """
    check_learnt(services, field)
    return switch(services.modes, field, mode, partial(evidence_for, services), by=by, at=datetime.now(UTC))


def fall_back_without_evidence(services: Services) -> dict[str, FieldMode]:
    """Recommend fields again that are automatic without evidence, announce these, and return them."""
    fallen = dict[str, FieldMode]()
    for field, mode in services.modes.all().items():
        if mode.mode is Mode.AUTOMATIC and (found := _fall_back(services, field)) is not None:
            fallen[field] = found
    return fallen


def _fall_back(services: Services, field: str) -> FieldMode | None:
    """Recommend a field again that lost its evidence; the announcement belongs to the act."""
    precision = services.settings.precision
    if evidence_for(services, field).still_allows_automatic(precision):
        return None  # looked at first without keeping others from writing: so it nearly always is
    with services.store.database.writing():
        fallen = fall_back(services.modes, field, partial(evidence_for, services), precision, at=datetime.now(UTC))
        if fallen is not None:
            services.webhooks.announce(Event.MODE_FELL_BACK, {"field": field, "notice": fallen.notice})
    return fallen
