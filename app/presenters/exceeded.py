"""Limits of the board that are exceeded, as views."""

from __future__ import annotations

from app.schemas.exceeded import ExceededView
from kb.records.board import Excess


def exceeded_view(excess: Excess) -> ExceededView:
    """Return the view of a limit that one more incident would exceed."""
    limit = excess.limit
    return ExceededView(kind=limit.kind, stage=limit.stage, name=limit.name, limit=limit.most, count=excess.count)
