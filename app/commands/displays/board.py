"""Display of the board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from app.commands.console import out, say
from kb.records.queue_entry import QueueFlag

if TYPE_CHECKING:
    from app.schemas.board import BoardView, CardView, CellView, LaneView, LoadView


def print_board(board: BoardView) -> None:
    """Show the lanes of a board as rows of a table, and who is at the limit."""
    table = Table(title=f"{board.at:%Y-%m-%d %H:%M} UTC", show_lines=True)
    table.add_column("lane")
    for column in board.columns:
        table.add_column(f"{column.stage.replace('_', ' ')}{_load(column.load)}")
    for lane in board.lanes:
        if lane.count or not lane.expedite:
            table.add_row(escape(_lane(board, lane)), *(escape(_cell(cell)) for cell in lane.cells))
    out.print(table)
    hidden = board.total_lanes - sum(not lane.expedite for lane in board.lanes)
    if hidden > 0:
        say(f"... and {hidden:,} more lanes; --lanes shows more")
    for person in board.people:
        out.print(escape(f"{person.person}: {person.count} of at most {person.limit}"))


def _lane(board: BoardView, lane: LaneView) -> str:
    if lane.expedite:
        return f"expedite{_load(lane.load)}"
    return lane.name or ("everything else" if board.by == "none" else f"no {board.by}")


def _load(load: LoadView | None) -> str:
    if load is None:
        return ""
    return f" ({load.count} of {load.limit}{', over' if load.over else ''})"


def _cell(cell: CellView) -> str:
    more = cell.count - len(cell.cards)
    lines = [f"{cell.count:,}{_load(cell.load)}", *map(_card, cell.cards), *([f"+ {more:,}"] if more > 0 else [])]
    return "\n".join(lines)


def _card(card: CardView) -> str:
    marks = [flag.value.replace("_", " ") for flag in card.flags if flag is not QueueFlag.WAITING]
    return " ".join([card.number, *([f"({', '.join(marks)})"] if marks else [])])
