"""Limits of the board that are exceeded, as views."""

from __future__ import annotations

from app.schemas.exceeded import ExceededView, RefusedMoveView
from kb.records.board import Excess
from kb.records.incident_moves import RefusedMove


def exceeded_view(excess: Excess) -> ExceededView:
    """Return the view of a limit that one more incident would exceed."""
    limit = excess.limit
    return ExceededView(kind=limit.kind, stage=limit.stage, name=limit.name, limit=limit.most, count=excess.count)


def refused_move_view(move: RefusedMove) -> RefusedMoveView:
    """Return the view of a move that the workflow does not allow."""
    return RefusedMoveView(
        number=move.number, stage=move.before, to=move.to, obstacle=move.obstacle, moves=list(move.moves)
    )
