"""Commands for the life of an incident: what happened to it, and its moves."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from app.commands.arguments import given_moment
from app.commands.console import out, say
from app.commands.options import Home, Json, home_of, open_services
from kb.records.incident_event import HAPPENINGS, EventKind
from kb.vocabulary.stage import Stage

if TYPE_CHECKING:
    from app.schemas.incident_life import EventView


def _happening(text: str) -> EventKind:
    if text not in HAPPENINGS:
        raise typer.BadParameter(f"{text}: is none of {', '.join(HAPPENINGS)}")
    return EventKind(text)


_Number = Annotated[str, typer.Argument(help="Number of an incident.")]


def timeline(
    context: typer.Context,
    number: _Number,
    add: Annotated[
        EventKind | None,
        typer.Option(
            "--add",
            parser=_happening,
            metavar="KIND",
            help=f"Add that this happened, instead of showing the timeline: {', '.join(HAPPENINGS)}.",
        ),
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="With --add: what happened, in words.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="With --add: who did it.")] = None,
    at: Annotated[
        datetime | None,
        typer.Option("--at", parser=given_moment, metavar="MOMENT", help="With --add: when; now unless given."),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show what happened to an incident, the earliest first, and whose it is (times in UTC); --add tells of more."""
    if add is not None:
        _add(context, number, add, note=note, by=by, at=at, home=home, as_json=as_json)
        return
    if any(value is not None for value in (note, by, at)):
        raise typer.BadParameter("--note, --by and --at are of an event that is added; say which with --add")
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


def _add(
    context: typer.Context,
    number: str,
    kind: EventKind,
    *,
    note: str | None,
    by: str | None,
    at: datetime | None,
    home: Home,
    as_json: bool,
) -> None:
    from app.presenters.incident_life import event_view
    from app.services.incident_life import note_event

    if kind is EventKind.NOTED and not (note or "").strip():
        raise typer.BadParameter("noted needs --note, which says what happened")
    with open_services(home_of(context, home)) as services:
        view = event_view(note_event(services, number, kind, by=by, note=note, at=at))
    if as_json:
        print(view.model_dump_json())
    else:
        say(f"added: {_line(view)}")


def _line(event: EventView) -> str:
    by = f" ({event.by})" if event.by else ""
    return f"{event.happened_at:%Y-%m-%d %H:%M}  {event.text}{by}"


def move(
    context: typer.Context,
    number: _Number,
    stage: Annotated[
        str,
        typer.Argument(
            help=f"Where it goes: {', '.join(stage for stage in Stage if stage is not Stage.UNKNOWN)}, or what a "
            "ticket tool calls one of them, such as 'On Hold'."
        ),
    ],
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
