"""The board: open incidents by lane and stage, with limits on work in progress."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from app.schemas.queue import ClockMarkView
from kb.records.board import LaneKind
from kb.records.queue_entry import QueueFlag
from kb.vocabulary.stage import Stage


class LoadView(BaseModel):
    """The number of incidents that count against a limit."""

    limit: int
    count: int = Field(description="All incidents that the limit covers, regardless of the board's filter.")
    over: bool


class PersonLoadView(LoadView):
    """The load of a person who is at or above the limit."""

    person: str


class CardView(BaseModel):
    """An incident on the board."""

    number: str
    subject: str
    priority: str | None
    group: str | None
    service: str | None
    person: str | None
    stage: Stage
    since: datetime | None = Field(description="When it entered its column; null where nobody told.")
    clock: ClockMarkView
    flags: list[QueueFlag]
    moves: list[Stage] = Field(description="The stages that it may be moved to, the usual one first.")


class CellView(BaseModel):
    """One column of one lane."""

    stage: Stage
    count: int
    load: LoadView | None = Field(description="The limit of the column in this lane; null without one.")
    cards: list[CardView] = Field(description="The most urgent incidents; in the resolved column, the latest.")


class LaneView(BaseModel):
    """A lane with its columns."""

    name: str | None = Field(
        description="Group or service; null for incidents without one, and for a board without lanes."
    )
    expedite: bool = Field(description="Whether it is the expedite lane on top, for incidents that cannot wait.")
    count: int
    load: LoadView | None = Field(description="The limit of the expedite lane; null without one.")
    cells: list[CellView]


class ColumnView(BaseModel):
    """A column over all lanes."""

    stage: Stage
    load: LoadView | None = Field(description="Its limit; null without one.")


class BoardView(BaseModel):
    """Open incidents by lane and stage, with a column of those resolved in the last day."""

    at: datetime
    by: LaneKind
    over_limit: Literal["warn", "refuse"] = Field(
        description="Whether a move beyond a limit gets a warning or is refused."
    )
    columns: list[ColumnView]
    lanes: list[LaneView] = Field(description="The expedite lane, then the fullest lanes.")
    total_lanes: int = Field(description="Lanes beside the expedite lane.")
    people: list[PersonLoadView] = Field(description="People at or above the limit per person, the busiest first.")
