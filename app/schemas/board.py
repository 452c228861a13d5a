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
    """How many incidents count against a limit."""

    limit: int
    count: int = Field(description="Over all that the limit is of, whatever the board is narrowed to.")
    over: bool


class PersonLoadView(LoadView):
    """How much a person has who is at the limit or beyond it."""

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
    since: datetime | None = Field(description="When it came into its column.")
    clock: ClockMarkView
    flags: list[QueueFlag]
    moves: list[Stage] = Field(description="The stages to which it may be moved, the usual one first.")


class CellView(BaseModel):
    """One column of one lane."""

    stage: Stage
    count: int
    load: LoadView | None = Field(description="The limit of the column in this lane; null where it has none.")
    cards: list[CardView] = Field(description="The most urgent ones; of resolved ones the latest.")


class LaneView(BaseModel):
    """A lane with its columns."""

    name: str | None = Field(description="Group or service; null for incidents without one, and for everything.")
    expedite: bool = Field(description="Whether it is the lane on top, for what cannot wait.")
    count: int
    load: LoadView | None = Field(description="The limit of the expedite lane; null where there is none.")
    cells: list[CellView]


class ColumnView(BaseModel):
    """A column over all lanes."""

    stage: Stage
    load: LoadView | None = Field(description="Its limit; null where it has none.")


class BoardView(BaseModel):
    """Open incidents by lane and stage; those of the last day are in the column of the resolved ones."""

    at: datetime
    by: LaneKind
    over_limit: Literal["warn", "refuse"] = Field(description="What becomes of a move beyond a limit.")
    columns: list[ColumnView]
    lanes: list[LaneView] = Field(description="The expedite lane, then the fullest lanes.")
    total_lanes: int = Field(description="Lanes beside the expedite lane.")
    people: list[PersonLoadView] = Field(description="Who is at the limit per person or beyond it, the busiest first.")
