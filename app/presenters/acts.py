"""Acts in the queue as views."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from app.presenters.exceeded import exceeded_view
from app.presenters.wordings import wording_view
from app.schemas.acts import ActResultView, ActsView, RefusedActView, RefusedUndoView
from kb.records.act import ActResult, ActStatus, RefusedUndo


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
        warnings=[str(one) for one in result.excesses if result.status is ActStatus.DONE],
        exceeded=list(map(exceeded_view, result.excesses)),
        refusal=None if result.refusal is None else RefusedActView(**asdict(result.refusal)),
        wording=wording_view(result.reason),
    )


def refused_undo_view(refusal: RefusedUndo) -> RefusedUndoView:
    """Return the view of what keeps an act from being undone."""
    return RefusedUndoView(**asdict(refusal))
