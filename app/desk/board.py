"""Page: open tickets by stage, in lanes, with limits on work in progress."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

import streamlit as st

from app.desk.address import chosen_option, chosen_view, page_in_address, paged, turn_pages
from app.desk.board_cards import Card, Cell, Place, board_cards
from app.desk.clock_words import flag_marks, time_words
from app.desk.field_form import filter_values
from app.desk.language import _, counted, duration, number
from app.desk.moves import move
from app.desk.shell import page, refused, service
from app.desk.stage_words import stage_name
from app.desk.texts import label
from app.desk.watching import watch
from app.schemas.board import BoardView, CardView, CellView, ColumnView, LaneView, LoadView
from kb.records.board import LaneKind
from kb.records.queue_entry import QueueFlag
from kb.vocabulary.stage import FINISHED, Stage
from models.errors import TriageError

_LANES = 10
_CARDS = (5, 10, 20, 50, 100)
_CARDS_OF_A_LANE, _CARDS_WITHOUT_LANES = 5, 20
# what the column or the time says already
_SAID = (QueueFlag.WAITING, QueueFlag.BREACHED)


def show() -> None:
    """Lay out the page."""
    page(_("Board"))
    by, asked = _filters()

    def read(offset: int) -> BoardView:
        return service().board(by=by.value, lanes=_LANES, lanes_offset=offset, **asked)

    try:
        found = paged("lanes", read, lambda board: board.total_lanes, size=_LANES, asked=(by, asked))
    except TriageError as error:
        refused(error)
        return
    offset = (page_in_address() - 1) * _LANES
    watch(lambda: _places(read(offset)), _places(found))
    _people(found)
    moved = board_cards(
        [
            Place(stage_name(one.stage), _load(one.load), one.load is not None and one.load.over)
            for one in found.columns
        ],
        [_lane(found, lane) for lane in found.lanes if lane.count or not lane.expedite],
        key="board-cards",
        move_label=_("Move"),
    )
    turn_pages(found.total_lanes, size=_LANES)
    if moved is not None:
        stages = {card.number: card.stage for lane in found.lanes for cell in lane.cells for card in cell.cards}
        move(moved.number, stages[moved.number], Stage(moved.to))


def _filters() -> tuple[LaneKind, dict[str, Any]]:
    """Show what the lanes are and the filters, all of which stand in the page's address; returns those that are set."""
    names = {
        LaneKind.NONE.value: _("No lanes"),
        LaneKind.GROUP.value: _("Teams"),
        LaneKind.SERVICE.value: _("Services"),
    }
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        by = LaneKind(chosen_view(_("Lanes"), names, key="by", usual=LaneKind.NONE.value))
        select = partial(st.selectbox, index=None, bind="query-params", width=160, label_visibility="collapsed")
        group = select(_("Team"), filter_values("assignment_group", key="group"), key="group", placeholder=_("Team"))
        affected = select(
            _("Service"), filter_values("service", key="service"), key="service", placeholder=_("Service")
        )
        owner = st.text_input(
            _("Person"),
            key="owner",
            bind="query-params",
            width=140,
            max_chars=200,
            placeholder=_("Person"),
            label_visibility="collapsed",
        )
        cards = chosen_option(
            _("Tickets in each column"),
            {str(count): _("{count} each").format(count=number(count)) for count in _CARDS},
            key="cards",
            usual=str(_CARDS_OF_A_LANE if by is not LaneKind.NONE else _CARDS_WITHOUT_LANES),
            width=110,
            is_labelled=False,
        )
        st.button(_("Refresh"), icon=":material/refresh:")
    given = {"group": group, "service": affected, "person": owner.strip() or None}
    return by, {"limit": cards, **{name: value for name, value in given.items() if value}}


def _places(found: BoardView) -> object:
    """Return what of a board changes by somebody's act alone, not by the time."""
    cells = [cell for lane in found.lanes for cell in lane.cells]
    return found.columns, [
        (cell.count, [(card.number, card.group, card.person) for card in cell.cards]) for cell in cells
    ]


def _people(found: BoardView) -> None:
    """Say who is at the limit per person or beyond it."""
    if found.people:
        told = ", ".join(
            _("{name} {count} of {limit}").format(name=one.person, count=number(one.count), limit=number(one.limit))
            for one in found.people
        )
        st.caption(label(_("At their limit: {people}").format(people=told), 600))


def _column(column: ColumnView) -> Place:
    return Place(stage_name(column.stage), _load(column.load), column.load is not None and column.load.over)


def _lane(found: BoardView, lane: LaneView) -> Place:
    nobodys = {LaneKind.NONE: _("All"), LaneKind.GROUP: _("No team"), LaneKind.SERVICE: _("No service")}
    title = _("Cannot wait") if lane.expedite else lane.name or nobodys[found.by]
    note = _load(lane.load) or counted(lane.count, "{count} ticket", "{count} tickets")
    return Place(title, note, lane.load is not None and lane.load.over, [_cell(cell, found.at) for cell in lane.cells])


def _cell(cell: CellView, at: datetime) -> Cell:
    more = cell.count - len(cell.cards)
    return Cell(
        _load(cell.load) or number(cell.count),
        cell.load is not None and cell.load.over,
        [_card(card, at) for card in cell.cards],
        _("and {count} more").format(count=number(more)) if more > 0 else "",
    )


def _card(card: CardView, at: datetime) -> Card:
    marks = flag_marks()
    owner = " · ".join(filter(None, (card.group, card.person)))
    times = [time_words(card.clock)]
    if card.since is not None:
        times.append(_("here for {time}").format(time=duration((at - card.since).total_seconds())))
    lines = [" · ".join(filter(None, (card.priority, owner))), " · ".join(filter(None, times))]
    return Card(
        card.number,
        f"ticket?number={quote(card.number, safe='')}",
        card.subject,
        [line for line in lines if line],
        [marks[flag] for flag in card.flags if flag in marks and flag not in _SAID],
        [(stage.value, stage_name(stage)) for stage in card.moves if stage not in FINISHED],
    )


def _load(load: LoadView | None) -> str:
    """Return how full a place is that has a limit, and whether it is over it."""
    if load is None:
        return ""
    words = _("{count} of {limit}, over the limit") if load.over else _("{count} of {limit}")
    return words.format(count=number(load.count), limit=number(load.limit))
