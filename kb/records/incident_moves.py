"""Incident moves: an incident taken from one stage to another by a person, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kb.records.incident import Incident
from kb.records.life_cycle import IllegalMoveError
from kb.vocabulary.moves import MoveObstacle, Refusal, read_moves, words
from kb.vocabulary.stage import Stage
from kb.vocabulary.states import plain_state, stage_of
from models.errors import InvalidError

_NEEDS_OWNER = Refusal(
    MoveObstacle.NEEDS_OWNER,
    frozenset(Stage),
    frozenset({Stage.ASSIGNED}),
    "it has neither a group nor a person; give it one first",
)
_STAGES = {plain_state(stage.value): stage for stage in Stage}


@dataclass(frozen=True, slots=True)
class RefusedMove:
    """A move that the workflow does not allow, what keeps the incident from it, and the moves that are legal."""

    number: str
    before: Stage
    to: Stage
    obstacle: MoveObstacle
    moves: tuple[Stage, ...]


class IncidentMoveError(IllegalMoveError):
    """An incident may not go to a stage; the message says why and where it may go, `move` says it as values."""

    def __init__(self, message: str, move: RefusedMove | None = None) -> None:
        super().__init__(message)
        self.move = move


class UnknownStateError(InvalidError):
    """A name that no stage and no state has; the message lists the stages."""


def moved(incident: Incident, wanted: str, at: datetime, told: Mapping[str, Stage]) -> Incident:
    """Return an incident in another stage, with the times and counts that follow from the move.

    `wanted` is a stage, or a state that means one; `told` is what the organisation said that its states mean. Raises
    UnknownStateError, and IllegalMoveError with the reason and the moves that are legal.
    """
    to = stage_meant(wanted, told)
    refusal = read_moves().refusal(incident.stage, to)
    if refusal is None and to is Stage.ASSIGNED and not (incident.assignment_group or incident.assigned_to):
        refusal = _NEEDS_OWNER
    if refusal is not None:
        ways = legal_moves(incident)
        raise IncidentMoveError(
            f"{incident.number} cannot go from {words(incident.stage)} to {words(to)}: {refusal.reason}. "
            f"From here it goes to {' or '.join(map(words, ways))}",
            RefusedMove(incident.number, incident.stage, to, refusal.obstacle, ways),
        )
    state = next((name for name in read_moves().names[to] if told.get(plain_state(name), to) is to), words(to))
    after = incident.in_state(state, to)
    match to:
        case Stage.RESOLVED:
            return replace(after, resolved_at=at)
        case Stage.CLOSED | Stage.CANCELLED:
            return replace(after, closed_at=at)
        case _ if incident.stage.is_finished:
            return replace(after, reopen_count=(incident.reopen_count or 0) + 1, resolved_at=None, closed_at=None)
        case _:
            return replace(after, closed_at=None)


def stage_meant(wanted: str, told: Mapping[str, Stage]) -> Stage:
    """Return the stage that is called so, or that a state means by what was told and by the words of the tools.

    Raises UnknownStateError.
    """
    name = plain_state(wanted)
    if name in _STAGES:
        return _STAGES[name]
    found = told.get(name, stage_of(wanted))
    known = ", ".join(stage.value for stage in Stage if stage is not Stage.UNKNOWN)
    if not name:
        raise UnknownStateError(f"to: names no state; write one of {known}", field="to")
    if found is Stage.UNKNOWN:
        raise UnknownStateError(
            f'to: no state is called "{wanted}"; write one of {known}, or what a ticket tool calls one of them, such '
            f'as On Hold. `triage states set "{wanted}" STAGE` says what a name means',
            field="to",
        )
    return found


def legal_moves(incident: Incident) -> tuple[Stage, ...]:
    """Return the stages to which an incident may go, the usual one first."""
    moves = read_moves().legal[incident.stage]
    is_owned = incident.assignment_group or incident.assigned_to
    return moves if is_owned else tuple(stage for stage in moves if stage is not Stage.ASSIGNED)
