"""Commands for accepted major incidents: their rooms, from roles to review."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import console
from app.commands.arguments import given_path
from app.commands.options import Home, Json, home_of, open_services, print_json
from kb.records.major_room import RoomState

if TYPE_CHECKING:
    from app.composition import Services

major = typer.Typer(
    help="Major incidents: roles, messages, reports, review.", rich_markup_mode=None, no_args_is_help=True
)

MAJOR = {"major": major}

_Number = Annotated[str, typer.Argument(help="Id of a major incident: the number of its first incident.")]
_By = Annotated[str | None, typer.Option("--by", help="Who does this.")]
_Children = Annotated[list[str], typer.Argument(help="Numbers of incidents.")]


@major.command()
def declare(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="Number of an incident.")],
    by: _By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Declare an incident to be a major one and open its room."""
    from app.services.major_declaration import declare_major

    with open_services(home_of(context, home)) as services:
        room = declare_major(services, number, by=by)
        _show(services, room.lead, as_json=as_json)


@major.command()
def rooms(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List the major incidents that were accepted, the newest first."""
    from app.presenters.major_room import room_summary
    from app.schemas.major_room import MajorRoomsView

    now = datetime.now(UTC)
    with open_services(home_of(context, home)) as services:
        found = services.major_rooms.newest(limit=limit)
        counts = [services.major_rooms.count_children(one.lead) for one in found]
        view = MajorRoomsView(rooms=[room_summary(one, n, now=now) for one, n in zip(found, counts, strict=True)])
    if as_json:
        print(view.model_dump_json())
        return
    for one in view.rooms:
        late = "  update overdue" if one.overdue else ""
        console.say(
            f"{one.id}  {one.opened_at:%Y-%m-%d %H:%M}  {one.state}  {one.children} children  {one.subject}{late}"
        )
    if not view.rooms:
        console.say("no major incident was accepted yet")


@major.command()
def room(context: typer.Context, number: _Number, home: Home = None, as_json: Json = False) -> None:
    """Show the record of a major incident: state, roles, tasks, messages, reports."""
    with open_services(home_of(context, home)) as services:
        _show(services, number, as_json=as_json)


@major.command()
def timeline(
    context: typer.Context,
    number: _Number,
    hidden: Annotated[bool, typer.Option("--hidden", help="List hidden entries too.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List what happened in a major incident, the earliest first."""
    from app.presenters.major_room import timeline_view
    from app.services.major_room import room_timeline

    with open_services(home_of(context, home)) as services:
        entries = room_timeline(services, number)
    view = timeline_view(entries, hidden=hidden, limit=len(entries), offset=0)
    if as_json:
        print(view.model_dump_json())
        return
    for one in view.entries:
        by = f"  ({one.by})" if one.by else ""
        console.say(f"{one.at:%Y-%m-%d %H:%M}  {'* ' if one.pinned else ''}{one.text}{by}")


@major.command("hand-over")
def hand_over(
    context: typer.Context,
    number: _Number,
    role: Annotated[str, typer.Argument(help="Role, such as manager.")],
    name: Annotated[str, typer.Argument(help="Who takes it over.")],
    note: Annotated[str, typer.Option("--note", help="Why.")] = "",
    by: _By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Hand a role over from whoever holds it."""
    from app.services.major_room import hand_over_role, whole_room

    with open_services(home_of(context, home)) as services:
        holder = whole_room(services, number).holder(role)
        hand_over_role(services, number, role, name, expected=holder, by=by, why=note)
        _show(services, number, as_json=as_json)


@major.command()
def note(
    context: typer.Context,
    number: _Number,
    text: Annotated[str, typer.Argument(help="What happened.")],
    pinned: Annotated[bool, typer.Option("--pin", help="Pin it.")] = False,
    by: _By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Add an entry to the timeline."""
    from app.presenters.major_room import entry_view
    from app.services.major_room import add_entry

    with open_services(home_of(context, home)) as services:
        entry = add_entry(services, number, text, by=by, at=None, pinned=pinned)
    if as_json:
        print(entry_view(entry).model_dump_json())
    else:
        console.say(f"added: {entry.text}")


@major.command()
def message(
    context: typer.Context,
    number: _Number,
    audience: Annotated[str, typer.Option("--to", help="Audience: users, management, regulators...")] = "users",
    send: Annotated[bool, typer.Option("--send", help="Send the draft as it stands.")] = False,
    by: _By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Draft a message to an audience from its template, and send it with --send."""
    from app.services.major_messages import draft_message, send_message

    now = datetime.now(UTC)
    with open_services(home_of(context, home)) as services:
        draft = draft_message(services, number, audience, now=now)
        after: timedelta | None = None if draft.next_update_at is None else draft.next_update_at - now
        if send:
            send_message(services, number, audience, draft.subject, draft.text, next_update=after, by=by)
    if as_json:
        print_json({"audience": audience, "subject": draft.subject, "text": draft.text, "sent": send})
        return
    console.say(f"{draft.subject}\n\n{draft.text}\n\n{'sent' if send else 'not sent; --send sends it'}")


@major.command()
def link(
    context: typer.Context,
    number: _Number,
    incidents: _Children,
    by: _By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Link incidents to a major one by hand."""
    from app.services.major_children import link_children

    with open_services(home_of(context, home)) as services:
        joined, _ = link_children(services, number, incidents, by=by)
    if as_json:
        print_json({"joined": joined})
    else:
        console.say(f"linked {len(joined)}: {', '.join(joined) or 'all were linked before'}")


@major.command()
def unlink(
    context: typer.Context,
    number: _Number,
    incidents: _Children,
    by: _By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Remove incidents from a major one."""
    from app.services.major_children import unlink_child

    with open_services(home_of(context, home)) as services, services.store.database.writing():
        for child in incidents:
            unlink_child(services, number, child, by=by)
    if as_json:
        print_json({"left": incidents})
    else:
        console.say(f"removed: {', '.join(incidents)}")


@major.command()
def move(
    context: typer.Context,
    number: _Number,
    state: Annotated[RoomState, typer.Argument(help="State to go to.")],
    by: _By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Take a major incident to another state, such as restored or closed."""
    from app.services.major_incidents import move_major

    with open_services(home_of(context, home)) as services:
        move_major(services, number, state, by=by, note_text=None)
        _show(services, number, as_json=as_json)


@major.command()
def resolve(
    context: typer.Context,
    number: _Number,
    text: Annotated[str, typer.Argument(help="How it was resolved.")],
    article: Annotated[str | None, typer.Option("--article", help="The article that solved it.")] = None,
    by: _By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Resolve a major incident with all of its open reports."""
    from app.services.major_children import resolve_major

    with open_services(home_of(context, home)) as services:
        done = [one.number for one in resolve_major(services, number, resolution=text, article=article, by=by)]
    if as_json:
        print_json({"id": number, "resolved": done})
    else:
        console.say(f"resolved {number}; with it {len(done)} reports")


@major.command()
def review(
    context: typer.Context,
    number: _Number,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", parser=given_path, metavar="FILE", help="Write it; .html makes a page."),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show the review of a major incident as Markdown, or write it to a file."""
    from app.presenters.major_room import major_room_view, review_view
    from app.reports.major_review import review_markdown, review_page
    from app.services.major_room import room_timeline, whole_room
    from models.durable_files import write_atomically

    now = datetime.now(UTC)
    with open_services(home_of(context, home)) as services:
        whole = whole_room(services, number)
        view = review_view(whole, room_timeline(services, number), now=now)
        record = major_room_view(whole, now=now)
    if out is not None:
        made = review_page(record, view) if out.suffix == ".html" else review_markdown(record, view)
        write_atomically(out, made.encode())
    if as_json:
        print(view.model_dump_json())
    elif out is None:
        print(review_markdown(record, view), end="")
    else:
        console.say(f"written to {out}")


@major.command()
def continuity(
    context: typer.Context,
    number: _Number,
    hand_it_over: Annotated[
        bool, typer.Option("--hand-over", help="Hand it over to the owner of the continuity plan.")
    ] = False,
    why: Annotated[str, typer.Option("--note", help="Why.")] = "",
    by: _By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Say whether a major incident is a disaster, and hand it over with --hand-over."""
    from app.presenters.major_room import continuity_view
    from app.services.major_continuity import hand_over_to_continuity
    from app.services.major_room import whole_room

    with open_services(home_of(context, home)) as services:
        if hand_it_over:
            hand_over_to_continuity(services, number, to=None, why=why, by=by)
        view = continuity_view(whole_room(services, number))
    if as_json:
        print(view.model_dump_json())
        return
    for one in view.met:
        console.say(f"{one.name}: {one.why}")
    if not view.met:
        console.say("no criterion of a disaster is met")
    if view.handed_over_to:
        console.say(f"handed over to {view.handed_over_to}")


def _show(services: Services, lead: str, *, as_json: bool) -> None:
    from app.commands.displays.major_room import print_room
    from app.presenters.major_room import major_room_view
    from app.services.major_room import whole_room

    view = major_room_view(whole_room(services, lead), now=datetime.now(UTC))
    if as_json:
        print(view.model_dump_json())
    else:
        print_room(view)
