"""What is said of a move that the workflow does not allow."""

from __future__ import annotations

from app.desk.language import _, in_sentence
from app.desk.stage_words import stage_name
from kb.records.incident_moves import RefusedMove
from kb.vocabulary.moves import MoveObstacle


def refused_move_words(move: RefusedMove) -> str:
    """Return why a ticket may not go to a stage, and where it may go."""
    reason = {
        MoveObstacle.ALREADY: _("It is there already."),
        MoveObstacle.NEEDS_OWNER: _("It has neither a team nor a person. Give it one first."),
        MoveObstacle.RESOLVE_FIRST: _("It is resolved before it is closed, so that the caller can say whether it is."),
        MoveObstacle.IS_OVER: _("Nobody waits for anything in a ticket that is over. Reopen it first."),
        MoveObstacle.BACK_TO_GROUP: _("A reopened ticket goes back to the team that worked on it."),
        MoveObstacle.WAS_SOLVED: _("It was solved, so it cannot be cancelled."),
        MoveObstacle.IS_CLOSED: _("It is closed, which includes that it is resolved. Reopen it first."),
        MoveObstacle.WAS_WORKED_ON: _("Somebody has worked on it already. Assign it instead."),
        MoveObstacle.WAS_CANCELLED: _("It was cancelled. Make it new again first."),
        MoveObstacle.NO_STAGE: _("“Unknown” is no stage of the work."),
    }[move.obstacle]
    return _("{number} stays “{state}”. {reason} From here it goes to: {moves}.").format(
        number=move.number,
        state=stage_name(move.before),
        reason=reason,
        moves=", ".join(in_sentence(stage_name(stage)) for stage in move.moves),
    )
