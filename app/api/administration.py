"""Steering: modes of fields, trained models, and whether anything is moving."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from app.api.access import scoped
from app.api.routing import TheServices, problems_of
from app.presenters.administration import drift_view, field_mode_view, models_view
from app.schemas.administration import (
    CatalogueView,
    DriftView,
    FieldModeView,
    ModeBody,
    ModelsView,
    ModesView,
    ValuesBody,
)
from app.schemas.field_types import Key
from app.services.field_modes import evidence_for, fields_with_modes, set_field_mode
from kb.records.api_key import Scope
from training.drift import drift
from training.retraining import due
from triage.modes import FieldMode

watching = scoped(Scope.SUGGEST, tag="suggestions")
steering = scoped(Scope.ADMIN, tag="suggestions")

STEERING = (watching, steering)


@watching.get("/modes")
def list_modes(services: TheServices) -> ModesView:
    """List what the desk does with suggestions on each field, and the evidence for letting it be automatic."""
    modes = services.modes.all()
    views = [
        field_mode_view(field, modes.get(field, FieldMode()), evidence_for(services, field))
        for field in fields_with_modes(services)
    ]
    return ModesView(fields=views, control_share=services.settings.control_share)


@steering.put("/modes/{field}", responses=problems_of(404, 409))
def put_mode(field: Key, body: ModeBody, services: TheServices) -> FieldModeView:
    """Set what the desk does with suggestions on a field; automatic only on evidence from its own tickets."""
    mode = set_field_mode(services, field, body.mode, by=body.by)
    return field_mode_view(field, mode, evidence_for(services, field))


@watching.get("/catalogue")
def get_catalogue(services: TheServices) -> CatalogueView:
    """List the values that fields have in the system that tickets come from, as far as that was told."""
    return CatalogueView(fields=services.catalogue.all())


@steering.put("/catalogue/{field}")
def put_catalogue(field: Key, body: ValuesBody, services: TheServices) -> CatalogueView:
    """Say which values a field has: no other is suggested or taken from now on; with an empty list, any."""
    services.catalogue.put(field, body.values)
    return CatalogueView(fields=services.catalogue.all())


@watching.get("/models")
def list_models(services: TheServices) -> ModelsView:
    """List the trained models with their figures, and say whether another training is due."""
    with services.memory.lock:
        state = due(services.memory, services.models, services.settings.retrain_after)
    return models_view(services.models.kept(), state)


@watching.get("/drift", responses=problems_of(409))
def get_drift(
    services: TheServices,
    days: Annotated[float, Query(ge=1, le=3650, description="How many of the last days to compare.")] = 30,
) -> DriftView:
    """Say whether the mix of tickets, confidence or agreement with what was right is moving, and where."""
    return drift_view(drift(services.store, services.journal, fields_with_modes(services), days=days))
