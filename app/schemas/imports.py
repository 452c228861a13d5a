"""Imports: previews of what an import would do."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.schemas.jobs import RejectView
from app.schemas.wordings import WordingView
from kb.records.rejects import RejectKind
from kb.vocabulary.stage import Stage


class ColumnView(BaseModel):
    """A column, the field that it is read as, and its first values."""

    column: str
    field: str | None = Field(description="The field that it is read as; null for a further column.")
    examples: list[str]


class DoubtView(BaseModel):
    """A column that resembles a field but is not read as it."""

    column: str
    field: str
    reason: str
    wording: WordingView | None = Field(default=None, description="The parts of the reason, where it has some.")


class DateOrderView(BaseModel):
    """Whether 3/4/2024 is the third of April or the fourth of March."""

    day_first: bool
    reason: str | None = Field(description="The reason; null if the file does not decide it.")
    wording: WordingView | None = Field(default=None, description="The parts of the reason, where it has some.")
    example: str | None = Field(description="A date that can be read in both orders.")
    is_mixed: bool = Field(description="Whether some dates can only be read in the other order.")


class StateCountView(BaseModel):
    """A state, what it means, and how many incidents are in it."""

    state: str
    stage: Stage
    incidents: int


class ProblemCountView(BaseModel):
    """Problems of one kind: how many, and the first of them."""

    kind: RejectKind
    column: str | None
    count: int
    examples: list[str]
    rejects: list[RejectView] = Field(default_factory=list, description="The same examples, as values.")


class ImportPreviewView(BaseModel):
    """What an import would do; nothing is written."""

    tool: str | None = Field(description="The ticket tool that the columns come from, if they show it.")
    incidents: int
    columns: list[ColumnView]
    doubts: list[DoubtView]
    recalled: dict[str, str] = Field(description="The mapping chosen for an earlier file with the same columns.")
    sheets: list[str] = Field(description="Sheets of a workbook in their order; empty for other files.")
    dates: str = Field(description="How 3/4/2024 is read, and why.")
    date_order: DateOrderView
    states: list[StateCountView]
    problems: list[ProblemCountView]
