"""Administration over HTTP: modes of fields, allowed values, states, trained models, and drift."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from app.api.access import scoped
from app.api.routing import TheServices, problems_of
from app.presenters.administration import drift_view, field_mode_view, mode_examples_view, models_view, states_view
from app.schemas.administration import (
    CatalogueView,
    DriftView,
    FieldModeView,
    ModeBody,
    ModeExamplesView,
    ModelsView,
    ModesView,
    ServingBody,
    StatesBody,
    StatesView,
    ValuesBody,
)
from app.schemas.field_types import Key
from app.services.field_modes import evidence_for, fields_with_modes, set_field_mode
from app.services.mode_examples import examples_for
from kb.records.api_key import Scope
from training.drift import drift
from training.retraining import due
from triage.modes import FieldMode

watching = scoped(Scope.SUGGEST, tag="suggestions")
steering = scoped(Scope.ADMIN, tag="suggestions")

STEERING = (watching, steering)


@watching.get("/modes")
def list_modes(services: TheServices) -> ModesView:
    """List the mode of each field, and the evidence for setting it to automatic."""
    modes = services.modes.all()
    views = [
        field_mode_view(field, modes.get(field, FieldMode()), evidence_for(services, field))
        for field in fields_with_modes(services)
    ]
    settings = services.settings
    return ModesView(fields=views, control_share=settings.control_share, precision=settings.precision)


@watching.get("/modes/{field}/examples", responses=problems_of(404))
def list_mode_examples(
    field: Key, services: TheServices, limit: Annotated[int, Query(ge=1, le=20)] = 10
) -> ModeExamplesView:
    """List tickets on which a field would have been filled in: the newest ones, wrong ones first."""
    return mode_examples_view(field, examples_for(services, field, limit=limit))


@steering.put("/modes/{field}", responses=problems_of(404, 409))
def put_mode(field: Key, body: ModeBody, services: TheServices) -> FieldModeView:
    """Set the mode of a field; automatic needs evidence from the organisation's own tickets."""
    mode = set_field_mode(services, field, body.mode, by=body.by)
    return field_mode_view(field, mode, evidence_for(services, field))


@watching.get("/catalogue")
def get_catalogue(services: TheServices) -> CatalogueView:
    """List the allowed values of fields in the source system of tickets, as far as they are known."""
    return CatalogueView(fields=services.catalogue.all())


@steering.put("/catalogue/{field}")
def put_catalogue(field: Key, body: ValuesBody, services: TheServices) -> CatalogueView:
    """Set the allowed values of a field: no other is suggested or accepted from now on; an empty list allows any."""
    services.catalogue.put(field, body.values)
    return CatalogueView(fields=services.catalogue.all())


@watching.get("/states")
def list_states(services: TheServices) -> StatesView:
    """List the states that incidents have and what they mean, the unknown ones first."""
    return states_view(services.store.states.uses())


@steering.put("/states")
def put_states(body: StatesBody, services: TheServices) -> StatesView:
    """Set the meanings of states; every incident in one of them is read accordingly from the next answer on."""
    services.store.states.tell(body.meanings, by=body.by)
    return states_view(services.store.states.uses())


@watching.get("/models")
def list_models(services: TheServices) -> ModelsView:
    """List the trained models with their figures, and whether another training is due."""
    with services.memory.lock:
        state = due(services.memory, services.models, services.settings.retrain_after)
    return models_view(services.models.kept(), state)


@steering.put("/models/serving", responses=problems_of(404))
def put_serving_model(body: ServingBody, services: TheServices) -> ModelsView:
    """Serve with a trained model, in every process from the next answer on."""
    services.models.go_back(body.version)
    return list_models(services)


@watching.get("/drift", responses=problems_of(409))
def get_drift(
    services: TheServices,
    days: Annotated[float, Query(ge=1, le=3650, description="Number of last days to compare.")] = 30,
) -> DriftView:
    """Report whether the mix of tickets, the confidence or the accuracy changes, and where."""
    return drift_view(drift(services.store, services.prediction_log, fields_with_modes(services), days=days))
