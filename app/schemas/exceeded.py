"""Limits of the board that are exceeded."""

from __future__ import annotations

from pydantic import BaseModel, Field

from kb.records.board import Excess, Limit, LimitKind
from kb.vocabulary.stage import Stage


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
