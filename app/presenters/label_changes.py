"""Label changes as views."""

from __future__ import annotations

from dataclasses import asdict

from app.schemas.label_changes import LabelChangeView
from kb.records.label_change import LabelChange


def label_change_view(change: LabelChange) -> LabelChangeView:
    """Return the view of a label change."""
    return LabelChangeView.model_validate(asdict(change))
