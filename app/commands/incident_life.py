"""Commands for the life of an incident: what happened to it, and its moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from app.commands.console import out, say
from app.commands.options import Home, Json, home_of, open_services
from kb.vocabulary.stage import Stage

if TYPE_CHECKING:
    from app.schemas.incident_life import EventView

_Number = Annotated[str, typer.Argument(help="Number of an incident.")]


def timeline(context: typer.Context, number: _Number, home: Home = None, as_json: Json = False) -> None:
    """Show what happened to an incident, the earliest first, and whose it is (times in UTC)."""
    from app.presenters.incident_life import timeline_view
    from app.services.incident_life import timeline as timeline_of

    with open_services(home_of(context, home)) as services:
        view = timeline_view(timeline_of(services, number))
    if as_json:
        print(view.model_dump_json())
        return
    for event in view.events:
        out.print(escape(_line(event)))
    if view.owner is not None:
        owner = " of ".join(filter(None, (view.owner.person, view.owner.group)))
        say(f"owner: {owner}; from group to group: {view.hops}")


def _line(event: EventView) -> str:
    by = f" ({event.by})" if event.by else ""
    return f"{event.happened_at:%Y-%m-%d %H:%M}  {event.text}{by}"


def move(
    context: typer.Context,
    number: _Number,
    stage: Annotated[Stage, typer.Argument(help="The stage to which it goes.")],
    by: Annotated[str | None, typer.Option("--by", help="Who does this.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="Store this with the move.")] = None,
    override: Annotated[
        str | None, typer.Option("--override", help="Why it has to go beyond a limit of the board.", metavar="REASON")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Move an incident to another stage, where that is allowed and the board has room."""
    from app.presenters.incident_life import moved_view
    from app.services.incident_life import move_incident

    with open_services(home_of(context, home)) as services:
        done = move_incident(services, number, stage, by=by, note=note, override=override)
        view = moved_view(done.incident, done.excesses, done.undo)
    if as_json:
        print(view.model_dump_json())
        return
    say(f"{view.number} is {view.stage.value.replace('_', ' ')}")
    for warning in view.warnings:
        say(f"beyond a limit: {warning}")
