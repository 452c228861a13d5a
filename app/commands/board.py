"""Command that shows the board."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.options import Home, Json, home_of, open_services
from kb.records.board import LaneKind


def board(
    context: typer.Context,
    by: Annotated[LaneKind, typer.Option("--by", help="What the lanes divide incidents by.")] = LaneKind.NONE,
    group: Annotated[str | None, typer.Option("--group", help="Only incidents of this assignment group.")] = None,
    service: Annotated[str | None, typer.Option("--service", help="Only incidents of this service.")] = None,
    person: Annotated[str | None, typer.Option("--person", help="Only incidents that this person works on.")] = None,
    lanes: Annotated[int, typer.Option("--lanes", min=1, max=50, help="Lanes to show, the fullest first.")] = 10,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="Incidents to show in each column.")] = 5,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show open incidents by lane and stage, and which limits are reached."""
    from app.commands.displays.board import print_board
    from app.presenters.board import board_view
    from app.services.board import board as board_of

    with open_services(home_of(context, home)) as services:
        found = board_of(services, by=by, group=group, service=service, person=person, lanes=lanes, cards=limit)
        view = board_view(found, by)
    if as_json:
        print(view.model_dump_json())
    else:
        print_board(view)
