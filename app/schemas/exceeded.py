"""What keeps an incident from a move: limits of the board that it would exceed, and the workflow."""

from __future__ import annotations

from pydantic import BaseModel, Field

from kb.records.board import Excess, Limit, LimitKind
from kb.records.incident_moves import RefusedMove
from kb.vocabulary.moves import MoveObstacle
from kb.vocabulary.stage import Stage


class RefusedMoveView(BaseModel):
    """A move that the workflow does not allow."""

    number: str
    stage: Stage = Field(description="Where the incident is.")
    to: Stage
    obstacle: MoveObstacle = Field(description="What keeps it from there; the detail says it in words.")
    moves: list[Stage] = Field(description="The stages that it may be moved to, the usual one first.")

    def refused_move(self) -> RefusedMove:
        """Return what it is a view of."""
        return RefusedMove(self.number, self.stage, self.to, self.obstacle, tuple(self.moves))


class ExceededView(BaseModel):
    """A limit of the board that one more incident would exceed."""

    kind: LimitKind
    stage: Stage | None = Field(description="Its column; null for the limit of a person or of the expedite lane.")
    name: str | None = Field(description="Its lane or person; null for a limit that is of neither.")
    limit: int
    count: int = Field(description="Incidents that were there before.")

    def excess(self) -> Excess:
        """Return what it is a view of."""
        return Excess(Limit(self.kind, self.limit, self.stage, self.name), self.count)
