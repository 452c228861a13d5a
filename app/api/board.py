"""The board over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from app.api.access import scoped
from app.api.routing import TheServices
from app.presenters.board import board_view
from app.schemas.board import BoardView
from app.schemas.field_types import Value
from app.services.board import board
from kb.records.api_key import Scope
from kb.records.board import LaneKind

reading = scoped(Scope.SUGGEST, tag="queue")

BOARD = (reading,)

_Filter = Annotated[Value, Field(min_length=1)]
"""What a board is narrowed to; an empty one is refused, since no incident has it."""


@reading.get("/board")
def get_board(
    services: TheServices,
    *,
    by: Annotated[LaneKind, Query(description="What the lanes divide incidents by.")] = LaneKind.NONE,
    group: Annotated[_Filter | None, Query(description="Only incidents of this assignment group.")] = None,
    service: Annotated[_Filter | None, Query(description="Only incidents of this service.")] = None,
    person: Annotated[_Filter | None, Query(description="Only incidents that this person works on.")] = None,
    lanes: Annotated[int, Query(ge=1, le=50, description="Lanes besides the expedite lane.")] = 20,
    lanes_offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=100, description="Cards in each column of each lane.")] = 20,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="Cards to skip.")] = 0,
) -> BoardView:
    """List open incidents by lane and stage, and those resolved in the last day, with the limits in force.

    Incidents that cannot wait have a separate lane on top; the others follow, the fullest first.
    """
    found = board(
        services,
        by=by,
        group=group,
        service=service,
        person=person,
        lanes=lanes,
        lanes_from=lanes_offset,
        cards=limit,
        cards_from=offset,
    )
    return board_view(found, by)
