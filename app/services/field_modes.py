"""Modes of fields: which fields have one, on what evidence it may change, and when it falls back."""

from __future__ import annotations

from datetime import UTC, datetime

from app.composition import Services
from kb.records.errors import UnknownRecordError
from kb.records.mode import Mode
from triage.modes import FieldMode, ModeEvidence, evidence, fall_back, switch


def fields_with_modes(services: Services) -> list[str]:
    """Return the fields that are learnt, and those that somebody set a mode for."""
    serving = services.models.serving()
    return sorted({*(serving.fields if serving else ()), *services.modes.all()})


def evidence_for(services: Services, field: str) -> ModeEvidence:
    """Return what speaks for letting a field be automatic."""
    return evidence(field, services.journal, services.models.serving(), services.settings.precision)


def set_field_mode(services: Services, field: str, mode: Mode, *, by: str | None) -> FieldMode:
    """Set the mode of a field.

    Raises: NoEvidenceError, and UnknownRecordError for a field that is not learnt.
    """
    known = fields_with_modes(services)
    if field not in known:
        raise UnknownRecordError(f"no field {field} is learnt; there are {', '.join(known) or 'none'}")
    return switch(services.modes, field, mode, evidence_for(services, field), by=by, at=datetime.now(UTC))


def fall_back_without_evidence(services: Services) -> dict[str, FieldMode]:
    """Recommend fields again that are automatic without evidence, and return these."""
    serving, precision = services.models.serving(), services.settings.precision
    return fall_back(services.modes, services.journal, serving, precision, at=datetime.now(UTC))
