"""The board as views."""

from __future__ import annotations

from app.presenters.queue import clock_mark_view
from app.schemas.board import BoardView, CardView, CellView, ColumnView, LaneView, LoadView, PersonLoadView
from kb.records.board import COLUMNS, LaneKind, LimitKind
from kb.records.clock_mark import ClockMark
from kb.records.incident import Incident
from kb.records.incident_moves import legal_moves
from kb.records.queue_entry import QueueFlag
from kb.service.board import Lane, Load, ShownBoard
from kb.vocabulary.stage import Stage

# Of a text without a subject so much stands on a card.
_SUBJECT = 120


def board_view(board: ShownBoard, by: LaneKind) -> BoardView:
    """Return the view of a board whose lanes divide by this."""
    picture, loads = board.picture, _Loads(board)
    return BoardView(
        at=board.at,
        by=by,
        over_limit="refuse" if board.rules.refuses else "warn",
        columns=[ColumnView(stage=stage, load=loads.of(LimitKind.COLUMN, stage)) for stage in COLUMNS],
        lanes=[_lane_view(board, lane, loads) for lane in picture.lanes],
        total_lanes=picture.lanes_in_all,
        people=[
            PersonLoadView(person=load.limit.name or "", **_load_view(load).model_dump())
            for load in picture.loads
            if load.limit.kind is LimitKind.PERSON
        ],
    )


class _Loads:
    """The loads of a board by what they are of."""

    def __init__(self, board: ShownBoard) -> None:
        self._found = {(one.limit.kind, one.limit.stage, one.limit.name): one for one in board.picture.loads}

    def of(self, kind: LimitKind, stage: Stage | None = None, name: str | None = None) -> LoadView | None:
        found = self._found.get((kind, stage, name))
        return None if found is None else _load_view(found)


def _load_view(load: Load) -> LoadView:
    return LoadView(limit=load.limit.most, count=load.count, over=load.count > load.limit.most)


def _lane_view(board: ShownBoard, lane: Lane, loads: _Loads) -> LaneView:
    return LaneView(
        name=lane.name,
        expedite=lane.is_expedite,
        count=lane.count,
        load=loads.of(LimitKind.EXPEDITE) if lane.is_expedite else None,
        cells=[
            CellView(
                stage=cell.stage,
                count=cell.count,
                load=None if lane.name is None else loads.of(LimitKind.LANE, cell.stage, lane.name),
                cards=[_card_view(board, card) for card in cell.cards],
            )
            for cell in lane.cells
        ],
    )


def _card_view(board: ShownBoard, incident: Incident) -> CardView:
    clock, flags = board.clocks.get(incident.number), board.flags[incident.number]
    since = incident.resolved_at if clock is None else clock.stage_since
    mark = clock or ClockMark(incident.number)
    return CardView(
        number=incident.number,
        subject=(incident.short_description or incident.description)[:_SUBJECT],
        priority=incident.priority,
        group=incident.assignment_group,
        service=incident.service,
        person=incident.assigned_to,
        stage=incident.stage,
        since=since,
        clock=clock_mark_view(mark, is_breached=QueueFlag.BREACHED in flags),
        flags=list(flags),
        moves=list(legal_moves(incident)),
    )
