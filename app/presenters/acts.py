"""Acts in the queue as views."""

from __future__ import annotations

from collections.abc import Iterable

from app.schemas.acts import ActResultView, ActsView
from kb.records.act import ActResult


def acts_view(results: Iterable[ActResult]) -> ActsView:
    """Return the view of what became of acts, in their order."""
    return ActsView(results=[_result_view(result) for result in results])


def _result_view(result: ActResult) -> ActResultView:
    return ActResultView(
        number=result.number,
        status=result.status,
        reason=result.reason,
        fields=dict(result.fields),
        undo=None if result.undo is None else str(result.undo),
        warnings=list(result.warnings),
    )
