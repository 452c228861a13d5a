"""Modes, trained models and drift as views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from app.schemas.administration import (
    DriftView,
    DueView,
    FieldModeView,
    KeptModelView,
    ModeExamplesView,
    ModeExampleView,
    ModelsView,
    StatesView,
    StateView,
)
from kb.storage.state_meanings import StateUse
from training.drift import Drift
from training.retraining import Due
from triage.mode_examples import ModeExample, without_examples
from triage.model import KeptModel
from triage.modes import FieldMode, ModeEvidence


def field_mode_view(field: str, mode: FieldMode, evidence: ModeEvidence) -> FieldModeView:
    """Return the view of a field's mode, with the evidence for letting it be automatic."""
    return FieldModeView.model_validate({"field": field, **asdict(mode), "evidence": asdict(evidence)})


def mode_examples_view(field: str, examples: Sequence[tuple[ModeExample, str]]) -> ModeExamplesView:
    """Return the view of what a field would be filled with; each example comes with its subject."""
    return ModeExamplesView(
        field=field,
        examples=[
            ModeExampleView(**asdict(example), subject=subject, is_right=example.is_right)
            for example, subject in examples
        ],
    )


def states_view(uses: Sequence[StateUse]) -> StatesView:
    """Return the view of the states that incidents have."""
    return StatesView(states=[StateView.model_validate(asdict(use)) for use in uses])


def models_view(models: Sequence[KeptModel], due: Due) -> ModelsView:
    """Return the view of the trained models, and of how far another training is."""
    return ModelsView(
        models=[
            KeptModelView.model_validate({**asdict(model), "metrics": without_examples(model.metrics)})
            for model in models
        ],
        due=DueView(changed=due.changed, needed=due.needed),
    )


def drift_view(drift: Drift) -> DriftView:
    """Return the view of the last days compared with those before."""
    return DriftView.model_validate({**asdict(drift), "moving": drift.moving})
